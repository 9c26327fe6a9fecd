// Lines, cells, fronts, parallel bands, onsets and points against brute force over the made-up law.
import assert from "node:assert/strict";
import test from "node:test";
import { Cell, Line, Onset, Parallel, Pareto, Points } from "../../schema/api.ts";
import { indicesOf } from "../../schema/grid.ts";
import { axesOf } from "../../schema/study.ts";
import { onBothStores } from "../support/api-bench.ts";
import { phaseAt, phaseOrder, storePhase } from "../support/phase-study.ts";

const order = phaseOrder({ name: "phase", lengthScales: 6, ridges: 4, counts: 7, replicates: 4, jobPoints: 28 });
const { sizes, points: total } = order.plan;
const axes = axesOf(order.spec);
/** replicate, length_scale, ridge, poison_count */
const all = Array.from({ length: total }, (_, point) => {
  const { status, metrics } = phaseAt(order, point);
  const [replicate = 0, scale = 0, ridge = 0, count = 0] = indicesOf(point, sizes);
  return { point, status, replicate, scale, ridge, count, of: (name: string) => metrics[name] ?? Number.NaN };
});
const valid = all.filter(({ status }) => status === 0);
const near = (actual: number | null | undefined, expected: number, what: string): void =>
  assert.ok(typeof actual === "number" && Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)), `${what}: ${actual} instead of ${expected}`);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return below === above ? below : below + (above - below) * (place % 1);
}

onBothStores((name, bench, skip) => {
  test(`${name}: a line has the mean and the 10 and 90 % quantiles over replicates`, { skip }, async () => {
    const { lines: [line] } = Line.parse(await bench().json("/api/studies/phase/lines?axis=poison_count&metrics=gamma,delta_f&over=replicate&at=length_scale:2,ridge:1"));
    for (let count = 0; count < 7; count++) {
      const values = valid.filter((one) => one.scale === 2 && one.ridge === 1 && one.count === count).map((one) => one.of("gamma"));
      near(line?.mean[count], mean(values), "mean");
      near(line?.low[count], quantile(values, 0.1), "low");
      near(line?.high[count], quantile(values, 0.9), "high");
      assert.equal(line?.count[count], 4);
    }
  });

  test(`${name}: a cell has every metric and the fate of its points`, { skip }, async () => {
    const cell = Cell.parse(await bench().json("/api/studies/phase/cell?x=length_scale&y=ridge&xi=5&yi=0&over=replicate,poison_count"));
    const own = all.filter((one) => one.scale === 5 && one.ridge === 0);
    const bad = own.filter(({ status }) => status !== 0).length;
    assert.ok(bad > 0);
    assert.deepEqual([cell.points, cell.missing, cell.statuses["not_positive_definite"]], [28, 0, bad]);
    const open = Cell.parse(await bench().json("/api/studies/phase/cell?x=length_scale&y=ridge&xi=1&yi=2&over=replicate&at=poison_count:3"));
    const values = valid.filter((one) => one.scale === 1 && one.ridge === 2 && one.count === 3).map((one) => one.of("delta_f"));
    near(open.metrics.find((metric) => metric.name === "delta_f")?.value, mean(values), "delta_f");
  });

  test(`${name}: a front is the set of pairs that no other pair beats`, { skip }, async () => {
    for (const [a, b] of [["attack_success_rate:min", "clean_accuracy:max"], ["gamma:max", "train_mse:min"], ["delta_f:max", "effective_dof:max"]] as const) {
      const { front, points } = Pareto.parse(await bench().json(`/api/studies/phase/pareto?a=${a}&b=${b}`));
      const goal = (text: string) => (one: (typeof valid)[number]): number => {
        const [metric = "", direction] = text.split(":");
        return one.of(metric) * (direction === "min" ? -1 : 1);
      };
      const [one, two] = [goal(a), goal(b)];
      const beaten = (p: (typeof valid)[number]): boolean => valid.some((q) =>
        one(q) >= one(p) && two(q) >= two(p) && (one(q) > one(p) || two(q) > two(p)));
      const expected = new Set(valid.filter((p) => !beaten(p)).map((p) => `${one(p)} ${two(p)}`));
      assert.equal(points, valid.length);
      const found = front.map(({ point }) => valid.find((p) => p.point === point)).map((p) => (p === undefined ? "none" : `${one(p)} ${two(p)}`));
      assert.deepEqual(new Set(found), expected);
      assert.equal(found.length, expected.size);
    }
  });

  test(`${name}: bands of parallel coordinates count each point once per pair of columns`, { skip }, async () => {
    const { points, bands } = Parallel.parse(await bench().json("/api/studies/phase/parallel?columns=length_scale,ridge,poison_count&colour=gamma&where=poison_count:2:4"));
    const kept = valid.filter(({ count }) => count >= 2 && count <= 4);
    assert.equal(points, kept.length);
    for (const band of bands) assert.equal(band.reduce((sum, [, , count]) => sum + count, 0), kept.length);
    const cell = bands[0]?.find(([from, to]) => from === 3 && to === 1);
    const own = kept.filter(({ scale, ridge }) => scale === 3 && ridge === 1).map((one) => one.of("gamma"));
    assert.equal(cell?.[2], own.length);
    near(cell?.[3], mean(own), "mean colour");
  });

  test(`${name}: an onset is the first value that reaches the threshold, by line, censored lines last`, { skip }, async () => {
    const { first } = Onset.parse(await bench().json("/api/studies/phase/onset?along=poison_count&by=length_scale&metric=attack_success_rate&threshold=0.5"));
    const values = axes[3]?.values ?? [];
    for (let scale = 0; scale < 6; scale++) {
      const onsets: number[] = [];
      for (let replicate = 0; replicate < 4; replicate++) for (let ridge = 0; ridge < 4; ridge++) {
        const line = all.filter((one) => one.scale === scale && one.replicate === replicate && one.ridge === ridge);
        if (line.some(({ status }) => status !== 0)) continue;
        const index = line.findIndex((one) => one.of("attack_success_rate") >= 0.5);
        onsets.push(index < 0 ? Number.POSITIVE_INFINITY : (values[index] ?? Number.NaN));
      }
      const median = quantile(onsets, 0.5);
      assert.equal(first.median[scale], Number.isFinite(median) ? median : null, `scale ${scale}`);
      assert.equal(first.lines[scale], onsets.length);
      assert.equal(first.censored[scale], onsets.filter((value) => value === Number.POSITIVE_INFINITY).length);
    }
  });

  test(`${name}: pages of points, sorted by a metric with NaN, are the whole table once`, { skip }, async () => {
    for (const [sort, direction] of [["gamma", "asc"], ["gamma", "desc"], ["point", "desc"]] as const) {
      const seen: number[] = [];
      let after: string | null = "";
      while (after !== null) {
        const page: Points = Points.parse(await bench().json(`/api/studies/phase/points?sort=${sort}&order=${direction}&limit=97${after === "" ? "" : `&after=${after}`}`));
        seen.push(...page.rows.map((row) => Number(row[0])));
        after = page.next;
      }
      assert.equal(seen.length, total);
      assert.equal(new Set(seen).size, total);
    }
    const filtered = Points.parse(await bench().json("/api/studies/phase/points?where=gamma:gt:0.5,poison_count:le:3&status=ok&limit=1000"));
    assert.equal(filtered.rows.length, valid.filter((one) => one.of("gamma") > 0.5 && one.count <= 3).length);
  });
}, async ({ store }) => storePhase(store, order));
