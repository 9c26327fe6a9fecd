// Heatmap numbers against a brute-force aggregation over exported rows, and against their own SQL.
import assert from "node:assert/strict";
import test from "node:test";
import type { StoreParts } from "../../coordinator/store/open.ts";
import { indicesOf } from "../../schema/grid.ts";
import { type HeatmapFrame, MARK } from "../../schema/heatmap-frame.ts";
import { axesOf } from "../../schema/study.ts";
import { type ApiBench, onBothStores } from "../support/api-bench.ts";
import { phaseOrder, phaseReport, storePhase } from "../support/phase-study.ts";
import { endOf, FAILED } from "../support/reports.ts";

const order = phaseOrder({ name: "phase", lengthScales: 7, ridges: 5, counts: 9, replicates: 3, jobPoints: 20 });
const axes = axesOf(order.spec);
const DEAD = 3;
const ABSENT = new Set([5, 6, DEAD]);

async function prepare({ store }: StoreParts): Promise<void> {
  await storePhase(store, order, (number) => !ABSENT.has(number));
  for (const delivery of [1, 2, 3]) {
    await store.takePlanned(order.key, 4);
    await store.commit([endOf(order, DEAD, FAILED, delivery)]);
  }
}

interface Row {
  readonly indices: readonly number[];
  readonly status: number;
  readonly metrics: ReadonlyMap<string, number>;
}

/** Every stored row, through the store's export path rather than the dashboard's. */
async function exported({ parts: { store } }: ApiBench): Promise<Map<number, Row>> {
  const rows = new Map<number, Row>();
  for await (const batch of store.scan(order.key)) {
    for (let row = 0; row < batch.rows; row++) {
      const point = batch.columns["point"]?.[row] ?? -1;
      const metrics = new Map(Object.entries(batch.columns).map(([name, column]) => [name, column[row] ?? Number.NaN]));
      rows.set(point, { indices: indicesOf(point, order.plan.sizes), status: batch.status?.[row] ?? 0, metrics });
    }
  }
  return rows;
}

/** Reducers by sorting and adding, independent of the one-pass kernel. */
function reduced(values: readonly number[], reducer: string): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (reducer === "mean") return mean;
  if (reducer === "std") return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  const share = { min: 0, max: 1, median: 0.5, q10: 0.1 }[reducer] ?? Number.NaN;
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return below + (above - below) * (place % 1);
}

function assertClose(actual: number, expected: number, what: string): void {
  if (Number.isNaN(expected)) assert.ok(Number.isNaN(actual), `${what}: expected no value, got ${actual}`);
  else assert.ok(Math.abs(actual - expected) <= 1e-6 * Math.max(1, Math.abs(expected)), `${what}: ${actual} instead of ${expected}`);
}

/** Checks each cell of a frame against the rows that its header says it stands for. */
function checkFrame(frame: HeatmapFrame, rows: ReadonlyMap<number, Row>, reducer: string): void {
  const { header, values, marks } = frame;
  const axis = (name: string): number => axes.findIndex((one) => one.name === name);
  const [ax, ay] = [axis(header.x.axis), axis(header.y.axis)];
  for (let cell = 0; cell < header.columns * header.rows; cell++) {
    const x0 = header.x.from + (cell % header.columns) * header.x.step;
    const y0 = header.y.from + Math.floor(cell / header.columns) * header.y.step;
    const found: number[] = [];
    let numeric = 0;
    for (const { indices, status, metrics } of rows.values()) {
      const isIn = (index: number, from: number, to: number, step: number): boolean =>
        index >= from && index < Math.min(from + step, to);
      if (!isIn(indices[ax] ?? -1, x0, header.x.to, header.x.step)) continue;
      if (!isIn(indices[ay] ?? -1, y0, header.y.to, header.y.step)) continue;
      if (Object.entries(header.at).some(([name, index]) => indices[axis(name)] !== index)) continue;
      if (status !== 0) numeric++;
      else found.push((metrics.get(header.metric) ?? Number.NaN) - (header.minus === null ? 0 : (metrics.get(header.minus) ?? 0)));
    }
    assertClose(values[cell] ?? 0, reduced(found, reducer), `${reducer} in cell ${cell}`);
    assert.equal(((marks[cell] ?? 0) & MARK.numeric) !== 0, numeric > 0, `numeric mark of cell ${cell}`);
    assert.equal(((marks[cell] ?? 0) & MARK.value) !== 0, found.length > 0, `value mark of cell ${cell}`);
  }
}

const VIEWS = [
  ["x=ridge&y=poison_count&at=length_scale:2,replicate:1", "mean"],
  ["x=poison_count&y=length_scale&over=replicate&at=ridge:4", "mean"],
  ["x=poison_count&y=length_scale&over=replicate,ridge", "median"],
  ["x=poison_count&y=length_scale&over=replicate,ridge", "std"],
  ["x=poison_count&y=length_scale&over=ridge&at=replicate:2", "q10"],
  ["x=length_scale&y=ridge&over=poison_count&at=replicate:0&width=3&height=2", "max"],
  ["x=length_scale&y=ridge&at=poison_count:8,replicate:0&width=3&height=2", "min"],
  ["x=length_scale&y=ridge&over=poison_count&window=2,6,1,4&at=replicate:0", "mean"],
  ["x=ridge&y=replicate&minus=delta_f_law&metric=delta_f&at=length_scale:1,poison_count:5", "mean"],
] as const;

onBothStores((name, bench, skip) => {
  for (const [view, reducer] of VIEWS) {
    test(`${name}: ${reducer} of ${view} is that of the exported rows`, { skip }, async () => {
      const frame = await bench().frame(`/api/studies/phase/heatmap?${view}&reduce=${reducer}`);
      checkFrame(frame, await exported(bench()), reducer);
    });
  }

  test(`${name}: the SQL behind a picture gives its numbers`, { skip }, async () => {
    for (const [view, reducer] of VIEWS) {
      const frame = await bench().frame(`/api/studies/phase/heatmap?${view}&reduce=${reducer}`);
      const { rows, columns } = await bench().parts.store.sql(frame.header.sql);
      const at = (column: string): number => columns.findIndex((one) => one.name === column);
      const seen = new Set<number>();
      for (const row of rows) {
        const cell = Number(row[at("row")]) * frame.header.columns + Number(row[at("column")]);
        seen.add(cell);
        const value = row[at("value")];
        assertClose(frame.values[cell] ?? 0, value === null ? Number.NaN : Number(value), `${view}, cell ${cell}`);
      }
      const valued = frame.marks.filter((mark) => (mark & MARK.value) !== 0).length;
      assert.equal(seen.size, valued, view);
    }
  });

  test(`${name}: points of a dead job, missing ones and failed ones have different marks`, { skip }, async () => {
    const { header, marks } = await bench().frame("/api/studies/phase/heatmap?x=ridge&y=poison_count&over=length_scale,replicate");
    const { counts } = header;
    const rows = await exported(bench());
    const failed = [...rows.values()].filter(({ status }) => status !== 0).length;
    assert.equal(counts.numeric, failed);
    assert.ok(failed > 0 && counts.dead > 0 && counts.missing > 0);
    assert.equal(counts.value + counts.missing + counts.dead + counts.numeric, order.plan.points);
    assert.equal(rows.size, counts.value + counts.numeric);
    assert.ok(marks.some((mark) => (mark & MARK.dead) !== 0) && marks.some((mark) => (mark & MARK.missing) !== 0));
  });

  test(`${name}: a frame with its deltas is the frame asked for afresh`, { skip }, async () => {
    const path = "/api/studies/phase/heatmap?x=ridge&y=poison_count&over=replicate&at=length_scale:0";
    const before = await bench().frame(path);
    for (const number of ABSENT) if (number !== DEAD) await bench().parts.store.commit([phaseReport(order, number)]);
    const delta = await bench().frame(`${path}&since=${before.header.version}`);
    assert.ok(delta.cells !== null, "a delta was asked for");
    const values = before.values.slice();
    const marks = before.marks.slice();
    delta.cells.forEach((cell, index) => {
      values[cell] = delta.values[index] ?? 0;
      marks[cell] = delta.marks[index] ?? 0;
    });
    const afresh = await bench().frame(path);
    assert.deepEqual([...values], [...afresh.values]);
    assert.deepEqual([...marks], [...afresh.marks]);
    assert.deepEqual(delta.header.counts, afresh.header.counts);
    assert.ok(delta.cells.length < afresh.values.length, "the delta holds some cells only");
  });

  test(`${name}: an unchanged picture is 304, a changed one is not`, { skip }, async () => {
    const path = "/api/studies/phase/heatmap?x=ridge&y=poison_count";
    const first = await bench().request(path);
    const etag = first.headers.get("etag") ?? "";
    const again = await bench().request(path, { headers: { "if-none-match": etag } });
    assert.equal(again.status, 304);
    await bench().parts.store.retryDead(order.key);
    assert.equal((await bench().request(path, { headers: { "if-none-match": etag } })).status, 200);
  });

  for (const [query, type, hint] of [
    ["x=rigde", "unknown-axis", "ridge"],
    ["metric=clean_acuracy", "unknown-metric", "clean_accuracy"],
    ["x=ridge&at=ridge:1", "axis-twice", undefined],
    ["at=ridge:99&x=poison_count&y=length_scale", "outside-axis", undefined],
    ["x=clean_accuracy", "non-grid", "/pareto"],
    ["at=poison_rate:1", "non-grid", undefined],
    ["at=ridge:0.5", "non-grid", "ridge:4"],
    ["window=0,99,0,1", "outside-axis", undefined],
    ["reduce=q101", "bad-request", undefined],
    ["colour=red", "bad-request", undefined],
  ] as const) {
    test(`${name}: heatmap?${query} is refused as ${type}`, { skip }, async () => {
      const problem = await bench().problem(`/api/studies/phase/heatmap?${query}`);
      assert.equal(problem.type, `urn:nearclone:problem:${type}`);
      if (hint !== undefined) assert.match(problem.hint ?? "", new RegExp(hint));
    });
  }
}, prepare);
