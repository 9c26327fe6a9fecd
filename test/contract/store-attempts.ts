// The store's exam, part three: workers that fall silent, and what a job burns for them.
import assert from "node:assert/strict";
import { identityOf } from "../../schema/identity.ts";
import { type Attempt, type Outcome, type StudyOrder, WORKER_LOST } from "../../schema/job.ts";
import { JOB_ATTEMPTS_MAX } from "../../schema/limits.ts";
import { noopOrder } from "../support/orders.ts";
import { attemptOf, FAILED, reportOf } from "../support/reports.ts";
import type { Bench, Exam } from "./store.ts";

let made = 5000;

async function smallStudy({ store }: Bench): Promise<StudyOrder> {
  const seed = made++;
  const order = noopOrder({ points: 12, perJob: 2, seed, name: `attempts-${seed}` });
  await store.ensureStudy(order, identityOf(order.spec, null));
  await store.takePlanned(order.key, 12);
  return order;
}

const LOST: Outcome = {
  kind: "failed",
  failure: { kind: "infrastructure", code: WORKER_LOST, message: "nothing was heard" },
};

/** The end of publication `published` of job 0: by default as the finder of a lost worker says it. */
function end(order: StudyOrder, published: number, change: Partial<Attempt> = {}) {
  const job = { study: order.key, number: 0 };
  const attempt = { ...attemptOf(job, LOST, 2), worker: "finder", publishedAt: published, startedAt: published + 9, ...change };
  return { job, offset: 0, block: null, attempt };
}

const job0 = async ({ store }: Bench, { key }: StudyOrder) => (await store.jobs(key, { limit: 1 }))[0];

export function examineAttempts(exam: Exam): void {
  exam("a lost worker burns one attempt of a publication, whoever finds it how often", async (bench) => {
    const order = await smallStudy(bench);
    await bench.store.commit([end(order, 1_000), end(order, 1_000, { worker: "other" })]);
    await bench.store.commit([end(order, 1_000, { worker: "third", startedAt: 5 })]);
    assert.equal((await job0(bench, order))?.attempts, 1);
    assert.equal((await bench.store.attempts(order.key)).length, 1);
    await bench.store.commit([end(order, 2_000)]);
    assert.equal((await job0(bench, order))?.attempts, 2);
  });

  exam(`a job that took ${JOB_ATTEMPTS_MAX} workers with it is dead, and says so`, async (bench) => {
    const order = await smallStudy(bench);
    for (let time = 1; time <= JOB_ATTEMPTS_MAX; time++) {
      const { dead } = await bench.store.commit([end(order, time)]);
      assert.equal(dead.length, time === JOB_ATTEMPTS_MAX ? 1 : 0);
    }
    const job = await job0(bench, order);
    assert.equal(job?.state, "dead");
    assert.equal(job.lastError?.code, WORKER_LOST);
  });

  exam("the worker is named by who last said to run the job", async (bench) => {
    const order = await smallStudy(bench);
    const machine = { host: "h", version: "0", provider: "p", slots: 1, memoryBytes: 1e9, gpus: [] };
    const running = [{ study: order.key, number: 0 }];
    await bench.store.announce([
      { worker: "holder", ...machine, running }, { worker: "finder", ...machine, running },
    ]);
    await bench.store.commit([end(order, 1_000)]);
    const [attempt] = await bench.store.attempts(order.key);
    assert.equal(attempt?.worker, "holder");
    assert.equal(attempt.publishedAt, 1_000);
  });

  exam("a holder that turns up after all gives the attempt back", async (bench) => {
    const order = await smallStudy(bench);
    await bench.store.commit([end(order, 1_000)]);
    const done = attemptOf({ study: order.key, number: 0 }, { kind: "done", points: 2 });
    const late = { ...done, worker: "holder", publishedAt: 1_000 };
    const { finished } = await bench.store.commit([reportOf(order, 0, { attempt: late })]);
    assert.equal(finished.length, 1);
    assert.equal((await job0(bench, order))?.attempts, 0);
    assert.deepEqual(await bench.store.attempts(order.key), [late]);
    // The finder's word may come once more, later than the holder's.
    await bench.store.commit([end(order, 1_000)]);
    assert.deepEqual(await bench.store.attempts(order.key), [late]);
  });

  exam("a holder that failed is heard once, before or after it was thought lost", async (bench) => {
    const order = await smallStudy(bench);
    const failed = end(order, 1_000, { worker: "holder", outcome: FAILED, delivery: 1 });
    await bench.store.commit([end(order, 1_000)]);
    await bench.store.commit([failed]);
    await bench.store.commit([end(order, 1_000), failed]);
    const job = await job0(bench, order);
    assert.deepEqual([job?.attempts, job?.lastError?.code], [1, "out_of_memory"]);
    assert.equal((await bench.store.attempts(order.key)).length, 1);
  });

  exam("queued jobs are told, and studies that have any are open", async (bench) => {
    const { store } = bench;
    const seed = made++;
    const order = noopOrder({ points: 4, perJob: 2, seed, name: `agenda-${seed}` });
    await store.ensureStudy(order, identityOf(order.spec, null));
    const item = async () => (await store.agenda()).find(({ key }) => key === order.key);
    assert.deepEqual(await item(), { key: order.key, desired: "active", priority: 0, isOpen: true });
    const [first, second] = await store.takePlanned(order.key, 2);
    assert.deepEqual(await store.queued(order.key), [first, second]);
    await store.setPriority(order.key, 3);
    await store.setDesired(order.key, "paused");
    await store.commit([1, 2, 3].map((time) => end(order, time)));
    assert.deepEqual(await store.queued(order.key), [second]);
    assert.deepEqual(await item(), { key: order.key, desired: "paused", priority: 3, isOpen: true });
    await store.commit([reportOf(order, 1)]);
    assert.equal((await item())?.isOpen, false);
    await store.commit([reportOf(order, 0)]);
    assert.equal(await item(), undefined);
  });
}
