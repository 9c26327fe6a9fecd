// The queue exam on sizes of jobs: who gets a large one, in which order, and who is left alone.
import assert from "node:assert/strict";
import type { Fit, Lease, Room } from "../../queue/port.ts";
import { demandOf, demandOfSize, type JobSize, SMALL, sizeOf } from "../../schema/demand.ts";
import type { Job, StudyOrder } from "../../schema/job.ts";
import { largeOrder } from "../support/orders.ts";
import { type Exam, job, type QueueUnderTest } from "./queue-under-test.ts";

/** Long enough for a worker to hear what is there, and to ask for it. */
const PATIENCE_MS = 300;

const middle = largeOrder(16_000);
const large = largeOrder(32_000);
const middleJob = (number: number): Job => ({ study: middle.key, number });
const largeJob = (number: number): Job => ({ study: large.key, number });
const bytesOf = (order: StudyOrder): number => demandOfSize(sizeOf(demandOf(order))).hostBytes;

/** Room for so many bytes, of which each job that was taken has its part. */
function roomOf(bytes: number): Room & { readonly taken: JobSize[] } {
  const taken: JobSize[] = [];
  const need = (size: JobSize): number => (size === SMALL ? 0 : demandOfSize(size).hostBytes);
  const left = (): number => bytes - taken.reduce((sum, one) => sum + need(one), 0);
  const fitOf = (size: JobSize): Fit => need(size) > bytes ? "never" : need(size) > left() ? "later" : "now";
  const free = (size: JobSize): number => (size === SMALL ? Number.POSITIVE_INFINITY : Math.floor(left() / need(size)));
  return { taken, fitOf, free, take: (size) => void taken.push(size) };
}

async function leaseInto(queue: QueueUnderTest, room: Room): Promise<Lease> {
  const held = await queue.worker.lease(AbortSignal.timeout(20_000), room);
  assert.ok(held, "no job within 20 s");
  return held;
}

/** Leases for a while, and fails if that gives anything. */
async function leaseNothing(queue: QueueUnderTest, room: Room): Promise<void> {
  const abort = new AbortController();
  const waiting = queue.worker.lease(abort.signal, room);
  await queue.elapse(PATIENCE_MS);
  abort.abort();
  assert.equal(await waiting, null);
}

/** Makes both studies known, and jobs of theirs published. */
async function offer(queue: QueueUnderTest, jobs: readonly Job[]): Promise<void> {
  await queue.coordinator.announce(middle);
  await queue.coordinator.announce(large);
  await queue.coordinator.publish(jobs);
  await queue.elapse(PATIENCE_MS);
}

export function examineSizes(exam: Exam): void {
  exam("a worker never takes a job that does not fit, and takes others meanwhile", async (queue) => {
    await offer(queue, [largeJob(0), largeJob(1), job(0), middleJob(0), job(1)]);
    const room = roomOf(bytesOf(middle));
    const first = await leaseInto(queue, room);
    assert.deepEqual([first.job, first.size], [middleJob(0), sizeOf(demandOf(middle))]);
    room.taken.length = 0;
    const jobs = [await leaseInto(queue, room), await leaseInto(queue, room)].map((one) => one.job);
    assert.deepEqual(jobs, [job(0), job(1)]);
    await leaseNothing(queue, room);
    const wide = roomOf(2 * bytesOf(large));
    const rest = [await leaseInto(queue, wide), await leaseInto(queue, wide)];
    assert.deepEqual(rest.map((one) => [one.job, one.delivery]), [[largeJob(0), 1], [largeJob(1), 1]],
      "what did not fit was not touched");
  });

  exam("of what fits, a worker takes the largest first", async (queue) => {
    const room = roomOf(8 * bytesOf(large));
    await offer(queue, [job(0), middleJob(0), largeJob(0), job(1), middleJob(1), largeJob(1)]);
    const jobs: Job[] = [];
    for (let i = 0; i < 6; i++) jobs.push((await leaseInto(queue, room)).job);
    assert.deepEqual(jobs, [largeJob(0), largeJob(1), middleJob(0), middleJob(1), job(0), job(1)]);
  });

  exam("small jobs are held back while a large one waits for room that others take", async (queue) => {
    const room = roomOf(bytesOf(large));
    await offer(queue, [middleJob(0)]);
    const running = await leaseInto(queue, room);
    await queue.coordinator.publish([largeJob(0)]);
    await queue.elapse(PATIENCE_MS);
    await queue.coordinator.publish([job(0)]);
    await leaseNothing(queue, room);
    await running.done();
    room.taken.length = 0;
    const jobs = [await leaseInto(queue, room), await leaseInto(queue, room)].map((one) => one.job);
    assert.deepEqual(jobs, [largeJob(0), job(0)]);
  });

  exam("slots that wait get no more large jobs than there is room for", async (queue) => {
    const room = roomOf(2 * bytesOf(middle));
    const abort = new AbortController();
    const waits = Array.from({ length: 6 }, () => queue.worker.lease(abort.signal, room));
    await offer(queue, [0, 1, 2, 3, 4].map(middleJob));
    const got: Lease[] = [];
    for (const wait of waits) void wait.then((held) => held !== null && got.push(held));
    for (let time = 0; time < 3; time++) {
      await queue.elapse(PATIENCE_MS);
      for (const held of got) held.renew();
      assert.equal(got.length, 2);
    }
    abort.abort();
    await Promise.all(waits);
    const other = roomOf(8 * bytesOf(middle));
    const rest = [await leaseInto(queue, other), await leaseInto(queue, other), await leaseInto(queue, other)];
    assert.deepEqual(rest.map((one) => [one.job.number, one.delivery]), [[2, 1], [3, 1], [4, 1]]);
  });

  exam("slots that wait idle get a large job, then small ones, each once", async (queue) => {
    const room = roomOf(bytesOf(large));
    const waits = Array.from({ length: 4 }, () => queue.worker.lease(AbortSignal.timeout(20_000), room));
    await offer(queue, [largeJob(3)]);
    const first = await Promise.race(waits);
    assert.deepEqual(first?.job, largeJob(3));
    await queue.coordinator.publish([job(0), job(1), job(2)]);
    const all = await Promise.all(waits);
    assert.deepEqual(all.map((one) => `${one?.job.study} ${one?.job.number} ${one?.delivery}`).sort(),
      [largeJob(3), job(0), job(1), job(2)].map((one) => `${one.study} ${one.number} 1`).sort());
  });

  exam("a large job's lease that lapses goes to another worker that it fits", async (queue) => {
    await offer(queue, [largeJob(0)]);
    await leaseInto(queue, roomOf(bytesOf(large)));
    await queue.elapse(queue.leaseMs + 1);
    const again = await leaseInto(queue, roomOf(bytesOf(large)));
    assert.deepEqual([again.job, again.delivery], [largeJob(0), 2]);
    await again.done();
  });

  exam("large jobs are published once, and withdrawn with their study", async (queue) => {
    await offer(queue, [largeJob(0), largeJob(0), middleJob(0)]);
    await queue.coordinator.publish([largeJob(0)]);
    await queue.coordinator.withdraw(middle.key);
    const room = roomOf(8 * bytesOf(large));
    const held = await leaseInto(queue, room);
    assert.deepEqual(held.job, largeJob(0));
    await held.done();
    await queue.coordinator.publish([largeJob(0), job(5)]);
    const jobs = [await leaseInto(queue, room), await leaseInto(queue, room)].map((one) => one.job);
    assert.deepEqual(new Set(jobs.map(({ study }) => study)), new Set([large.key, job(5).study]));
  });

  exam("a study whose jobs were published before it was announced has none left under another size", async (queue) => {
    await queue.coordinator.publish([largeJob(0), job(0)]);
    await offer(queue, []);
    const narrow = roomOf(1);
    assert.deepEqual((await leaseInto(queue, narrow)).job, job(0));
    await leaseNothing(queue, narrow);
    await queue.coordinator.publish([largeJob(0)]);
    assert.deepEqual((await leaseInto(queue, roomOf(bytesOf(large)))).job, largeJob(0));
  });
}
