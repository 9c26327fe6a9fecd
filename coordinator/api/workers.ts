// Workers as the dashboard shows them.
import type { Workers } from "../../schema/api.ts";
import { PRESENCE_LAPSE_MS } from "../../schema/limits.ts";
import type { Clock } from "../../queue/clock.ts";
import type { Store } from "../store/port.ts";

export async function workersOf(store: Store, clock: Clock): Promise<Workers> {
  const nowMs = clock.now();
  const workers = (await store.workers()).map(({ presence, firstSeen, lastSeen }) => ({
    worker: presence.worker, host: presence.host, version: presence.version,
    provider: presence.provider, slots: presence.slots,
    running: presence.running.map(({ study, number, progress }) => ({ study, number, progress: progress ?? null })),
    firstSeen: new Date(firstSeen).toISOString(),
    lastSeen: new Date(lastSeen).toISOString(),
    isPresent: nowMs - lastSeen < PRESENCE_LAPSE_MS,
  }));
  return { workers, now: new Date(nowMs).toISOString() };
}
