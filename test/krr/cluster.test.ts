// The `cluster` attack: poisons spread around the first of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkAgainstData } from "../../coordinator/check-data.ts";
import { type KrrSpec, StudySpec } from "../../schema/study.ts";
import { clusterOffsets } from "../../worker/experiments/krr/cluster.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import { measure, type Problem, randomPool, sharedBoxes } from "./problems.ts";

const { provider: linalg } = openProvider("auto");

function spec(attack: Record<string, unknown>): KrrSpec {
  const parsed = StudySpec.parse({
    experiment: "krr", name: "cluster", seed: 6,
    data: { source: "glyphs", train: 40, test: 30, standardise: "none" },
    attack: { trigger: { kind: "additive", vector: [0.7, -0.4] }, ...attack },
    kernel: "rbf", fixed: { length_scale: 1, ridge: 1e-2 },
    axes: { target: [0, 2], poison_count: [0, 1, 2, 5, 12] },
  });
  assert.ok(parsed.experiment === "krr");
  return parsed;
}

function metricsOf(attack: Record<string, unknown>): Readonly<Record<string, Float64Array>> {
  const problem: Problem = { spec: spec(attack), classes: 3, dimension: 5, pool: randomPool(5, 3) };
  const [box] = sharedBoxes(problem.spec);
  assert.ok(box !== undefined);
  return measure(problem, "tridiagonal", linalg, box).metrics;
}

test("a cluster without spread is clones, and deviates from them by nothing", () => {
  const [cluster, clones] = [metricsOf({ kind: "cluster", spread: 0 }), metricsOf({ kind: "clones" })];
  for (const [name, values] of Object.entries(clones)) {
    values.forEach((want, i) => {
      const got = cluster[name]?.[i] ?? Number.NaN;
      assert.ok(Object.is(got, want) || Math.abs(got - want) < 1e-8 * Math.max(1, Math.abs(want)), `${name}: ${got}, ${want}`);
    });
  }
  for (const value of cluster["cluster_deviation"] ?? [1]) assert.ok(Math.abs(value) < 1e-12);
});

test("the wider the cluster, the further it is from clones", () => {
  const at = (spread: number): number => metricsOf({ kind: "cluster", spread, rank: 3 })["cluster_deviation"]?.[4] ?? NaN;
  const deviations = [0.01, 0.1, 0.4, 1.5].map(at);
  deviations.forEach((value, i) => assert.ok(value > (deviations[i - 1] ?? 0), deviations.join(" ")));
  // Once nothing of ζ is in the others, S is diagonal and ‖S − s 11ᵀ‖ about that of s 11ᵀ itself.
  assert.ok((deviations[0] ?? 1) < 0.02 && (deviations[3] ?? 0) > 0.5, deviations.join(" "));
});

test("offsets have the rank, the spread and the nesting that the study says", () => {
  const d = 20;
  const settings = { spec: spec({ kind: "cluster", spread: 0.3, rank: 2 }), replicate: 0, dimension: d };
  const rows = (most: number): number[][] => {
    const all = clusterOffsets({ ...settings, most });
    return Array.from({ length: most }, (_, j) => Array.from(all.subarray(j * d, (j + 1) * d)));
  };
  const many = rows(2000);
  assert.deepEqual(rows(7), many.slice(0, 7));
  assert.ok(many[0]?.every((value) => value === 0));
  const squares = many.slice(1).map((row) => row.reduce((sum, x) => sum + x * x, 0));
  const mean = squares.reduce((sum, x) => sum + x, 0) / squares.length;
  // |offset|² is spread² χ²(2)/2: its mean over 1999 rows is off by 2.2 % once.
  assert.ok(Math.abs(mean / 0.09 - 1) < 0.09, `mean square ${mean}`);
  const spectrum = linalg.symmetricEigen(linalg.gram({ rows: d, cols: 30, data: Float64Array.from(many.slice(1, 31).flat()) })).values;
  assert.ok((spectrum.at(-2) ?? 0) > 0.1 && Math.abs(spectrum.at(-3) ?? 1) < 1e-12);
});

test("more directions than features are refused", () => {
  const data = { fingerprint: "0".repeat(64), dimension: 5, classes: 3, image: null,
    trainRows: null, testRows: null, shared: false, files: [] };
  assert.deepEqual(checkAgainstData(spec({ kind: "cluster", spread: 1, rank: 5 }), data), []);
  assert.match(checkAgainstData(spec({ kind: "cluster", spread: 1, rank: 6 }), data)[0]?.message ?? "", /at most 5 directions/);
});
