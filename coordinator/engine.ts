// Drives studies through a queue: publishes a bounded window of jobs, stores what comes back.
//
// The database decides what is done. Order: rows and job state in one transaction, then the queue
// is told. Every step costs O(batch), never O(study). While the database is away nothing is lost:
// reports stay in the queue, and the engine tries again.
import type { Clock } from "../queue/clock.ts";
import type { CoordinatorQueue, Received } from "../queue/port.ts";
import type { Presence, Report, StudyKey } from "../schema/job.ts";
import { FairTurns, weightOf } from "./share.ts";
import { isAway } from "./store/away.ts";
import type { Committed, Store, StoredStudy } from "./store/port.ts";
import { PublishedJobs, windowJobs } from "./window.ts";

/** Reports stored in one transaction. */
const REPORTS_MAX = 2_000;
/** How often changes by others are looked for: new studies, pauses, lost jobs, ended back-offs. */
const LOOK_EVERY_MS = 500;
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 10_000;

export interface EngineOptions {
  readonly store: Store;
  readonly queue: CoordinatorQueue;
  readonly clock: Clock;
  /** The studies that should run now; asked every LOOK_EVERY_MS. */
  readonly studies: () => Promise<readonly StoredStudy[]>;
  /** Whether to return once none of them has a job left, or to wait for more. */
  readonly untilSettled: boolean;
  /** Stops after what is reported already is stored. */
  readonly stop: AbortSignal;
  readonly onCommit?: (committed: Committed) => void;
  readonly warn: (message: string) => void;
}

/** Runs studies until `stop` aborts, or, with `untilSettled`, until each job is done or dead. */
export async function conduct(options: EngineOptions): Promise<void> {
  const engine = new Engine(options);
  await engine.run();
}

class Engine {
  readonly #options: EngineOptions;
  readonly #active = new Map<StudyKey, StoredStudy>();
  readonly #published = new PublishedJobs();
  readonly #turns = new FairTurns<StudyKey>();
  /** Studies whose last take found nothing planned; asked again after a look. */
  readonly #dry = new Set<StudyKey>();
  #windowJobs = windowJobs([]);
  #isSettled = false;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { clock, queue, stop } = this.#options;
    let lookAtMs = 0;
    while (!this.#isSettled) {
      if (clock.now() >= lookAtMs && !stop.aborted) {
        await this.#patiently(() => this.#look());
        lookAtMs = clock.now() + LOOK_EVERY_MS;
      }
      await this.#patiently(() => this.#fill());
      if (this.#isSettled) return;
      const received = await this.#patiently(() => receive(queue, clock, stop));
      if (received === undefined || received.length === 0) {
        if (stop.aborted) return;
        continue;
      }
      await this.#collect(received);
      if (this.#published.size === 0) lookAtMs = 0; // perhaps that was all
    }
  }

  /** Takes up what others changed: studies that came, went, or got another priority. */
  async #look(): Promise<void> {
    const { store, queue, clock, studies, warn } = this.#options;
    const wanted = new Map((await studies()).map((study) => [study.order.key, study]));
    for (const key of this.#active.keys()) if (!wanted.has(key)) await this.#release(key);
    for (const [key, study] of wanted) {
      if (!this.#active.has(key)) {
        // What an earlier coordinator left queued may be gone with its queue.
        await queue.withdraw(key);
        await store.resetQueued(key);
        await queue.announce(study.order);
      }
      this.#active.set(key, study);
      this.#turns.set(key, weightOf(study.priority));
    }
    this.#dry.clear();
    const presences = await queue.presences();
    this.#windowJobs = windowJobs(presences);
    await this.#republishLost(presences, clock.now(), warn);
    if (this.#options.untilSettled) this.#isSettled = await this.#isAllSettled();
  }

  async #republishLost(
    presences: readonly Presence[],
    nowMs: number,
    warn: (message: string) => void,
  ): Promise<void> {
    const lost = this.#published.lost(presences, nowMs);
    if (lost.length === 0) return;
    warn(`published again, as the queue seems to have lost them: ${lost.length} jobs`);
    await this.#options.queue.publish(lost);
    this.#published.add(lost, nowMs);
  }

  /** Takes a study's jobs back; those that run are finished and stored all the same. */
  async #release(key: StudyKey): Promise<void> {
    const { store, queue } = this.#options;
    await queue.withdraw(key);
    await store.returnJobs(key, this.#published.drop(key));
    this.#active.delete(key);
    this.#turns.remove(key);
  }

  async #isAllSettled(): Promise<boolean> {
    if (this.#published.size > 0) return false;
    for (const key of this.#active.keys()) {
      const { jobs } = await this.#options.store.progress(key);
      if (jobs.planned + jobs.queued > 0) return false;
    }
    return true;
  }

  /** Fills the window in fair turns, some jobs of one study at a time. */
  async #fill(): Promise<void> {
    const { store, queue, clock, stop } = this.#options;
    // Half a window at a time: one statement for many jobs.
    if (this.#published.size > this.#windowJobs / 2) return;
    while (this.#published.size < this.#windowJobs && !stop.aborted) {
      const key = this.#turns.next([...this.#active.keys()].filter((one) => !this.#dry.has(one)));
      if (key === undefined) return;
      const room = this.#windowJobs - this.#published.size;
      const share = this.#active.size === 1 ? room : Math.min(room, SHARE_JOBS);
      const jobs = await store.takePlanned(key, share);
      this.#turns.charge(key, jobs.length);
      if (jobs.length < share) this.#dry.add(key);
      this.#published.add(jobs, clock.now());
      if (jobs.length > 0) await queue.publish(jobs);
    }
  }

  async #collect(received: readonly Received[]): Promise<void> {
    const { store, stop, warn, onCommit } = this.#options;
    const reports = received.map(({ report }) => report);
    const committed = await this.#patiently(() => store.commit(reports));
    if (committed === undefined) {
      // Interrupted while the database was away: the queue keeps them for the next start.
      await Promise.all(received.map((one) => one.refuse()));
      if (stop.aborted) return;
      throw new Error("reports could not be stored");
    }
    const { finished, dead, replanned, rejected } = committed;
    this.#published.settle([...finished, ...dead, ...replanned]);
    for (const { report, why } of rejected) warn(`report not stored: ${nameOf(report)}: ${why}`);
    await this.#patiently(() => Promise.all(received.map((one) => one.accept())));
    onCommit?.(committed);
  }

  /** Repeats `action` while the database or the broker is away; undefined once stopped. */
  async #patiently<T>(action: () => Promise<T>): Promise<T | undefined> {
    const { clock, stop, warn } = this.#options;
    let pauseMs = RETRY_MIN_MS;
    for (;;) {
      try {
        return await action();
      } catch (error) {
        if (!isAway(error)) throw error;
        if (stop.aborted) return undefined;
        warn(`${error instanceof Error ? error.message : String(error)}: trying again`);
        await pause(clock, pauseMs, stop);
        pauseMs = Math.min(RETRY_MAX_MS, 2 * pauseMs);
      }
    }
  }
}

/** Jobs given to one study in a turn when several share the workers. */
const SHARE_JOBS = 8;

function nameOf({ job, offset }: Report): string {
  return `study ${job.study} job ${job.number} rows from ${offset}`;
}

/** Reports, or [] when there are none for a while or `stop` aborts. */
async function receive(
  queue: CoordinatorQueue,
  clock: Clock,
  stop: AbortSignal,
): Promise<readonly Received[]> {
  const timer = new AbortController();
  const cancel = clock.after(LOOK_EVERY_MS, () => timer.abort());
  const onStop = (): void => timer.abort();
  stop.addEventListener("abort", onStop, { once: true });
  if (stop.aborted) timer.abort();
  try {
    return await queue.receive(REPORTS_MAX, timer.signal);
  } finally {
    cancel();
    stop.removeEventListener("abort", onStop);
  }
}

function pause(clock: Clock, ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      stop.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    stop.addEventListener("abort", end, { once: true });
  });
}
