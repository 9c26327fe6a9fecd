import assert from "node:assert/strict";
import test from "node:test";
import { memoryQueue } from "../../queue/memory.ts";
import type { Report } from "../../schema/job.ts";
import { LEASE_MS, PRESENCE_LAPSE_MS } from "../../schema/limits.ts";
import { examineQueue } from "../contract/queue.ts";
import { manualClock } from "../support/manual-clock.ts";
import { noopOrder } from "../support/orders.ts";

examineQueue("memory", async () => {
  const clock = manualClock();
  return {
    ...memoryQueue(clock),
    leaseMs: LEASE_MS,
    presenceLapseMs: PRESENCE_LAPSE_MS,
    elapse: async (ms) => clock.advance(ms),
    close: async () => undefined,
  };
});

test("memory: reporting waits while the collector is behind", async () => {
  const { worker, coordinator } = memoryQueue(manualClock());
  const big = (number: number): Report => ({
    job: { study: noopOrder({ points: 2, perJob: 1 }).key, number },
    offset: 0,
    block: { status: new Uint8Array(150_000), metrics: {} },
    attempt: null,
  });
  await worker.report(big(0));
  await worker.report(big(1));
  let isThirdIn = false;
  const third = worker.report(big(2)).then(() => (isThirdIn = true));
  await new Promise(setImmediate);
  assert.equal(isThirdIn, false);
  const [first] = await coordinator.receive(1, AbortSignal.timeout(1000));
  await first?.accept();
  await third;
  assert.equal(isThirdIn, true);
});
