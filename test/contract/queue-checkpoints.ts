// The queue exam on checkpoints: what is kept is the last whole one, and only as long as it is wanted.
import assert from "node:assert/strict";
import type { Job } from "../../schema/job.ts";
import { CHECKPOINT_BYTES_MAX } from "../../schema/limits.ts";
import { type Exam, foreign, job, order, type QueueUnderTest } from "./queue-under-test.ts";

const never = new AbortController().signal;

/** Bytes of no pattern that a piece could repeat. */
const bytesOf = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => Math.imul(index + seed, 2_654_435_761) >>> 24);

async function kept(queue: QueueUnderTest, of: Job): Promise<Buffer | null> {
  const bytes = await queue.worker.loadCheckpoint(of);
  return bytes === null ? null : Buffer.from(bytes);
}

export function examineCheckpoints(exam: Exam): void {
  exam("a checkpoint is there whole for whoever asks next, as it was last saved", async (queue) => {
    assert.equal(await kept(queue, job(0)), null);
    // Larger, smaller, empty and equal: more and fewer pieces than the one before.
    for (const [length, seed] of [[3_000_000, 1], [5, 2], [2_500_000, 3], [0, 4], [900_000, 5], [900_000, 5]] as const) {
      const bytes = bytesOf(length, seed);
      assert.deepEqual(await queue.worker.saveCheckpoint(job(0), bytes, never), { ok: true });
      assert.ok(Buffer.from(bytes).equals((await kept(queue, job(0))) ?? Buffer.from("none")), `${length} bytes`);
    }
  });

  exam("a checkpoint outlives the lease of whoever saved it", async (queue) => {
    await queue.coordinator.publish([job(0)]);
    const lost = await queue.worker.lease(AbortSignal.timeout(20_000));
    await queue.worker.saveCheckpoint(job(0), Uint8Array.of(7), never);
    await queue.elapse(queue.leaseMs + 1);
    const next = await queue.worker.lease(AbortSignal.timeout(20_000));
    assert.deepEqual([lost?.delivery, next?.delivery], [1, 2]);
    await next?.done();
    await queue.coordinator.publish([job(0)]);
    assert.equal((await queue.worker.lease(AbortSignal.timeout(20_000)))?.delivery, 1);
    assert.deepEqual([...((await kept(queue, job(0))) ?? [])], [7]);
  });

  exam("a job has a checkpoint of its own, dropped with it or with its study", async (queue) => {
    for (const one of [job(1), job(12), job(3), foreign(1)]) {
      await queue.worker.saveCheckpoint(one, bytesOf(10, one.number), never);
    }
    const there = async (): Promise<boolean[]> =>
      await Promise.all([job(1), job(12), job(3), foreign(1)].map(async (one) => (await kept(queue, one)) !== null));
    await queue.coordinator.dropCheckpoints(order.key, 1);
    assert.deepEqual(await there(), [false, true, true, true]);
    await queue.coordinator.dropCheckpoints(order.key);
    assert.deepEqual(await there(), [false, false, false, true]);
    await queue.coordinator.dropCheckpoints(order.key);
    assert.deepEqual(await queue.worker.saveCheckpoint(job(1), Uint8Array.of(1), never), { ok: true });
    assert.deepEqual([...((await kept(queue, job(1))) ?? [])], [1]);
  });

  exam("one that is given up, or larger than a queue carries, leaves the one before", async (queue) => {
    await queue.worker.saveCheckpoint(job(0), Uint8Array.of(1), never);
    assert.equal((await queue.worker.saveCheckpoint(job(0), Uint8Array.of(2), AbortSignal.abort())).ok, false);
    const large = await queue.worker.saveCheckpoint(job(0), new Uint8Array(CHECKPOINT_BYTES_MAX + 1), never);
    assert.deepEqual(large, { ok: false, why: "it has 65 MiB, and a queue carries 64 MiB" });
    assert.deepEqual([...((await kept(queue, job(0))) ?? [])], [1]);
  });
}
