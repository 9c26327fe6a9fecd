// The store's exam: tables of rows that a point has any number of, such as learning curves.
import assert from "node:assert/strict";
import { curveColumns } from "../../schema/experiments/network.ts";
import { identityOf } from "../../schema/identity.ts";
import type { Report, StudyOrder } from "../../schema/job.ts";
import { planOf } from "../../schema/plan.ts";
import { parseStudy } from "../../schema/study.ts";
import { orderOf } from "../support/orders.ts";
import { reportOf } from "../support/reports.ts";
import type { Exam } from "./store.ts";

/** A cnn study of two runs; its reports have a curve of `rows` rows for each point. */
function curved(name: string): { order: StudyOrder; report: (number: number, rows: number) => Report } {
  const parsed = parseStudy({
    name, seed: name.length, experiment: "cnn", model: "small", data: { source: "glyphs", train: 200, test: 9 },
    attack: { trigger: { kind: "patch" } }, fixed: { poison_rate: 0.1 }, axes: { epochs: [2, 3] },
  });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const order = orderOf(parsed.spec, planOf([2], [1], null));
  const report = (number: number, rows: number): Report => {
    const whole = reportOf(order, number);
    const names = ["epoch", ...curveColumns.map((column) => column.name)];
    const columns = Object.fromEntries(names.map((column, k) =>
      [column, Float64Array.from({ length: rows }, (_, row) => (k === 0 ? row : number + row / 8 + k))]));
    const series = { network_curve: { point: new Int32Array(rows), columns } };
    return whole.block === null ? whole : { ...whole, block: { ...whole.block, series } };
  };
  return { order, report };
}

export function examineSeries(exam: Exam): void {
  exam("a run's learning curve is stored with its row, once, however often it is sent", async ({ store }) => {
    const { order, report } = curved("curves");
    await store.ensureStudy(order, identityOf(order.spec, null));
    await store.commit([report(1, 3), report(0, 2)]);
    await store.commit([report(0, 2)]);
    const { rows } = await store.sql(
      "select point, epoch, learning_rate, train_loss from curve where study = 'curves' order by 1, 2");
    const expected = [[0, 0], [0, 1], [1, 0], [1, 1], [1, 2]].map(([point = 0, epoch = 0]) =>
      [point, epoch, point + epoch / 8 + 1, point + epoch / 8 + 2]);
    assert.deepEqual(rows.map((row) => row.map(Number)), expected);
    const stored = await store.study("curves");
    assert.deepEqual([stored?.duplicates, stored?.conflicts], [1, 0]);
    assert.equal((await store.sql("select count(*) from cnn where study = 'curves'")).rows[0]?.[0], 2);
    assert.equal((await store.sql("select count(*) from linear where study = 'curves'")).rows[0]?.[0], 0);
  });

  exam("a curve that does not fit its table is refused in words, and its rows with it", async ({ store }) => {
    const { order, report } = curved("crooked-curves");
    await store.ensureStudy(order, identityOf(order.spec, null));
    const { block, ...rest } = report(0, 2);
    assert.ok(block !== null);
    const series = [
      { network_curve: { point: Int32Array.of(0, 1), columns: block.series?.["network_curve"]?.columns ?? {} } },
      { network_curve: { point: new Int32Array(2), columns: {} } },
      { elsewhere: { point: new Int32Array(0), columns: {} } },
    ];
    const crooked = series.map((one): Report => Object.assign({}, rest, { block: Object.assign({}, block, { series: one }) }));
    const { rejected, inserted } = await store.commit(crooked);
    assert.equal(inserted, 0);
    assert.deepEqual(rejected.map(({ why }) => why), [
      "job 0: network_curve: a row of no point",
      "job 0: network_curve: 0 values of epoch for 2 rows",
      "job 0: network_result has no series elsewhere",
    ]);
  });
}
