// The store's exam, part three: every point gets one row, bit by bit, whatever is sent again.
import assert from "node:assert/strict";
import { STATUSES } from "../../schema/column.ts";
import { identityOf } from "../../schema/identity.ts";
import { indicesOf, pointsOfBox } from "../../schema/grid.ts";
import type { StudyOrder } from "../../schema/job.ts";
import { boxOfJob, planOf } from "../../schema/plan.ts";
import { axesOf, parseStudy } from "../../schema/study.ts";
import type { Batch, Store } from "../../coordinator/store/port.ts";
import { noopOrder, orderOf } from "../support/orders.ts";
import { attemptOf, reportOf } from "../support/reports.ts";
import type { Exam } from "./store.ts";

let made = 2000;

async function stored(store: Store, points: number, perJob: number): Promise<StudyOrder> {
  const seed = made++;
  const order = noopOrder({ points, perJob, seed, name: `rows-${seed}` });
  await store.ensureStudy(order, identityOf(order.spec, null));
  return order;
}

async function readAll(store: Store, order: StudyOrder, batchRows?: number): Promise<Batch> {
  const batches: Batch[] = [];
  const options = batchRows === undefined ? {} : { batchRows };
  for await (const batch of store.scan(order.key, options)) batches.push(batch);
  const names = Object.keys(batches[0]?.columns ?? {});
  const join = (name: string) =>
    Float64Array.from(batches.flatMap((batch) => [...(batch.columns[name] ?? [])]));
  return {
    rows: batches.reduce((sum, batch) => sum + batch.rows, 0),
    columns: Object.fromEntries(names.map((name) => [name, join(name)])),
    status: Uint8Array.from(batches.flatMap(({ status }) => Array.from(status ?? []))),
  };
}

/** Numbers as the bits they are, so that −0 and NaN compare. */
const bits = (values: Iterable<number>): string[] =>
  [...values].map(
    (value) => new BigUint64Array(Float64Array.of(value).buffer)[0]?.toString(16) ?? "",
  );

const SPECIAL = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  0,
  5e-324,
  -Number.MAX_VALUE,
  0.1 + 0.2,
  Number.MIN_VALUE * 3,
  1 / 3,
];

export function examineRows(exam: Exam): void {
  exam(
    "rows hold the axis values of their points, on every axis of a cut grid",
    async ({ store }) => {
      const parsed = parseStudy({
        name: "grid-rows",
        experiment: "noop",
        axes: { y: { log: [1e-3, 1e3], steps: 5 }, replicate: [7, 3, 5], x: [-1, 0, 2.5, 1e300] },
      });
      assert.ok(parsed.ok);
      const order = orderOf(parsed.spec, planOf([5, 3, 4], [2, 2, 3], null));
      await store.ensureStudy(order, identityOf(order.spec, null));
      const reports = Array.from({ length: order.plan.jobs }, (_, number) =>
        reportOf(order, number),
      );
      await store.commit(reports);
      const { columns, rows } = await readAll(store, order, 7);
      assert.equal(rows, 60);
      assert.deepEqual(
        [...(columns["point"] ?? [])],
        Array.from({ length: 60 }, (_, point) => point),
      );
      axesOf(order.spec).forEach(({ name, values }, axis) => {
        const expected = Array.from(
          { length: 60 },
          (_, point) => values[indicesOf(point, order.plan.sizes)[axis] ?? -1] ?? Number.NaN,
        );
        assert.deepEqual(bits(columns[name] ?? []), bits(expected), name);
      });
      for (const { job, block } of reports) {
        pointsOfBox(boxOfJob(order.plan, job.number), order.plan.sizes).forEach((point, index) => {
          assert.equal(columns["hash"]?.[point], block?.metrics["hash"]?.[index]);
          assert.equal(columns["job"]?.[point], job.number);
        });
      }
    },
  );

  exam("a krr study's rows hold the poisoning as realised, and fixed values", async ({ store }) => {
    const parsed = parseStudy({
      name: "krr-rows",
      experiment: "krr",
      data: { source: "glyphs", train: 37, test: 5 },
      attack: { kind: "clones", trigger: { kind: "cross" } },
      kernel: "linear",
      fixed: { target: 3 },
      axes: { ridge: [1e-3, 0], poison_rate: [0, 0.1, 0.5] },
    });
    assert.ok(parsed.ok);
    const data = {
      fingerprint: "0".repeat(64),
      dimension: 784,
      classes: 10,
      image: null,
      trainRows: null,
      testRows: null,
      shared: false,
      files: [],
    };
    const order = orderOf(parsed.spec, planOf([2, 3], [1, 3], "eigen"), data);
    await store.ensureStudy(order, identityOf(order.spec, data));
    await store.commit([
      reportOf(order, 0),
      reportOf(order, 1, { status: () => 1, value: () => Number.NaN }),
    ]);
    const { columns, status } = await readAll(store, order);
    // 37 · 0.1 / 0.9 = 4.11 and 37 · 0.5 / 0.5 = 37 clones.
    assert.deepEqual([...(columns["poison_count"] ?? [])], [0, 4, 37, 0, 4, 37]);
    assert.deepEqual([...(columns["poison_rate"] ?? [])].slice(0, 3), [0, 4 / 41, 0.5]);
    assert.deepEqual([...(columns["ridge"] ?? [])], [1e-3, 1e-3, 1e-3, 0, 0, 0]);
    assert.deepEqual(new Set(columns["target"]), new Set([3]));
    assert.deepEqual(new Set(columns["length_scale"]), new Set([Number.NaN]));
    assert.deepEqual(
      [...(status ?? [])].map((code) => STATUSES[code]),
      [
        ...Array.from({ length: 3 }, () => "ok"),
        ...Array.from({ length: 3 }, () => "not_positive_definite"),
      ],
    );
    assert.deepEqual(await store.coverage(order.key), { done: 3, failed: 3, missing: 0 });
  });

  exam("NaN, infinities, −0 and the smallest numbers come back bit by bit", async ({ store }) => {
    const order = await stored(store, SPECIAL.length, SPECIAL.length);
    await store.commit([reportOf(order, 0, { value: (index) => SPECIAL[index] ?? 1 })]);
    assert.deepEqual(bits((await readAll(store, order)).columns["hash"] ?? []), bits(SPECIAL));
    const odd = Float64Array.of(0);
    new BigUint64Array(odd.buffer)[0] = 0xfff8000000000123n;
    const again = reportOf(order, 0, { rows: 1, value: () => odd[0] ?? 0 });
    assert.equal(
      (await store.commit([again])).conflicts,
      0,
      "a NaN is a NaN, whatever its sign and payload",
    );
  });

  exam("the slices of a job may come in any order, in one commit or many", async ({ store }) => {
    const order = await stored(store, 20, 10);
    const slice = (number: number, offset: number, rows: number) =>
      reportOf(order, number, { offset, rows });
    const first = await store.commit([slice(0, 7, 3), slice(1, 2, 4)]);
    assert.deepEqual([first.inserted, first.finished], [7, []]);
    assert.equal((await store.jobs(order.key))[0]?.stored, 3);
    const second = await store.commit([slice(1, 6, 4), slice(0, 0, 7)]);
    assert.deepEqual(second.finished, [{ study: order.key, number: 0 }]);
    assert.deepEqual(second.completed, []);
    const third = await store.commit([slice(1, 0, 2)]);
    assert.deepEqual(third.completed, [order.key]);
    assert.notEqual((await store.study(order.key))?.finishedAt, null);
    const whole = await stored(store, 20, 10);
    await store.commit([reportOf(whole, 0), reportOf(whole, 1)]);
    assert.equal(await store.checksum(order.key), await store.checksum(whole.key));
  });

  exam("a row that comes again is counted and changes nothing", async ({ store }) => {
    const order = await stored(store, 30, 10);
    const before = await store.commit([reportOf(order, 0), reportOf(order, 1, { rows: 5 })]);
    assert.deepEqual([before.inserted, before.duplicates, before.conflicts], [15, 0, 0]);
    const sum = await store.checksum(order.key);
    // A whole job again, half a job whose other half is new, and the same rows twice in one commit.
    const repeated = await store.commit([reportOf(order, 0), reportOf(order, 1, { offset: 3 })]);
    assert.deepEqual([repeated.inserted, repeated.duplicates, repeated.conflicts], [5, 12, 0]);
    const twice = await store.commit([reportOf(order, 2), reportOf(order, 2, { offset: 4 })]);
    assert.deepEqual([twice.inserted, twice.duplicates, twice.conflicts], [10, 6, 0]);
    assert.deepEqual(twice.completed, [order.key]);
    assert.notEqual(await store.checksum(order.key), sum);
    assert.equal((await store.study(order.key))?.duplicates, 18);
    assert.equal((await readAll(store, order)).rows, 30);
  });

  exam(
    "a row that comes again with other bits is a conflict, and the first stays",
    async ({ store }) => {
      const order = await stored(store, 10, 10);
      await store.commit([reportOf(order, 0, { value: () => 0 })]);
      const sum = await store.checksum(order.key);
      // Row 3 differs by the sign of zero, row 5 in its status.
      const other = reportOf(order, 0, {
        value: (index) => (index === 3 ? -0 : 0),
        status: (i) => (i === 5 ? 2 : 0),
      });
      const committed = await store.commit([other]);
      assert.deepEqual([committed.inserted, committed.duplicates, committed.conflicts], [0, 8, 2]);
      assert.equal(await store.checksum(order.key), sum);
      const found = await store.study(order.key);
      assert.deepEqual([found?.duplicates, found?.conflicts], [8, 2]);
    },
  );

  exam("reports that can never be stored are named, and the rest is stored", async ({ store }) => {
    const order = await stored(store, 10, 10);
    const other = noopOrder({ points: 10, perJob: 10, seed: made++ });
    const good = reportOf(order, 0, { rows: 4 });
    const block = { status: new Uint8Array(3), metrics: { hash: new Float64Array(2) } };
    const bad = [
      { ...good, job: { study: order.key, number: 9 } },
      reportOf(other, 0),
      { ...good, offset: 8 },
      { ...good, block },
      reportOf(order, 0, { status: () => STATUSES.length }),
    ];
    const committed = await store.commit([...bad, good]);
    assert.equal(committed.inserted, 4);
    assert.deepEqual(
      committed.rejected.map(({ report }) => report),
      bad,
    );
    assert.match(committed.rejected[3]?.why ?? "", /metric hash has 2 values for 3 points/);
  });

  exam("rows, states and attempts of a commit stand or fall together", async ({ store }) => {
    const order = await stored(store, 10, 5);
    const bad = {
      ...attemptOf({ study: order.key, number: 1 }, { kind: "done", points: 5 }),
      startedAt: Number.NaN,
    };
    await assert.rejects(store.commit([reportOf(order, 0), reportOf(order, 1, { attempt: bad })]));
    assert.equal((await store.progress(order.key)).stored, 0);
    assert.deepEqual(await store.coverage(order.key), { done: 0, failed: 0, missing: 10 });
    assert.equal((await store.commit([reportOf(order, 0)])).inserted, 5);
  });

  exam("commits that run at the same time count every row once", async ({ store }) => {
    const order = await stored(store, 400, 10);
    const commits = Array.from({ length: 40 }, (_, number) => [
      store.commit([reportOf(order, number)]),
      store.commit([reportOf(order, number, { rows: 5 })]),
    ]);
    const done = await Promise.all(commits.flat());
    assert.equal(
      done.reduce((sum, one) => sum + one.inserted, 0),
      400,
    );
    assert.equal(
      done.reduce((sum, one) => sum + one.duplicates, 0),
      200,
    );
    assert.equal((await store.progress(order.key)).jobs.done, 40);
  });

  exam(
    "a checksum is of the rows: not of plan or order of arrival, but of every bit",
    async ({ store }) => {
      const value = (point: number) => point / 7;
      const [a, b, c] = [
        await stored(store, 60, 60),
        await stored(store, 60, 7),
        await stored(store, 60, 60),
      ];
      await store.commit([reportOf(a, 0, { value })]);
      for (const number of [8, 0, 3, 1, 2, 7, 6, 5, 4]) {
        await store.commit([reportOf(b, number, { value: (index) => value(number * 7 + index) })]);
      }
      await store.commit([
        reportOf(c, 0, {
          value: (index) => (index === 59 ? value(59) * (1 + 2e-16) : value(index)),
        }),
      ]);
      assert.equal(await store.checksum(a.key), await store.checksum(b.key));
      assert.notEqual(await store.checksum(a.key), await store.checksum(c.key));
    },
  );

  exam("a scan crosses gaps and gives only the columns asked for", async ({ store }) => {
    const order = await stored(store, 1000, 10);
    await store.commit([reportOf(order, 2), reportOf(order, 57), reportOf(order, 99)]);
    const seen: number[] = [];
    for await (const batch of store.scan(order.key, {
      columns: ["hash", "point"],
      batchRows: 16,
    })) {
      assert.deepEqual(Object.keys(batch.columns), ["hash", "point"]);
      assert.ok(batch.rows > 0);
      seen.push(...(batch.columns["point"] ?? []));
    }
    const run = (from: number) => Array.from({ length: 10 }, (_, i) => from + i);
    assert.deepEqual(seen, [...run(20), ...run(570), ...run(990)]);
  });

  exam("a sample is of stored rows, distinct, and the same for a seed", async ({ store }) => {
    const order = await stored(store, 100, 10);
    await store.commit([reportOf(order, 1), reportOf(order, 8)]);
    const picked = await store.sample(order.key, 12, 5);
    const points = [...(picked.columns["point"] ?? [])];
    assert.equal(new Set(points).size, points.length);
    assert.ok(
      points.length > 0 && points.every((p) => (p >= 10 && p < 20) || (p >= 80 && p < 90)),
      points.join(),
    );
    assert.deepEqual(await store.sample(order.key, 12, 5), picked);
    await store.commit([0, 2, 3, 4, 5, 6, 7, 9].map((number) => reportOf(order, number)));
    assert.equal((await store.sample(order.key, 1000, 5)).rows, 100);
  });
}
