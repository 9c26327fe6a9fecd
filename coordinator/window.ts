// The jobs that are published and not settled: how many there may be, and which seem lost.
//
// Few enough that a more urgent study need not wait behind them and that a pause takes effect at
// once; enough that no slot waits for the way there and back.
//
// A broker can lose what it holds (a wiped store, a purge). A job counts as lost when workers have
// had free slots for LOST_AFTER_MS, while it was neither running nor reported and nothing else came
// in: a queue that still had it would have handed it out. Publishing one again is harmless.
import type { Job, Presence, StudyKey } from "../schema/job.ts";
import { LEASE_MS, PRESENCE_EVERY_MS } from "../schema/limits.ts";

/** Presences are this old at most, so two of them must agree. */
export const LOST_AFTER_MS = 2 * PRESENCE_EVERY_MS + 1_000;
/** Short jobs: as many as workers do in this time wait for them. */
const AHEAD_S = 2;
const RATE_SMOOTHING_S = 1;

/** How many jobs may be published, from the slots there are and how fast jobs settle. */
export class Window {
  /** Slots by worker, and until when they count: those of a dead one hold leases for a while. */
  readonly #slots = new Map<string, { slots: number; untilMs: number }>();
  #settledPerS = 0;
  #settled = 0;
  #sinceMs: number | null = null;

  /** @param slots of workers that were heard of just before this process began to listen */
  constructor(slots = 0, nowMs = 0) {
    this.#slots.set("", { slots, untilMs: nowMs + LEASE_MS });
  }

  /** Takes note of who is there. */
  see(presences: readonly Presence[], nowMs: number): void {
    for (const { worker, slots } of presences) {
      this.#slots.set(worker, { slots, untilMs: nowMs + LEASE_MS });
    }
    for (const [worker, { untilMs }] of this.#slots) if (untilMs < nowMs) this.#slots.delete(worker);
    if (presences.length > 0) this.#slots.delete("");
  }

  settle(jobs: number, nowMs: number): void {
    this.#settled += jobs;
    this.#sinceMs ??= nowMs;
    const seconds = (nowMs - this.#sinceMs) / 1_000;
    if (seconds < 0.1) return;
    const keep = Math.exp(-seconds / RATE_SMOOTHING_S);
    this.#settledPerS = keep * this.#settledPerS + (1 - keep) * (this.#settled / seconds);
    this.#settled = 0;
    this.#sinceMs = nowMs;
  }

  /** Jobs that may be published at one time. */
  get jobs(): number {
    let slots = 0;
    for (const one of this.#slots.values()) slots += one.slots;
    return Math.ceil(slots + Math.max(2 + slots / 4, this.#settledPerS * AHEAD_S));
  }

  /** Below this many it is time to publish more: half of what waits beyond a job for each slot. */
  get refillBelow(): number {
    let slots = 0;
    for (const one of this.#slots.values()) slots += one.slots;
    return this.jobs - Math.max(1, Math.floor((this.jobs - slots) / 2));
  }
}

/** Published jobs with the time of their publication, by study. */
export class PublishedJobs {
  readonly #studies = new Map<StudyKey, Map<number, number>>();
  #size = 0;
  #freeSinceMs: number | null = null;

  get size(): number {
    return this.#size;
  }

  has({ study, number }: Job): boolean {
    return this.#studies.get(study)?.has(number) === true;
  }

  sizeOf(study: StudyKey): number {
    return this.#studies.get(study)?.size ?? 0;
  }

  /** Jobs of all studies, of each at most as many as `most` says: the others wait for nobody. */
  within(most: (study: StudyKey) => number): number {
    let within = 0;
    for (const [study, { size }] of this.#studies) within += Math.min(size, most(study));
    return within;
  }

  add(jobs: readonly Job[], nowMs: number): void {
    for (const { study, number } of jobs) {
      const numbers = this.#studies.get(study) ?? new Map<number, number>();
      this.#studies.set(study, numbers);
      if (!numbers.has(number)) this.#size++;
      numbers.set(number, nowMs);
    }
  }

  /** Forgets jobs; returns how many of them were known. */
  settle(jobs: readonly Job[]): number {
    // Short jobs may never be seen running, and a slow database keeps their slots free.
    if (jobs.length > 0) this.#freeSinceMs = null;
    const before = this.#size;
    for (const { study, number } of jobs) {
      if (this.#studies.get(study)?.delete(number) === true) this.#size--;
    }
    return before - this.#size;
  }

  /** Makes a study's jobs exactly `queued`; returns those that were not known as published. */
  reconcile(study: StudyKey, queued: readonly Job[], nowMs: number): Job[] {
    const known = this.#studies.get(study) ?? new Map<number, number>();
    const numbers = new Map(queued.map(({ number }) => [number, known.get(number) ?? nowMs]));
    this.#studies.set(study, numbers);
    this.#size += numbers.size - known.size;
    return queued.filter(({ number }) => !known.has(number));
  }

  /** All jobs. */
  all(): Job[] {
    return [...this.#studies].flatMap(([study, numbers]) =>
      Array.from(numbers.keys(), (number) => ({ study, number })));
  }

  /** Forgets a study's jobs. */
  drop(study: StudyKey): void {
    this.#size -= this.sizeOf(study);
    this.#studies.delete(study);
  }

  /**
   * The jobs to publish again, given who runs what now; call it every second or so.
   * @param isFree whether a worker could take one more job of a study
   */
  lost(presences: readonly Presence[], nowMs: number, isFree: IsFree = hasFreeSlot): Job[] {
    const running = new Set<string>();
    for (const presence of presences) {
      for (const { study, number } of presence.running) running.add(`${study}/${number}`);
    }
    const idle: Job[] = [];
    for (const [study, numbers] of this.#studies) {
      if (numbers.size === 0 || !presences.some((presence) => isFree(study, presence))) continue;
      for (const number of numbers.keys()) {
        if (!running.has(`${study}/${number}`)) idle.push({ study, number });
      }
    }
    this.#freeSinceMs = idle.length > 0 ? (this.#freeSinceMs ?? nowMs) : null;
    if (this.#freeSinceMs === null || nowMs - this.#freeSinceMs < LOST_AFTER_MS) return [];
    this.#freeSinceMs = null;
    return idle.filter(({ study, number }) => {
      const publishedMs = this.#studies.get(study)?.get(number) ?? nowMs;
      return nowMs - publishedMs >= LOST_AFTER_MS;
    });
  }
}

type IsFree = (study: StudyKey, presence: Presence) => boolean;

const hasFreeSlot: IsFree = (_, { slots, running }) => running.length < slots;
