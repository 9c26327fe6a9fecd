// Workers as the dashboard shows them.
import type { Workers } from "../../schema/api.ts";
import type { Clock } from "../../queue/clock.ts";
import { isThere } from "../is-there.ts";
import type { Store } from "../store/port.ts";

export async function workersOf(store: Store, clock: Clock): Promise<Workers> {
  const nowMs = clock.now();
  const workers = (await store.workers()).map((row) => ({
    worker: row.presence.worker, host: row.presence.host, version: row.presence.version,
    provider: row.presence.provider, slots: row.presence.slots,
    running: row.presence.running.map(({ study, number, progress }) => ({ study, number, progress: progress ?? null })),
    firstSeen: new Date(row.firstSeen).toISOString(),
    lastSeen: new Date(row.lastSeen).toISOString(),
    isPresent: isThere(row, nowMs),
  }));
  return { workers, now: new Date(nowMs).toISOString() };
}
