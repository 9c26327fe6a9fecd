// How long a job of each study takes: what a turn is charged for.
import type { Attempt, StudyKey } from "../schema/job.ts";

/** Weight of the newest job in the mean. */
const NEWEST = 0.05;

export class JobCosts {
  readonly #meanMs = new Map<StudyKey, number>();

  learn({ job, outcome, timings }: Attempt): void {
    if (outcome.kind !== "done") return;
    const tookMs = timings.prepareMs + timings.measureMs;
    const mean = this.#meanMs.get(job.study);
    this.#meanMs.set(job.study, mean === undefined ? tookMs : mean + NEWEST * (tookMs - mean));
  }

  /** Milliseconds a job of the study is thought to take: of the dearest other one before any ended. */
  of(study: StudyKey): number {
    const known = this.#meanMs.get(study) ?? Math.max(0, ...this.#meanMs.values());
    return Math.max(known, 0.01);
  }
}
