// The store's exam, part one: studies and their jobs come to be, once.
import assert from "node:assert/strict";
import { UserError } from "../../schema/failure.ts";
import { boxSizes, pointCount } from "../../schema/grid.ts";
import { identityOf } from "../../schema/identity.ts";
import type { StudyOrder } from "../../schema/job.ts";
import { boxOfJob, planOf } from "../../schema/plan.ts";
import { parseStudy, type StudySpec } from "../../schema/study.ts";
import { noopOrder, orderOf } from "../support/orders.ts";
import { reportOf } from "../support/reports.ts";
import type { Exam } from "./store.ts";

function specOf(content: object): StudySpec {
  const parsed = parseStudy({ experiment: "noop", ...content });
  assert.ok(parsed.ok);
  return parsed.spec;
}

const identity = (order: StudyOrder): string => identityOf(order.spec, order.data);

export function examineStudies(exam: Exam): void {
  exam("a new study has all its jobs planned, each with its box's points", async ({ store }) => {
    // 7 × 5 × 4 values in chunks of 3 × 2 × 4: last boxes of both cut axes are smaller.
    const axes = { y: { linear: [1, 7], steps: 7 }, replicate: [4, 2, 0, 1, 9], x: [0, 5, 6, 7] };
    const plan = planOf([7, 5, 4], [3, 2, 4], null);
    const order = orderOf(specOf({ name: "boxes", axes }), plan);
    const stored = await store.ensureStudy(order, identity(order));
    assert.deepEqual(stored.order, order);
    assert.equal(stored.desired, "active");
    const jobs = await store.jobs(order.key);
    const expected = Array.from({ length: plan.jobs }, (_, n) =>
      pointCount(boxSizes(boxOfJob(plan, n))),
    );
    assert.deepEqual(
      jobs.map(({ points }) => points),
      expected,
    );
    assert.ok(jobs.every(({ state }) => state === "planned"));
    const progress = await store.progress(order.key);
    assert.deepEqual(progress, {
      points: 140,
      stored: 0,
      jobs: { planned: 9, queued: 0, done: 0, dead: 0 },
    });
  });

  exam("the order of the axes, which is the grid, survives storage", async ({ store }) => {
    const axes = { y: [1, 2], replicate: [0, 1], x: [5, 6, 7] };
    const order = orderOf(specOf({ name: "axis-order", axes }), planOf([2, 2, 3], [1, 1, 3], null));
    await store.ensureStudy(order, identity(order));
    const found = await store.study("axis-order");
    assert.deepEqual(Object.keys(found?.order.spec.axes ?? {}), ["y", "replicate", "x"]);
    assert.deepEqual(await store.study(order.key), found);
    assert.equal(await store.study("no-such-study"), null);
  });

  exam("a study stored again keeps its plan and its jobs' states", async ({ store }) => {
    const order = noopOrder({ points: 100, perJob: 10, seed: 11, name: "again" });
    await store.ensureStudy(order, identity(order));
    const taken = await store.takePlanned(order.key, 3);
    assert.equal(taken.length, 3);
    const replanned = { ...order, plan: planOf([100], [50], null), folder: "/elsewhere" };
    const stored = await store.ensureStudy(replanned, identity(order));
    assert.deepEqual(stored.order.plan, order.plan);
    assert.equal(stored.order.folder, "/elsewhere");
    assert.equal((await store.progress(order.key)).jobs.queued, 3);
  });

  exam("many starters of one study make it once", async ({ store }) => {
    const order = noopOrder({ points: 50, perJob: 1, seed: 12, name: "starters" });
    await Promise.all(Array.from({ length: 6 }, () => store.ensureStudy(order, identity(order))));
    assert.equal((await store.jobs(order.key)).length, 50);
  });

  exam("another spec under a stored name is refused, naming the field", async ({ store }) => {
    const axes = (steps: number) => ({ axes: { x: { linear: [0, 1], steps } } });
    const first = orderOf(specOf({ name: "taken", ...axes(100) }), planOf([100], [100], null));
    await store.ensureStudy(first, identity(first));
    const refused = async (content: object): Promise<string> => {
      const order = orderOf(specOf({ name: "taken", ...content }), planOf([100], [100], null));
      const error = await store.ensureStudy(order, identity(order)).then(
        () => null,
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof UserError, `expected a refusal, got ${String(error)}`);
      assert.ok(!error.message.includes("\n"));
      return error.message;
    };
    assert.match(
      await refused(axes(50)),
      /"taken" exists.*: axes\.x\.steps is 100 there, 50 here: /,
    );
    assert.match(await refused({ ...axes(100), seed: 7 }), /: seed is 0 there, 7 here: /);
    assert.match(
      await refused({ ...axes(100), fixed: { y: 2 } }),
      /: fixed\.y is absent there, 2 here: /,
    );
    assert.equal((await store.study("taken"))?.identity, identity(first));
  });

  exam("one study under two names is refused, naming the first", async ({ store }) => {
    const first = noopOrder({ points: 10, perJob: 1, seed: 13, name: "first-name" });
    await store.ensureStudy(first, identity(first));
    const second = noopOrder({ points: 10, perJob: 1, seed: 13, name: "second-name" });
    await assert.rejects(store.ensureStudy(second, identity(second)), {
      name: "UserError",
      message: /"second-name" is stored as "first-name" already/,
    });
  });

  exam(
    "reports of a study that was deleted are rejected, and it can be stored anew",
    async ({ store }) => {
      const order = noopOrder({ points: 10, perJob: 5, seed: 15, name: "deleted" });
      await store.ensureStudy(order, identity(order));
      await store.commit([reportOf(order, 0)]);
      await store.sql("delete from study where name = 'deleted'", { write: true });
      const committed = await store.commit([reportOf(order, 1)]);
      assert.equal(committed.inserted, 0);
      assert.match(committed.rejected[0]?.why ?? "", /was deleted/);
      await store.ensureStudy(order, identity(order));
      assert.equal((await store.commit([reportOf(order, 1)])).inserted, 5);
    },
  );

  exam("what a user wants of a study is kept", async ({ store }) => {
    const order = noopOrder({ points: 10, perJob: 1, seed: 14, name: "wanted" });
    await store.ensureStudy(order, identity(order));
    await store.setDesired(order.key, "paused");
    await store.setPriority(order.key, -3);
    const found = (await store.studies()).find((study) => study.order.key === order.key);
    assert.equal(found?.desired, "paused");
    assert.equal(found?.priority, -3);
  });

  exam("a list of studies, looked at again, is of now, and of those whose words are the same", async ({ store }) => {
    const same = [1, 2].map((seed) => noopOrder({ points: 10, perJob: 1, seed, name: `same-${seed}` }));
    for (const order of same) await store.ensureStudy(order, identity(order));
    const listed = async () => (await store.studies()).filter(({ order: { spec } }) => spec.name.startsWith("same-"));
    const before = await listed();
    // Equal plans, read once or not, belong to studies of their own.
    assert.deepEqual(before.map(({ order }) => order.spec), [...same].reverse().map(({ spec }) => spec));
    await store.ensureStudy({ ...same[0]!, folder: "/moved" }, identity(same[0]!));
    const after = await listed();
    assert.deepEqual(after.map(({ order }) => order.folder), [same[1]!.folder, "/moved"]);
    assert.deepEqual(after.map(({ order }) => order.plan), before.map(({ order }) => order.plan));
  });

  exam("a worker's latest word replaces the one before", async ({ store }) => {
    const presence = {
      worker: "w-1",
      host: "h",
      version: "1",
      provider: "portable",
      slots: 2,
      memoryBytes: 2e9,
      gpus: [{ name: "H200", memoryBytes: 1.5e11, usedBytes: null, utilisation: 0.5 }],
      running: [{ study: noopOrder({ points: 1, perJob: 1 }).key, number: 5 }],
    };
    await store.announce([presence, { ...presence, worker: "w-2" }]);
    await store.announce([
      { ...presence, running: [] },
      { ...presence, slots: 4, memoryBytes: 4e9, gpus: [], running: [] },
    ]);
    const workers = await store.workers();
    assert.deepEqual(
      workers.map((row) => row.presence.worker),
      ["w-1", "w-2"],
    );
    assert.equal(workers[0]?.presence.slots, 4);
    assert.deepEqual(workers[1]?.presence.running, presence.running);
    assert.ok(workers.every(({ firstSeen, lastSeen }) => firstSeen <= lastSeen));
  });
}
