// Takes jobs from a queue, has them measured, reports. The main thread: it computes nothing.
//
// One loop per slot, and a slot leases only when it is free. The first abort of `stop` drains: jobs
// that run are finished and reported. `kill` hands them on unfinished, which burns no attempt.
//
// Invariants: a job that came before to somebody who then fell silent is not run but reported as
// lost, so the database counts how often a job took its worker with it; a job is handed on by ending
// its lease first and reporting then, so that it can be published again as soon as that is known.
import { setMaxListeners } from "node:events";
import { aborted, type Clock, pause } from "../queue/clock.ts";
import type { Lease, WorkerQueue } from "../queue/port.ts";
import { type Failure, failureOf } from "../schema/failure.ts";
import {
  type Attempt,
  type Gpu,
  type Job,
  type Outcome,
  type StudyKey,
  type StudyOrder,
  type Timings,
  type TrainingProgress,
  WORKER_LOST,
} from "../schema/job.ts";
import { PRESENCE_EVERY_MS } from "../schema/limits.ts";
import type { CheckpointCopies } from "./checkpoint/copies.ts";
import { requireRoom } from "./fits.ts";
import type { ComputePool } from "./pool.ts";
import { Recent } from "./recent.ts";
import { MemoryRoom } from "./room.ts";
import { sliceBlock } from "./slice.ts";

export interface ServeOptions {
  readonly queue: WorkerQueue;
  readonly pool: ComputePool;
  /** Unique among workers that share a queue. */
  readonly worker: string;
  readonly host: string;
  readonly version: string;
  /** Memory that the jobs that run here may take together. */
  readonly memoryBytes: number;
  /** Asked at each announcement. */
  readonly gpus?: () => readonly Gpu[];
  /** How often the worker says that it is there; PRESENCE_EVERY_MS where absent. */
  readonly presenceEveryMs?: number;
  /**
   * Makes a study's data files available here, until what it resolves to is called. Rejects with
   * what is missing.
   */
  readonly fetchData?: (order: StudyOrder) => Promise<() => void>;
  /** Brings and takes what jobs leave for whoever goes on with them; absent: nothing travels. */
  readonly checkpoints?: Pick<CheckpointCopies, "begin" | "leave">;
  readonly clock: Clock;
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
  /** Called with what went wrong outside any job. */
  readonly warn: (message: string) => void;
  /** Called with each attempt once it is reported. */
  readonly onAttempt?: (attempt: Attempt) => void;
}

/** Serves until `stop` aborts and the jobs in flight are reported. */
export async function serve(options: ServeOptions): Promise<void> {
  // One listener for each slot is what they are for.
  setMaxListeners(0, options.stop, options.kill);
  const server = new Server(options);
  const presence = server.announceRegularly();
  try {
    await Promise.all(Array.from({ length: options.pool.threads }, () => server.slot()));
    await server.handOnUnwanted();
  } finally {
    presence.stop();
    await server.sayGoodbye();
  }
}

const NO_TIME: Timings = { prepareMs: 0, measureMs: 0 };
/** An order is announced before its jobs, but the broker's disk may have been wiped in between. */
const ORDER_TRIES = 10;
const ORDER_AGAIN_MS = 1_000;
/** Orders that are kept: of studies that are worked on by turns. */
const ORDERS_MAX = 64;

class Server {
  readonly #options: ServeOptions;
  readonly #room: MemoryRoom;
  readonly #orders = new Recent<StudyKey, Promise<StudyOrder>>(ORDERS_MAX);
  /** With how far each is, where it tells. */
  readonly #running = new Map<Job, TrainingProgress | undefined>();

  constructor(options: ServeOptions) {
    this.#options = options;
    const { pool, memoryBytes, gpus } = options;
    this.#room = new MemoryRoom({
      provider: pool.hello.provider, slots: pool.threads, memoryBytes, gpus: gpus?.() ?? [],
    });
  }

  async slot(): Promise<void> {
    const { queue, stop } = this.#options;
    for (;;) {
      const lease = await queue.lease(stop, this.#room);
      if (lease === null) return;
      this.#running.set(lease.job, undefined);
      const renewal = this.#every(queue.leaseMs / 3, false, () => lease.renew());
      try {
        if (lease.delivery > 1) await this.#reportLost(lease);
        else await this.#run(lease);
      } catch (error) {
        // The queue was closed, or refuses the report: the lease lapses by itself.
        this.#options.warn(`job ${lease.job.number}: ${failureOf(error).message}`);
      } finally {
        renewal.stop();
        this.#running.delete(lease.job);
        this.#room.giveBack(lease.size);
      }
    }
  }

  announceRegularly(): { stop: () => void } {
    const { pool, presenceEveryMs, warn } = this.#options;
    return this.#every(presenceEveryMs ?? PRESENCE_EVERY_MS, true, () => {
      this.#announce(pool.threads).catch((error: unknown) => warn(`presence: ${failureOf(error).message}`));
    });
  }

  /** A worker that ends in good order is not to be waited for. One that cannot say so lapses. */
  async sayGoodbye(): Promise<void> {
    await this.#announce(0).catch(() => {});
  }

  async #announce(slots: number): Promise<void> {
    const { queue, pool, worker, host, version, memoryBytes, gpus } = this.#options;
    const running = Array.from(this.#running, ([job, progress]) =>
      (progress === undefined ? job : { ...job, progress }));
    const machine = { host, version, provider: pool.hello.provider, slots, memoryBytes };
    await queue.announce({ worker, ...machine, gpus: [...(gpus?.() ?? [])], running });
  }

  /** Jobs that were on their way while the last slot stopped waiting. */
  async handOnUnwanted(): Promise<void> {
    for (const lease of await this.#options.queue.retire()) {
      const nowMs = this.#options.clock.now();
      await (lease.delivery > 1 ? this.#reportLost(lease) : this.#handOn(lease, nowMs));
    }
  }

  async #run(lease: Lease): Promise<void> {
    const { clock, kill } = this.#options;
    const startedAt = clock.now();
    const killed = aborted(kill);
    const answer = await Promise.race([this.#measure(lease.job), killed.happened]);
    killed.forget();
    await this.#options.checkpoints?.leave(lease.job, answer?.ok === true);
    if (answer === undefined) return await this.#handOn(lease, startedAt);
    if (!answer.ok) {
      await this.#end(lease, { kind: "failed", failure: answer.failure }, startedAt);
      return await lease.done();
    }
    const { block, timings, provider } = answer.value;
    const points = block.status.length;
    const attempt = this.#attempt(lease, { kind: "done", points }, { startedAt, timings, provider });
    // As many points as a message may hold, and the attempt's end with the last of them.
    const most = this.#options.queue.maxPoints(Object.keys(block.metrics).length);
    for (let offset = 0; offset < points; offset += most) {
      const end = Math.min(offset + most, points);
      const part = offset === 0 && end === points ? block : sliceBlock(block, offset, end);
      const isLast = end === points;
      await this.#options.queue.report({ job: lease.job, offset, block: part, attempt: isLast ? attempt : null });
    }
    this.#options.onAttempt?.(attempt);
    await lease.done();
  }

  async #measure(job: Job) {
    const { pool, fetchData, checkpoints, memoryBytes, kill } = this.#options;
    let release = (): void => {};
    try {
      const order = await this.#orderOf(job.study);
      requireRoom(order, { provider: pool.hello.provider, memoryBytes });
      release = (await fetchData?.(order)) ?? release;
      if (!kill.aborted) await checkpoints?.begin(order, job);
      return await pool.measure(order, job.number, (progress) => {
        if (this.#running.has(job)) this.#running.set(job, progress);
      });
    } catch (error) {
      return { ok: false as const, failure: failureOf(error) };
    } finally {
      release();
    }
  }

  /** Lets go of a job unfinished. */
  async #handOn(lease: Lease, startedAt: number): Promise<void> {
    await lease.done();
    await this.#end(lease, { kind: "interrupted" }, startedAt);
  }

  async #reportLost(lease: Lease): Promise<void> {
    await lease.done();
    const failure: Failure = {
      kind: "infrastructure",
      code: WORKER_LOST,
      message: "nothing was heard again of the worker that took the job: it died, hung or lost the network",
    };
    await this.#end(lease, { kind: "failed", failure }, this.#options.clock.now());
  }

  /** Reports the end of an attempt without rows. */
  async #end(lease: Lease, outcome: Outcome, startedAt: number): Promise<void> {
    const attempt = this.#attempt(lease, outcome, { startedAt, timings: NO_TIME, provider: null });
    await this.#options.queue.report({ job: lease.job, offset: 0, block: null, attempt });
    this.#options.onAttempt?.(attempt);
  }

  #attempt(lease: Lease, outcome: Outcome,
    facts: Pick<Attempt, "startedAt" | "timings" | "provider">): Attempt {
    const { worker, clock } = this.#options;
    const { job, delivery, publishedAt } = lease;
    return { job, worker, publishedAt, delivery, ...facts, finishedAt: clock.now(), outcome };
  }

  #orderOf(study: StudyKey): Promise<StudyOrder> {
    const asked = this.#orders.get(study, () => this.#askOrder(study));
    asked.catch(() => this.#orders.drop(study, asked)); // ask again for the next job
    return asked;
  }

  async #askOrder(study: StudyKey): Promise<StudyOrder> {
    const { queue, clock, kill, warn } = this.#options;
    for (let time = 1; ; time++) {
      try {
        return await queue.order(study);
      } catch (error) {
        if (time === ORDER_TRIES || kill.aborted) throw error;
        if (time === 1) warn(`study ${study}: ${failureOf(error).message}: asking again`);
      }
      await pause(clock, ORDER_AGAIN_MS, kill);
    }
  }

  #every(periodMs: number, isAtOnce: boolean, action: () => void): { stop: () => void } {
    const { clock } = this.#options;
    let cancel = (): void => {};
    const again = (): void => {
      cancel = clock.after(periodMs, () => {
        action();
        again();
      });
    };
    if (isAtOnce) action();
    again();
    return { stop: () => cancel() };
  }
}
