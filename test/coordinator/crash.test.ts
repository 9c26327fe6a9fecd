// A job that kills whoever computes it, from its first attempt to its end, with real processes.
import assert from "node:assert/strict";
import test from "node:test";
import { Engine } from "../../coordinator/engine.ts";
import { openTestStore } from "../support/database.ts";
import { realClock } from "../../queue/clock.ts";
import { memoryQueue } from "../../queue/memory.ts";
import { identityOf } from "../../schema/identity.ts";
import { JOB_ATTEMPTS_MAX } from "../../schema/limits.ts";
import { startWorker } from "../../worker/root.ts";
import { noopOrder } from "../support/orders.ts";

test(`a job that kills its process is dead after ${JOB_ATTEMPTS_MAX} times, and says by what`, async () => {
  const store = await openTestStore();
  const order = noopOrder({ points: 1, perJob: 1, name: "killer" });
  await store.ensureStudy(order, identityOf(order.spec, null));
  const queue = memoryQueue(realClock);
  const preload = new URL("../support/die-in-job.js", import.meta.url).href;
  const worker = await startWorker({
    provider: "portable", blasPath: null, cacheBytes: 1e8, threads: 1, memoryBytes: 1e9,
    processes: [{ NODE_OPTIONS: `--import ${preload}` }],
    queue: queue.worker, worker: "w", host: "h", version: "0", clock: realClock, warn: () => {},
  });
  const engine = new Engine({
    store, queue: queue.coordinator, clock: realClock, untilSettled: true, isQueueLasting: true,
    stop: new AbortController().signal, tell: () => {},
  });
  await engine.run();
  const [job] = await store.jobs(order.key);
  const attempts = await store.attempts(order.key);
  await worker.kill();
  await store.close();
  assert.deepEqual([job?.state, job?.attempts], ["dead", JOB_ATTEMPTS_MAX]);
  assert.match(job?.lastError?.message ?? "", /SIGKILL/);
  assert.equal(attempts.length, JOB_ATTEMPTS_MAX, "not a fourth");
});
