// The exam every queue adapter sits: what queue/port.ts promises, from both ends.
import assert from "node:assert/strict";
import test from "node:test";
import type { CoordinatorQueue, Received, WorkerQueue } from "../../queue/port.ts";
import type { Job, Report, StudyOrder } from "../../schema/job.ts";
import { LEASE_MS, PRESENCE_LAPSE_MS } from "../../schema/limits.ts";
import { noopOrder } from "../support/orders.ts";

export interface QueueUnderTest {
  readonly worker: WorkerQueue;
  readonly coordinator: CoordinatorQueue;
  /** Lets this much of the queue's own time pass. */
  elapse(ms: number): Promise<void>;
  close(): Promise<void>;
}

const order: StudyOrder = noopOrder({ points: 10, perJob: 1 });
const job = (number: number): Job => ({ study: order.key, number });
const aborted = AbortSignal.abort();

function reportOf(number: number): Report {
  const block = { status: Uint8Array.of(0, 2), metrics: { hash: Float64Array.of(number, Number.NaN) } };
  return { job: job(number), offset: 0, block, attempt: null };
}

async function receiveAll(queue: CoordinatorQueue, count: number): Promise<Received[]> {
  const got: Received[] = [];
  const signal = AbortSignal.timeout(20_000);
  while (got.length < count) {
    const some = await queue.receive(count - got.length, signal);
    assert.ok(some.length > 0, `received ${got.length} of ${count} reports`);
    got.push(...some);
  }
  return got;
}

/** Runs the exam; `open` gives a fresh, empty queue. */
export function examineQueue(name: string, open: () => Promise<QueueUnderTest>): void {
  const exam = (title: string, body: (queue: QueueUnderTest) => Promise<void>): void => {
    test(`${name}: ${title}`, async () => {
      const queue = await open();
      try {
        await body(queue);
      } finally {
        await queue.close();
      }
    });
  };
  const lease = (queue: QueueUnderTest) => queue.worker.lease(AbortSignal.timeout(20_000));

  exam("jobs are leased in the order they were published", async (queue) => {
    await queue.coordinator.publish([job(0), job(1), job(2)]);
    const numbers = [];
    for (let i = 0; i < 3; i++) numbers.push((await lease(queue))?.job.number);
    assert.deepEqual(numbers, [0, 1, 2]);
  });

  exam("a lease waits for a job that is published later", async (queue) => {
    const waiting = lease(queue);
    await queue.coordinator.publish([job(7)]);
    assert.equal((await waiting)?.job.number, 7);
  });

  exam("waiting ends with null when the signal aborts", async (queue) => {
    assert.equal(await queue.worker.lease(aborted), null);
    const controller = new AbortController();
    const waiting = queue.worker.lease(controller.signal);
    controller.abort();
    assert.equal(await waiting, null);
  });

  exam("a job published twice while it waits is delivered once", async (queue) => {
    await queue.coordinator.publish([job(0), job(0)]);
    await queue.coordinator.publish([job(0), job(1)]);
    assert.equal((await lease(queue))?.job.number, 0);
    assert.equal((await lease(queue))?.job.number, 1);
  });

  exam("a lease that is not renewed is delivered again, as delivery 2", async (queue) => {
    await queue.coordinator.publish([job(0)]);
    const first = await lease(queue);
    await queue.elapse(LEASE_MS + 1);
    const second = await lease(queue);
    assert.equal(second?.job.number, first?.job.number);
    assert.equal(second?.delivery, 2);
    await second?.done();
  });

  exam("a renewed lease outlives the lease time", async (queue) => {
    await queue.coordinator.publish([job(0)]);
    const held = await lease(queue);
    for (let i = 0; i < 3; i++) {
      await queue.elapse(LEASE_MS * 0.6);
      held?.renew();
    }
    await queue.coordinator.publish([job(1)]);
    assert.equal((await lease(queue))?.job.number, 1);
    await held?.done();
  });

  exam("a job that is done is not delivered again", async (queue) => {
    await queue.coordinator.publish([job(0)]);
    await (await lease(queue))?.done();
    await queue.elapse(LEASE_MS + 1);
    await queue.coordinator.publish([job(1)]);
    assert.equal((await lease(queue))?.job.number, 1);
  });

  exam("a job that is given back comes again at once, counted as a delivery", async (queue) => {
    await queue.coordinator.publish([job(0)]);
    await (await lease(queue))?.giveBack(0);
    const again = await lease(queue);
    assert.equal(again?.job.number, 0);
    assert.equal(again?.delivery, 2);
  });

  exam("done after the lease lapsed takes nothing from the next holder", async (queue) => {
    await queue.coordinator.publish([job(0)]);
    const late = await lease(queue);
    await queue.elapse(LEASE_MS + 1);
    const next = await lease(queue);
    await late?.done();
    next?.renew();
    await next?.giveBack(0);
    assert.equal((await lease(queue))?.job.number, 0);
  });

  exam("withdrawn jobs are not leased, others are", async (queue) => {
    const other = noopOrder({ points: 5, perJob: 1, seed: 99 });
    await queue.coordinator.publish([job(0), { study: other.key, number: 3 }, job(1)]);
    await queue.coordinator.withdraw(order.key);
    const got = await lease(queue);
    assert.deepEqual(got?.job, { study: other.key, number: 3 });
  });

  exam("an announced order reaches workers unchanged", async (queue) => {
    await queue.coordinator.announce(order);
    assert.deepEqual(await queue.worker.order(order.key), order);
  });

  exam("an order that was never announced is an error naming the study", async (queue) => {
    await assert.rejects(queue.worker.order(order.key), new RegExp(order.key));
  });

  exam("reports arrive once each, bit for bit, with NaN", async (queue) => {
    for (let i = 0; i < 5; i++) await queue.worker.report(reportOf(i));
    const got = await receiveAll(queue.coordinator, 5);
    const byNumber = got.map(({ report }) => report).sort((a, b) => a.job.number - b.job.number);
    assert.deepEqual(byNumber, [0, 1, 2, 3, 4].map(reportOf));
    for (const one of got) await one.accept();
    assert.deepEqual(await queue.coordinator.receive(10, aborted), []);
  });

  exam("a refused report arrives again", async (queue) => {
    await queue.worker.report(reportOf(3));
    const [first] = await receiveAll(queue.coordinator, 1);
    await first?.refuse();
    const [second] = await receiveAll(queue.coordinator, 1);
    assert.deepEqual(second?.report, reportOf(3));
    await second?.accept();
  });

  exam("a worker that announced itself is present until the lapse", async (queue) => {
    const presence = { worker: "w1", host: "h", version: "0", provider: "portable", slots: 2, running: [job(1)] };
    await queue.worker.announce(presence);
    assert.deepEqual(await queue.coordinator.presences(), [presence]);
    await queue.elapse(PRESENCE_LAPSE_MS + 1);
    assert.deepEqual(await queue.coordinator.presences(), []);
  });
}
