// Whether a worker of the database's table is there now.
import { PRESENCE_LAPSE_MS } from "../schema/limits.ts";
import type { WorkerRow } from "./store/port.ts";

/** Heard of lately, and not to say goodbye. */
export function isThere({ presence, lastSeen }: WorkerRow, nowMs: number): boolean {
  return presence.slots > 0 && nowMs - lastSeen < PRESENCE_LAPSE_MS;
}
