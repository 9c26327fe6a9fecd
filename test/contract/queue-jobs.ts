// The queue exam on jobs: leases, their lapse, publishing and withdrawing.
import assert from "node:assert/strict";
import {
  aborted,
  type Exam,
  foreign,
  job,
  lease,
  leaseNumbers,
  order,
} from "./queue-under-test.ts";

export function examineLeasing(exam: Exam): void {
  exam("jobs are leased in the order they were published", async (queue) => {
    await queue.coordinator.publish([job(2), foreign(0), job(1)]);
    const jobs = [await lease(queue), await lease(queue), await lease(queue)].map(({ job }) => job);
    assert.deepEqual(jobs, [job(2), foreign(0), job(1)]);
  });

  exam("a lease waits for a job that is published later", async (queue) => {
    const waiting = lease(queue);
    await queue.coordinator.publish([job(7)]);
    assert.equal((await waiting).job.number, 7);
  });

  exam("waiting ends with null when the signal aborts", async (queue) => {
    assert.equal(await queue.worker.lease(aborted), null);
    const controller = new AbortController();
    const waiting = queue.worker.lease(controller.signal);
    controller.abort();
    assert.equal(await waiting, null);
  });

  exam("an aborted wait takes no job from the next one", async (queue) => {
    const controllers = [new AbortController(), new AbortController(), new AbortController()];
    const waiting = controllers.map(({ signal }) => queue.worker.lease(signal));
    controllers[0]?.abort();
    controllers[2]?.abort();
    assert.equal(await waiting[0], null);
    await queue.coordinator.publish([job(0), job(1)]);
    assert.equal((await waiting[1])?.job.number, 0);
    assert.equal((await lease(queue)).job.number, 1);
  });

  exam("jobs leased at once by eight slots are each leased once", async (queue) => {
    const numbers = Array.from({ length: 8 }, (_, number) => number);
    const leases = numbers.map(() => lease(queue));
    await queue.coordinator.publish(numbers.map(job));
    const got = (await Promise.all(leases)).map(({ job }) => job.number);
    assert.deepEqual(
      got.sort((a, b) => a - b),
      numbers,
    );
  });

  exam("a job that is done is not delivered again", async (queue) => {
    await queue.coordinator.publish([job(0)]);
    await (await lease(queue)).done();
    await queue.elapse(queue.leaseMs + 1);
    await queue.coordinator.publish([job(1)]);
    assert.equal((await lease(queue)).job.number, 1);
  });

  exam("a publication has one time, and each its own", async (queue) => {
    await queue.coordinator.publish([job(0)]);
    const first = await lease(queue);
    await queue.elapse(queue.leaseMs + 1);
    const again = await lease(queue);
    assert.deepEqual([first.delivery, again.delivery], [1, 2]);
    assert.equal(again.publishedAt, first.publishedAt);
    await again.done();
    await queue.coordinator.publish([job(0)]);
    const published = await lease(queue);
    assert.equal(published.delivery, 1);
    assert.ok(published.publishedAt > first.publishedAt);
  });

  exam("a worker that retired gets no more jobs, and keeps none from others", async (queue) => {
    const waiting = queue.worker.lease(new AbortController().signal);
    for (const held of await queue.worker.retire()) await held.done();
    assert.equal(await waiting, null);
    await queue.coordinator.publish([job(0)]);
    assert.equal(await queue.worker.lease(AbortSignal.timeout(20_000)), null);
  });
}

export function examineLapsing(exam: Exam): void {
  exam("a lease that is not renewed is delivered again, as delivery 2", async (queue) => {
    await queue.coordinator.publish([job(0)]);
    const first = await lease(queue);
    await queue.elapse(queue.leaseMs + 1);
    const second = await lease(queue);
    assert.equal(second.job.number, first.job.number);
    assert.equal(second.delivery, 2);
    await second.done();
  });

  exam("a renewed lease outlives the lease time", async (queue) => {
    await queue.coordinator.publish([job(0)]);
    const held = await lease(queue);
    for (let i = 0; i < 3; i++) {
      await queue.elapse(queue.leaseMs * 0.6);
      held.renew();
    }
    await queue.coordinator.publish([job(1)]);
    assert.equal((await lease(queue)).job.number, 1);
    await held.done();
  });

  exam("done after the lease lapsed takes nothing from the next holder", async (queue) => {
    await queue.coordinator.publish([job(0)]);
    const late = await lease(queue);
    await queue.elapse(queue.leaseMs + 1);
    const next = await lease(queue);
    await late.done();
    next.renew();
    await queue.elapse(queue.leaseMs + 1);
    assert.deepEqual([(await lease(queue)).job.number, next.delivery], [0, 2]);
  });

  exam("renewing after the lease lapsed takes nothing from the next holder", async (queue) => {
    await queue.coordinator.publish([job(0)]);
    const late = await lease(queue);
    await queue.elapse(queue.leaseMs + 1);
    const next = await lease(queue);
    late.renew();
    await next.done();
    await queue.elapse(queue.leaseMs + 1);
    await queue.coordinator.publish([job(1)]);
    assert.equal((await lease(queue)).job.number, 1);
  });
}

export function examinePublishing(exam: Exam): void {
  exam("a job published twice while it waits is delivered once", async (queue) => {
    await queue.coordinator.publish([job(0), job(0)]);
    await queue.coordinator.publish([job(0), job(1)]);
    assert.deepEqual(await leaseNumbers(queue, 2), [0, 1]);
  });

  exam("a job published again while it is leased is not delivered beside it", async (queue) => {
    await queue.coordinator.publish([job(0)]);
    const held = await lease(queue);
    await queue.coordinator.publish([job(0), job(1)]);
    assert.equal((await lease(queue)).job.number, 1);
    await held.done();
  });

  exam(
    "a job published again after it was done is delivered again, as delivery 1",
    async (queue) => {
      for (let round = 0; round < 3; round++) {
        await queue.coordinator.publish([job(0)]);
        const held = await lease(queue);
        assert.equal(held.delivery, 1);
        await held.done();
      }
    },
  );

  exam("withdrawn jobs are told and not leased, others are", async (queue) => {
    await queue.coordinator.publish([job(0), foreign(3), job(1), foreign(4)]);
    assert.deepEqual(await queue.coordinator.withdraw(order.key), [job(0), job(1)]);
    assert.deepEqual((await lease(queue)).job, foreign(3));
    assert.deepEqual((await lease(queue)).job, foreign(4));
  });

  exam("withdrawing one study leaves the leases of others as they were", async (queue) => {
    await queue.coordinator.publish([foreign(0), job(0), foreign(1), foreign(2), job(1)]);
    const ended = await lease(queue);
    const kept = await lease(queue);
    const lapsing = await lease(queue);
    assert.deepEqual([ended.job, kept.job, lapsing.job], [foreign(0), job(0), foreign(1)]);
    assert.deepEqual(await queue.coordinator.withdraw(order.key), [job(1)]);
    await ended.done();
    await kept.done();
    assert.deepEqual((await lease(queue)).job, foreign(2));
    await queue.elapse(queue.leaseMs + 1);
    assert.deepEqual(new Set(await leaseNumbers(queue, 2)), new Set([1, 2]));
  });

  exam("a job leased before a withdrawal keeps its lease: publishing it again is nothing", async (queue) => {
    await queue.coordinator.publish([job(0), job(1)]);
    const held = await lease(queue);
    assert.deepEqual(await queue.coordinator.withdraw(order.key), [job(1)]);
    await queue.coordinator.publish([job(0), job(1)]);
    assert.equal((await lease(queue)).job.number, 1);
    await held.done();
    await queue.coordinator.publish([job(0)]);
    const again = await lease(queue);
    assert.deepEqual([again.job.number, again.delivery], [0, 1]);
  });

  exam("a job leased before a withdrawal comes again once its holder falls silent", async (queue) => {
    await queue.coordinator.publish([job(0)]);
    await lease(queue);
    assert.deepEqual(await queue.coordinator.withdraw(order.key), []);
    await queue.elapse(queue.leaseMs + 1);
    const again = await lease(queue);
    assert.deepEqual([again.job.number, again.delivery], [0, 2]);
    assert.deepEqual(await queue.coordinator.withdraw(order.key), []);
  });

  exam("a withdrawn job that is published again is delivered", async (queue) => {
    await queue.coordinator.publish([job(0), job(1)]);
    await queue.coordinator.withdraw(order.key);
    await queue.coordinator.publish([job(1), job(0)]);
    assert.deepEqual(await leaseNumbers(queue, 2), [1, 0]);
  });
}
