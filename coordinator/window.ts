// The jobs that are published and not settled: how many there may be, and which seem lost.
//
// A broker can lose what it holds (a wiped store, a purge). A job counts as lost when workers have
// had free slots for LOST_AFTER_MS, while it was neither running nor reported and nothing else came
// in: a queue that still had it would have handed it out. Publishing one again is harmless.
import type { Job, Presence, StudyKey } from "../schema/job.ts";
import { PRESENCE_EVERY_MS } from "../schema/limits.ts";

/** Presences are this old at most, so two of them must agree. */
export const LOST_AFTER_MS = 2 * PRESENCE_EVERY_MS + 1_000;
/** Enough to keep workers busy, few enough to take back when a study is paused. */
const WINDOW_JOBS_MIN = 512;
const WINDOW_JOBS_PER_SLOT = 3;

export function windowJobs(presences: readonly Presence[]): number {
  const slots = presences.reduce((sum, presence) => sum + presence.slots, 0);
  return Math.max(WINDOW_JOBS_MIN, slots * WINDOW_JOBS_PER_SLOT);
}

/** Published jobs with the time of their publication, by study. */
export class PublishedJobs {
  readonly #studies = new Map<StudyKey, Map<number, number>>();
  #size = 0;
  #freeSinceMs: number | null = null;

  get size(): number {
    return this.#size;
  }

  sizeOf(study: StudyKey): number {
    return this.#studies.get(study)?.size ?? 0;
  }

  add(jobs: readonly Job[], nowMs: number): void {
    for (const { study, number } of jobs) {
      const numbers = this.#studies.get(study) ?? new Map<number, number>();
      this.#studies.set(study, numbers);
      if (!numbers.has(number)) this.#size++;
      numbers.set(number, nowMs);
    }
  }

  settle(jobs: readonly Job[]): void {
    // Short jobs may never be seen running, and a slow database keeps their slots free.
    if (jobs.length > 0) this.#freeSinceMs = null;
    for (const { study, number } of jobs) {
      if (this.#studies.get(study)?.delete(number) === true) this.#size--;
    }
  }

  /** Forgets a study's jobs and names them. */
  drop(study: StudyKey): number[] {
    const numbers = [...(this.#studies.get(study)?.keys() ?? [])];
    this.#studies.delete(study);
    this.#size -= numbers.length;
    return numbers;
  }

  /** The jobs to publish again, given who runs what now; call it every second or so. */
  lost(presences: readonly Presence[], nowMs: number): Job[] {
    const running = new Set<string>();
    let free = 0;
    for (const presence of presences) {
      free += presence.slots - presence.running.length;
      for (const { study, number } of presence.running) running.add(`${study}/${number}`);
    }
    const isIdle = free > 0 && this.#size > running.size;
    this.#freeSinceMs = isIdle ? (this.#freeSinceMs ?? nowMs) : null;
    if (this.#freeSinceMs === null || nowMs - this.#freeSinceMs < LOST_AFTER_MS) return [];
    this.#freeSinceMs = null;
    const jobs: Job[] = [];
    for (const [study, numbers] of this.#studies) {
      for (const [number, publishedMs] of numbers) {
        const isOld = nowMs - publishedMs >= LOST_AFTER_MS;
        if (isOld && !running.has(`${study}/${number}`)) jobs.push({ study, number });
      }
    }
    return jobs;
  }
}
