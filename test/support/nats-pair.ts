// A coordinator's and a worker's queue over one server, with times that a test can wait for.
import assert from "node:assert/strict";
import { connectCoordinatorQueue, connectWorkerQueue, type QueueEvent } from "../../queue/nats.ts";
import type { CoordinatorOptions, NatsOptions, QueueTimes } from "../../queue/nats.ts";
import type { CoordinatorQueue, WorkerQueue } from "../../queue/port.ts";
import { type Job, type Report, StudyKey } from "../../schema/job.ts";

export const SHORT_TIMES: QueueTimes = {
  leaseMs: 600,
  presenceLapseMs: 300,
  collectMs: 1_000,
  connectMs: 5_000,
  requestMs: 1_000,
  pullMs: 1_000,
  tendMs: 150,
};

let prefixes = 0;

/** A prefix that no other test uses. */
export function freshPrefix(): string {
  prefixes += 1;
  return `test${process.pid}-${prefixes}`;
}

export interface NatsPair {
  readonly prefix: string;
  readonly worker: WorkerQueue;
  readonly coordinator: CoordinatorQueue;
  /** What either end said, oldest first. */
  readonly events: readonly QueueEvent[];
  /** Resolves to the first event that fits, past or to come, and fails after 10 s without one. */
  until(fits: (event: QueueEvent) => boolean): Promise<QueueEvent>;
  close(): Promise<void>;
}

export interface PairOptions {
  readonly prefix?: string;
  readonly times?: Partial<QueueTimes>;
  readonly worker?: Partial<NatsOptions>;
  readonly coordinator?: Partial<CoordinatorOptions>;
}

/** The options that both ends share in tests. */
export function commonOptions(url: string, prefix: string): NatsOptions {
  return { servers: url, prefix, name: "test", version: "0.1.0", times: SHORT_TIMES };
}

export async function openPair(url: string, options: PairOptions = {}): Promise<NatsPair> {
  const prefix = options.prefix ?? freshPrefix();
  const events: QueueEvent[] = [];
  const watchers = new Set<() => void>();
  const onEvent = (event: QueueEvent): void => {
    events.push(event);
    for (const look of watchers) look();
  };
  const times = { ...SHORT_TIMES, ...options.times };
  const common = { ...commonOptions(url, prefix), times, onEvent };
  const coordinator = await connectCoordinatorQueue({
    ...common,
    name: "coordinator",
    cluster: "one",
    checkpointsBytesMax: 16 * 1024 * 1024, // dozens of pairs share a server, which sets that aside
    ...options.coordinator,
  });
  const worker = await connectWorkerQueue({ ...common, name: "worker", ...options.worker });
  return {
    prefix,
    worker,
    coordinator,
    events,
    until: (fits) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = events.find(fits);
          if (found === undefined) return;
          end();
          resolve(found);
        };
        const fail = (): void => {
          end();
          reject(new Error(`not within 10 s; so far: ${JSON.stringify(events)}`));
        };
        const timer = setTimeout(fail, 10_000);
        const end = (): void => {
          clearTimeout(timer);
          watchers.delete(look);
        };
        watchers.add(look);
        look();
      }),
    close: async () => {
      await worker.close();
      await coordinator.close();
    },
  };
}

export const STUDY = StudyKey.parse("st_00000000000000a1");

export const jobOf = (number: number): Job => ({ study: STUDY, number });

/** One point whose value is the job's number. */
export function reportOf(job: Job): Report {
  const block = { status: new Uint8Array(1), metrics: { value: Float64Array.of(job.number) } };
  return { job, offset: 0, block, attempt: null };
}

/** Leases, reports and ends jobs in `slots` slots until `signal` aborts; resolves to the count. */
export async function workUntil(
  worker: WorkerQueue,
  { slots, signal }: { readonly slots: number; readonly signal: AbortSignal },
): Promise<number> {
  let ran = 0;
  const slot = async (): Promise<void> => {
    for (;;) {
      const lease = await worker.lease(signal);
      if (lease === null) return;
      ran += 1;
      await worker.report(reportOf(lease.job));
      await lease.done();
    }
  };
  await Promise.all(Array.from({ length: slots }, slot));
  return ran;
}

/**
 * A coordinator in small: publishes what is not stored, stores what arrives, and does so until all
 * `count` jobs are. `onStored` hears of every new one. Resolves to the number of duplicates.
 */
export async function runAll(
  queue: CoordinatorQueue,
  { count, onStored = () => undefined, of = jobOf }:
    { count: number; onStored?: (stored: number) => void; of?: (number: number) => Job },
): Promise<number> {
  const stored = new Set<number>();
  let duplicates = 0;
  const end = AbortSignal.timeout(25_000);
  while (stored.size < count) {
    assert.ok(!end.aborted, `${stored.size} of ${count} jobs stored`);
    const open = Array.from({ length: count }, (_, number) => number).filter((n) => !stored.has(n));
    await queue.publish(open.slice(0, 500).map(of));
    // Reconciles whenever nothing has come for a moment.
    for (;;) {
      const received = await queue.receive(500, AbortSignal.timeout(200));
      if (received.length === 0) break;
      for (const one of received) {
        const { number } = one.report.job;
        if (stored.has(number)) duplicates += 1;
        else {
          stored.add(number);
          onStored(stored.size);
        }
        await one.accept();
      }
      if (stored.size === count) break;
    }
  }
  return duplicates;
}
