// The store's exam, part two: jobs are taken, returned, retried, and die with a reason.
import assert from "node:assert/strict";
import { identityOf } from "../../schema/identity.ts";
import type { StudyOrder } from "../../schema/job.ts";
import { JOB_ATTEMPTS_MAX } from "../../schema/limits.ts";
import { noopOrder } from "../support/orders.ts";
import { attemptOf, endOf, FAILED, reportOf } from "../support/reports.ts";
import type { Bench, Exam } from "./store.ts";

let made = 1000;

/** A stored study of its own: 12 points in 6 jobs. */
async function smallStudy({ store }: Bench): Promise<StudyOrder> {
  const seed = made++;
  const order = noopOrder({ points: 12, perJob: 2, seed, name: `jobs-${seed}` });
  await store.ensureStudy(order, identityOf(order.spec, null));
  return order;
}

/** Lets the back-off of a study's jobs pass. */
async function wait({ database }: Bench, order: StudyOrder): Promise<void> {
  await database.query(
    `update job set not_before = now() - interval '1 s'
     where not_before is not null and study = (select id from study where key = $1)`,
    [order.key],
  );
}

const numbers = (jobs: readonly { number: number }[]): number[] => jobs.map(({ number }) => number);

export function examineJobs(exam: Exam): void {
  exam("planned jobs are taken once each, lowest number first", async (bench) => {
    const { key } = await smallStudy(bench);
    assert.deepEqual(numbers(await bench.store.takePlanned(key, 4)), [0, 1, 2, 3]);
    assert.deepEqual(numbers(await bench.store.takePlanned(key, 4)), [4, 5]);
    assert.deepEqual(await bench.store.takePlanned(key, 4), []);
  });

  exam("jobs taken at the same time are taken once each", async (bench) => {
    const { key } = await smallStudy(bench);
    const taken = await Promise.all([1, 2, 3].map(() => bench.store.takePlanned(key, 2)));
    assert.deepEqual(
      numbers(taken.flat()).sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5],
    );
  });

  exam("returned jobs are taken again, before higher numbers", async (bench) => {
    const { key } = await smallStudy(bench);
    await bench.store.takePlanned(key, 4);
    assert.equal(await bench.store.returnJobs(key, [1, 3, 5]), 2);
    assert.deepEqual(numbers(await bench.store.takePlanned(key, 9)), [1, 3, 4, 5]);
  });

  exam("a restart plans again what was queued, and nothing that is done", async (bench) => {
    const order = await smallStudy(bench);
    await bench.store.takePlanned(order.key, 4);
    await bench.store.commit([reportOf(order, 2)]);
    assert.equal(await bench.store.resetQueued(order.key), 3);
    assert.deepEqual(numbers(await bench.store.takePlanned(order.key, 9)), [0, 1, 3, 4, 5]);
  });

  exam("a failed job waits before it is taken again, and goes first then", async (bench) => {
    const order = await smallStudy(bench);
    await bench.store.takePlanned(order.key, 3);
    const committed = await bench.store.commit([endOf(order, 2, FAILED)]);
    assert.deepEqual(numbers(committed.replanned), [2]);
    const [job] = await bench.store.jobs(order.key, { from: 2, limit: 1 });
    assert.equal(job?.state, "planned");
    assert.equal(job?.attempts, 1);
    assert.equal(job?.lastError?.code, "out_of_memory");
    assert.ok((job?.notBefore ?? 0) > 0);
    assert.deepEqual(numbers(await bench.store.takePlanned(order.key, 1)), [3]);
    await wait(bench, order);
    assert.deepEqual(numbers(await bench.store.takePlanned(order.key, 2)), [2, 4]);
  });

  exam(`a job is dead after ${JOB_ATTEMPTS_MAX} failures, until it is retried`, async (bench) => {
    const order = await smallStudy(bench);
    for (let attempt = 1; attempt <= JOB_ATTEMPTS_MAX; attempt++) {
      await wait(bench, order);
      assert.deepEqual(numbers(await bench.store.takePlanned(order.key, 1)), [0]);
      const committed = await bench.store.commit([endOf(order, 0, FAILED, attempt)]);
      assert.deepEqual(numbers(committed.dead), attempt === JOB_ATTEMPTS_MAX ? [0] : []);
    }
    await wait(bench, order);
    assert.deepEqual(numbers(await bench.store.takePlanned(order.key, 1)), [1]);
    const [dead] = await bench.store.jobs(order.key, { state: "dead" });
    assert.equal(dead?.number, 0);
    assert.equal(dead?.lastError?.message, "needs 9 GB, 8 GB are left");
    assert.equal(await bench.store.retryDead(order.key, [3]), 0);
    assert.equal(await bench.store.retryDead(order.key), 1);
    assert.deepEqual(numbers(await bench.store.takePlanned(order.key, 1)), [0]);
    assert.equal((await bench.store.jobs(order.key))[0]?.attempts, 0);
  });

  exam("an attempt reported twice burns once", async (bench) => {
    const order = await smallStudy(bench);
    await bench.store.takePlanned(order.key, 1);
    await bench.store.commit([endOf(order, 0, FAILED, 1), endOf(order, 0, FAILED, 1)]);
    await bench.store.commit([endOf(order, 0, FAILED, 1)]);
    const [job] = await bench.store.jobs(order.key);
    assert.equal(job?.attempts, 1);
    assert.equal((await bench.store.attempts(order.key)).length, 1);
  });

  exam("an interruption burns nothing and waits for nothing", async (bench) => {
    const order = await smallStudy(bench);
    await bench.store.takePlanned(order.key, 2);
    const committed = await bench.store.commit([endOf(order, 0, { kind: "interrupted" })]);
    assert.deepEqual(numbers(committed.replanned), [0]);
    assert.equal((await bench.store.jobs(order.key))[0]?.attempts, 0);
    assert.deepEqual(numbers(await bench.store.takePlanned(order.key, 1)), [0]);
  });

  exam("a failure that arrives after the rows changes nothing but the record", async (bench) => {
    const order = await smallStudy(bench);
    await bench.store.takePlanned(order.key, 1);
    await bench.store.commit([reportOf(order, 0)]);
    const committed = await bench.store.commit([endOf(order, 0, FAILED)]);
    assert.deepEqual(committed.replanned, []);
    assert.equal((await bench.store.jobs(order.key))[0]?.state, "done");
    assert.equal((await bench.store.attempts(order.key, { job: 0 })).length, 1);
  });

  exam("rows that arrive late bring a dead job to its end", async (bench) => {
    const order = await smallStudy(bench);
    await bench.store.takePlanned(order.key, 1);
    await bench.store.commit([1, 2, 3].map((delivery) => endOf(order, 0, FAILED, delivery)));
    assert.equal((await bench.store.progress(order.key)).jobs.dead, 1);
    const committed = await bench.store.commit([reportOf(order, 0)]);
    assert.deepEqual(numbers(committed.finished), [0]);
    assert.deepEqual((await bench.store.progress(order.key)).jobs, {
      planned: 5,
      queued: 0,
      done: 1,
      dead: 0,
    });
  });

  exam("attempts come back as they were reported, newest first", async (bench) => {
    const order = await smallStudy(bench);
    const job = { study: order.key, number: 4 };
    const first = {
      ...attemptOf(job, FAILED, 1),
      provider: "openblas" as const,
      worker: "wörker 1",
    };
    const second = attemptOf(job, { kind: "done", points: 2 }, 2);
    await bench.store.commit([{ job, offset: 0, block: null, attempt: first }]);
    await bench.store.commit([reportOf(order, 4, { attempt: second })]);
    assert.deepEqual(await bench.store.attempts(order.key), [second, first]);
    assert.deepEqual(await bench.store.attempts(order.key, { job: 3 }), []);
  });

  exam("a failure's message may hold what Postgres' text cannot", async (bench) => {
    const order = await smallStudy(bench);
    const message = `NUL \0, half a pair \ud800, quote ' and \\ ${"long ".repeat(10_000)}`;
    const failure = { kind: "bug", code: "unexpected", message } as const;
    await bench.store.commit([endOf(order, 0, { kind: "failed", failure })]);
    const [job] = await bench.store.jobs(order.key);
    assert.ok(
      job?.lastError?.message.startsWith("NUL \ufffd, half a pair \ufffd, quote ' and \\ long"),
    );
  });
}
