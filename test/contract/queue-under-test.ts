// What the parts of the queue exam share: the queue they examine, small jobs, reports and leases.
import assert from "node:assert/strict";
import type { CoordinatorQueue, Lease, Received, WorkerQueue } from "../../queue/port.ts";
import type { Job, Report, StudyOrder } from "../../schema/job.ts";
import { noopOrder } from "../support/orders.ts";

export interface QueueUnderTest {
  readonly worker: WorkerQueue;
  readonly coordinator: CoordinatorQueue;
  /** LEASE_MS and PRESENCE_LAPSE_MS, or what a queue in real time uses to be examined sooner. */
  readonly leaseMs: number;
  readonly presenceLapseMs: number;
  /** Lets this much of the queue's own time pass. */
  elapse(ms: number): Promise<void>;
  close(): Promise<void>;
}

export type Exam = (title: string, body: (queue: QueueUnderTest) => Promise<void>) => void;

export const order: StudyOrder = noopOrder({ points: 10, perJob: 1 });
export const other: StudyOrder = noopOrder({ points: 5, perJob: 1, seed: 99 });
export const job = (number: number): Job => ({ study: order.key, number });
export const foreign = (number: number): Job => ({ study: other.key, number });
export const aborted = AbortSignal.abort();

export function reportOf(number: number): Report {
  const block = {
    status: Uint8Array.of(0, 2),
    metrics: { hash: Float64Array.of(number, Number.NaN) },
  };
  return { job: job(number), offset: 0, block, attempt: null };
}

export async function receiveAll(queue: CoordinatorQueue, count: number): Promise<Received[]> {
  const got: Received[] = [];
  const signal = AbortSignal.timeout(20_000);
  while (got.length < count) {
    const some = await queue.receive(count - got.length, signal);
    assert.ok(some.length > 0, `received ${got.length} of ${count} reports`);
    got.push(...some);
  }
  return got;
}

export async function lease(queue: QueueUnderTest): Promise<Lease> {
  const held = await queue.worker.lease(AbortSignal.timeout(20_000));
  assert.ok(held, "no job within 20 s");
  return held;
}

export async function leaseNumbers(queue: QueueUnderTest, count: number): Promise<number[]> {
  const numbers: number[] = [];
  for (let i = 0; i < count; i++) numbers.push((await lease(queue)).job.number);
  return numbers;
}
