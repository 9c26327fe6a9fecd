// What a study that is not finished waits for: workers that are there, and none large enough for it.
import { isThere } from "./is-there.ts";
import { beyondReach } from "./reach.ts";
import type { StoredStudy, WorkerRow } from "./store/port.ts";

/** One clause, or null. Where nobody is there at all, that is what `nearclone workers` says. */
export function waitsFor(study: StoredStudy, workers: readonly WorkerRow[], nowMs: number): string | null {
  const there = workers.filter((row) => isThere(row, nowMs)).map(({ presence }) => presence);
  if (study.finishedAt !== null || there.length === 0) return null;
  const why = beyondReach(study.order, there);
  return why === null ? null : `${why}: none that is there has that, see nearclone workers`;
}
