// Takes jobs from a queue, has them measured, reports. The main thread: it computes nothing.
//
// One loop per slot, and a slot leases only when it is free. The first abort of `stop` drains: jobs
// that run are finished and reported. `kill` gives them back unfinished.
import type { Clock } from "../queue/clock.ts";
import type { Lease, WorkerQueue } from "../queue/port.ts";
import type { ResultBlock } from "../schema/column.ts";
import { type Failure, failureOf } from "../schema/failure.ts";
import type { Attempt, Job, Outcome, StudyKey, StudyOrder, Timings } from "../schema/job.ts";
import {
  PRESENCE_EVERY_MS,
  RENEW_EVERY_MS,
  REPORT_POINTS_MAX,
} from "../schema/limits.ts";
import type { ComputePool } from "./pool.ts";

export interface ServeOptions {
  readonly queue: WorkerQueue;
  readonly pool: ComputePool;
  /** Unique among workers that share a queue. */
  readonly worker: string;
  readonly host: string;
  readonly version: string;
  readonly clock: Clock;
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
  /** Called with what went wrong outside any job. */
  readonly warn: (message: string) => void;
}

/** Serves until `stop` aborts and the jobs in flight are reported. */
export async function serve(options: ServeOptions): Promise<void> {
  const server = new Server(options);
  const presence = server.announceRegularly();
  try {
    await Promise.all(Array.from({ length: options.pool.threads }, () => server.slot()));
  } finally {
    presence.stop();
  }
}

const NO_TIME: Timings = { prepareMs: 0, measureMs: 0 };

class Server {
  readonly #options: ServeOptions;
  readonly #orders = new Map<StudyKey, Promise<StudyOrder>>();
  readonly #running = new Set<Job>();

  constructor(options: ServeOptions) {
    this.#options = options;
  }

  async slot(): Promise<void> {
    const { queue, stop } = this.#options;
    for (;;) {
      const lease = await queue.lease(stop);
      if (lease === null) return;
      this.#running.add(lease.job);
      const renewal = this.#renewRegularly(lease);
      try {
        await this.#run(lease);
      } catch (error) {
        this.#options.warn(`job ${lease.job.number}: ${failureOf(error).message}`);
        await lease.giveBack(1000).catch(() => undefined); // the lease lapses by itself otherwise
      } finally {
        renewal.stop();
        this.#running.delete(lease.job);
      }
    }
  }

  announceRegularly(): { stop: () => void } {
    const { queue, pool, worker, host, version, warn } = this.#options;
    return this.#every(PRESENCE_EVERY_MS, true, () => {
      const running = [...this.#running];
      const { provider } = pool.hello;
      queue
        .announce({ worker, host, version, provider, slots: pool.threads, running })
        .catch((error: unknown) => warn(`presence: ${failureOf(error).message}`));
    });
  }

  async #run(lease: Lease): Promise<void> {
    const { pool, clock, kill } = this.#options;
    const startedAt = clock.now();
    const order = await this.#orderOf(lease.job.study);
    const killed = aborted(kill);
    const answer = await Promise.race([pool.measure(order, lease.job.number), killed.happened]);
    killed.forget();
    if (answer === undefined) return lease.giveBack(0);
    const attempt = (outcome: Outcome, timings: Timings): Attempt => ({
      job: lease.job,
      worker: this.#options.worker,
      delivery: lease.delivery,
      startedAt,
      finishedAt: clock.now(),
      provider: answer.ok ? answer.value.provider : null,
      outcome,
      timings,
    });
    if (answer.ok) {
      const { block, timings } = answer.value;
      const points = block.status.length;
      await this.#reportRows(lease, block, attempt({ kind: "done", points }, timings));
    } else {
      await this.#reportFailure(lease, answer.failure, attempt);
    }
    await lease.done();
  }

  /** The rows in parts, the attempt with the last of them. */
  async #reportRows(lease: Lease, block: ResultBlock, attempt: Attempt): Promise<void> {
    const points = block.status.length;
    for (let offset = 0; offset < points; offset += REPORT_POINTS_MAX) {
      const end = Math.min(points, offset + REPORT_POINTS_MAX);
      await this.#options.queue.report({
        job: lease.job,
        offset,
        block: end - offset === points ? block : slice(block, offset, end),
        attempt: end === points ? attempt : null,
      });
      lease.renew();
    }
  }

  async #reportFailure(
    lease: Lease,
    failure: Failure,
    attempt: (outcome: Outcome, timings: Timings) => Attempt,
  ): Promise<void> {
    await this.#options.queue.report({
      job: lease.job,
      offset: 0,
      block: null,
      attempt: attempt({ kind: "failed", failure }, NO_TIME),
    });
  }

  #orderOf(study: StudyKey): Promise<StudyOrder> {
    const known = this.#orders.get(study);
    if (known !== undefined) return known;
    const asked = this.#options.queue.order(study);
    this.#orders.set(study, asked);
    asked.catch(() => this.#orders.delete(study)); // ask again for the next job
    return asked;
  }

  #renewRegularly(lease: Lease): { stop: () => void } {
    return this.#every(RENEW_EVERY_MS, false, () => lease.renew());
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

function slice(block: ResultBlock, from: number, to: number): ResultBlock {
  const cut = (columns: Readonly<Record<string, Float64Array>>, start: number, end: number) =>
    Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column.subarray(start, end)]));
  const rows = { status: block.status.subarray(from, to), metrics: cut(block.metrics, from, to) };
  if (block.series === undefined) return rows;
  const series = Object.entries(block.series).map(([table, { point, columns }]) => {
    const first = point.findIndex((index) => index >= from);
    const end = point.findIndex((index) => index >= to);
    const [start, stop] = [first < 0 ? point.length : first, end < 0 ? point.length : end];
    const own = point.subarray(start, stop).map((index) => index - from);
    return [table, { point: own, columns: cut(columns, start, stop) }] as const;
  });
  return { ...rows, series: Object.fromEntries(series) };
}

/** A promise of the signal's abort that leaves no listener behind once forgotten. */
function aborted(signal: AbortSignal): { happened: Promise<undefined>; forget: () => void } {
  let resolve: (nothing: undefined) => void = () => {};
  const happened = new Promise<undefined>((settle) => {
    resolve = settle;
  });
  const listener = (): void => resolve(undefined);
  if (signal.aborted) listener();
  else signal.addEventListener("abort", listener, { once: true });
  return { happened, forget: () => signal.removeEventListener("abort", listener) };
}
