// Detection, onset and lag views against their definitions, on made-up rows of 24 replicates.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openTestStore } from "../support/database.ts";
import { columnsOf } from "../../schema/experiments/registry.ts";
import { StudySpec } from "../../schema/study.ts";
import { mulberry } from "../krr/problems.ts";

const store = await openTestStore();
after(() => store.close());

const REPLICATES = 24;
const COUNTS = [0, 1, 2, 5, 10];
const THRESHOLD = 0.1;

interface Row {
  readonly replicate: number;
  readonly count: number;
  readonly success: number;
  readonly top: number;
  readonly overlap: number;
  readonly trace: number;
}

const random = mulberry(5);
const rows: Row[] = Array.from({ length: REPLICATES }, (_, replicate) => {
  const pace = random();
  return COUNTS.map((count) => ({
    replicate, count,
    success: Math.min(1, count * pace * 0.3),
    top: 1 + 0.2 * random() + (count * random()) / 20,
    overlap: 0.12 * random() + (count * pace) / 20,
    trace: count * random() * 0.2,
  }));
}).flat();

await store.sql(
  `insert into study (key, name, experiment, experiment_version, identity, spec, plan, folder, points, jobs)
   values ('st_' || repeat('0', 16), 'seen', 'krr', 1, repeat('0', 64), '{}', '{}', '.', ${rows.length}, 1)`,
  { write: true },
);
const spec = StudySpec.parse({ experiment: "krr", name: "seen", kernel: "linear", curvature: {},
  data: { source: "glyphs", train: 5, test: 50 }, axes: { poison_count: COUNTS },
  attack: { kind: "clones", trigger: { kind: "cross" } } });
const names = columnsOf(spec).map(({ name }) => name);
const values = rows.map((row, index) => {
  const own: Record<string, number | string> = { replicate: row.replicate, poison_count: row.count,
    attack_success_rate: row.success, gn_top_clean: row.top, gn_overlap_clean: row.overlap,
    overlap_threshold: THRESHOLD, conformal_trace_power: row.trace, length_scale: "'NaN'",
    conformal_gn_power: "'NaN'", conformal_gn_false: "'NaN'", conformal_trace_false: 0.04 };
  return `(${[1, index, 0, "'ok'", ...names.map((name) => own[name] ?? 0)].join(", ")})`;
});
await store.sql(`insert into krr_result (study, point, job, status, ${names.join(", ")})
  values ${values.join(", ")}`, { write: true });

const zeroOf = (row: Row): Row => {
  const zero = rows.find(({ replicate, count }) => replicate === row.replicate && count === 0);
  assert.ok(zero !== undefined);
  return zero;
};
const topFires = (row: Row): boolean => {
  const refits = rows.filter(({ replicate, count }) => count === 0 && replicate !== row.replicate);
  return (1 + refits.filter(({ top }) => top >= row.top).length) / (refits.length + 1) <= 0.05;
};
const overlapFires = (row: Row): boolean =>
  row.overlap > THRESHOLD && row.overlap - zeroOf(row).overlap > THRESHOLD;
const FIRES = { overlap: overlapFires, top: topFires, trace: (row: Row): boolean => row.trace >= 0.5 };

test("each detector fires where its definition says, and says null where it lacks data", async () => {
  const found = await store.sql("select replicate, poison_count, overlap_fires, top_fires, trace_fires, spike_fires, refits from krr_detection");
  assert.equal(found.rows.length, rows.length);
  for (const [replicate, count, overlap, top, trace, spike, refits] of found.rows) {
    const row = rows.find((one) => one.replicate === replicate && one.count === count);
    assert.ok(row !== undefined);
    assert.deepEqual([overlap, top, trace, spike, refits],
      [overlapFires(row), topFires(row), FIRES.trace(row), null, REPLICATES - 1]);
  }
});

test("lags are differences of onsets, censored where a detector never fires", async () => {
  const found = await store.sql("select replicate, detector, success, is_censored, lag from krr_lag");
  const want = Array.from({ length: REPLICATES }, (_, replicate) => replicate).flatMap((replicate) =>
    [0.5, 0.9].flatMap((level) => Object.entries(FIRES).flatMap(([detector, fires]) => {
      const own = rows.filter((row) => row.replicate === replicate);
      const success = own.find((row) => row.success >= level)?.count;
      const detected = own.find((row) => row.count > 0 && fires(row))?.count;
      if (success === undefined) return [];
      return [[replicate, detector, level, detected === undefined, detected === undefined ? -Infinity : success - detected]];
    })));
  const sorted = (some: readonly (readonly unknown[])[]): string[] => some.map((one) => one.join(" ")).sort();
  assert.deepEqual(sorted(found.rows), sorted(want));
  assert.ok(want.some(([, , , isCensored]) => isCensored === true));
  const medians = await store.sql("select detector, success, replicates, censored, median_lag from krr_lag_median");
  for (const [detector, level, replicates, censored, median] of medians.rows) {
    const lags = want.filter((one) => one[1] === detector && one[2] === level).map((one) => Number(one[4])).sort((a, b) => a - b);
    assert.equal(replicates, lags.length);
    assert.equal(censored, lags.filter((value) => value === -Infinity).length);
    assert.equal(median, lags[Math.ceil(lags.length / 2) - 1]);
  }
  assert.ok(medians.rows.length > 3);
});

test("false alarms are counted on clean models alone", async () => {
  const { rows: [row] } = await store.sql("select replicates, overlap, top, spike, trace from krr_false_alarms");
  const zero = rows.filter(({ count }) => count === 0);
  const share = (fires: (row: Row) => boolean): number => zero.filter(fires).length / zero.length;
  assert.deepEqual(row?.slice(0, 1), [REPLICATES]);
  assert.ok(Math.abs(Number(row?.[1]) - share(({ overlap }) => overlap > THRESHOLD)) < 1e-12);
  assert.ok(Math.abs(Number(row?.[2]) - share(topFires)) < 1e-12);
  assert.equal(row?.[3], null);
  assert.ok(Math.abs(Number(row?.[4]) - 0.04) < 1e-12);
});
