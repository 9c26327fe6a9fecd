// The detectors where the answer is known: on models without a poison, whose figures are exactly
// exchangeable or isotropic, and on models with a poison that nobody can miss.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DataPool, Labelled } from "../../../data/draw.ts";
import { StudySpec } from "../../../schema/study.ts";
import { incompleteBeta } from "../../../worker/experiments/krr/curvature/beta.ts";
import { openProvider } from "../../../worker/linalg/choose.ts";
import { measure, mulberry, type Problem, sharedBoxes } from "../problems.ts";

const { provider: linalg } = openProvider("auto");
const DIMENSION = 12;
const REPLICATES = 240;
const PROBES = 10;

/** Labels by chance and features that know nothing of them: no direction is special. */
const noise: DataPool = {
  draw(size, seed) {
    const rows = (count: number, stream: number): Labelled => {
      const random = mulberry(seed * 7 + stream);
      const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      return { rows: count, dimension: DIMENSION,
        labels: Int32Array.from({ length: count }, () => Math.floor(3 * random())),
        features: Float64Array.from({ length: count * DIMENSION }, normal) };
    };
    return { train: rows(size.train, 1), test: rows(size.test, 2), bases: rows(size.bases, 3), classes: 3, image: null };
  },
};

const POISONS = 400;

function columnsOf(vector: readonly number[], kernel: string, ridge: number): (name: string, count: number) => number[] {
  const counts = [0, POISONS];
  const spec = StudySpec.parse({
    experiment: "krr", name: "detected", seed: 8,
    data: { source: "glyphs", train: 40, test: 90, standardise: "none" },
    attack: { kind: "clones", trigger: { kind: "additive", vector } },
    kernel, fixed: { ...(kernel === "linear" ? {} : { length_scale: 4 }), ridge, target: 0 },
    curvature: { probes: PROBES, references: 59 },
    axes: { replicate: { linear: [0, REPLICATES - 1], steps: REPLICATES }, poison_count: counts },
  });
  assert.ok(spec.experiment === "krr");
  const problem: Problem = { spec, classes: 3, dimension: DIMENSION, pool: noise };
  const blocks = sharedBoxes(spec).map((box) => measure(problem, "cholesky", linalg, box));
  return (name, count) => blocks.map(({ metrics }) => metrics[name]?.[counts.indexOf(count)] ?? NaN);
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const deviation = (values: readonly number[]): number =>
  Math.sqrt(mean(values.map((x) => (x - mean(values)) ** 2)));
const share = <Item>(values: readonly Item[], is: (value: Item) => boolean): number =>
  values.filter(is).length / values.length;

const faint = columnsOf([0.6, -0.8], "rbf", 0.03);
const loud = columnsOf([0, 12], "linear", 30);
const far = columnsOf([0, 9], "rbf", 1);

test("without a poison the overlap has its null distribution, by Kolmogorov and Smirnov", () => {
  const overlaps = faint("gn_overlap_clean", 0).toSorted((a, b) => a - b);
  const distance = Math.max(...overlaps.map((value, i) =>
    Math.max(...[i, i + 1].map((rank) => Math.abs(rank / REPLICATES - incompleteBeta(value, 0.5, (DIMENSION - 1) / 2))))));
  // 1.63 / √N: exceeded by one true sample in a hundred.
  assert.ok(distance < 1.63 / Math.sqrt(REPLICATES), `distance ${distance}`);
  // Other kernels' top eigenvectors are as isotropic; and one random direction in a thousand is above.
  const [threshold = NaN] = faint("overlap_threshold", 0);
  assert.ok(share(overlaps, (value) => value > threshold) <= 3 / REPLICATES);
});

test("on clean models the conformal tests flag at most 5 % of clean probes", () => {
  for (const name of ["conformal_gn_false", "conformal_trace_false"]) {
    const values = faint(name, 0);
    const error = deviation(values) / Math.sqrt(REPLICATES);
    assert.ok(mean(values) <= 0.05 + 3 * error, `${name}: ${mean(values)} ± ${error}`);
    // Not by never firing: exchangeable p-values reach .05, and .0333 where two-sided.
    assert.ok(mean(values) >= (name === "conformal_gn_false" ? 0.05 : 0.0333) - 3 * error, `${name}: ${mean(values)}`);
  }
});

test("among clean models the top-eigenvalue detector fires on exactly its share of ranks", () => {
  const tops = faint("gn_top_clean", 0);
  const fires = tops.filter((top) => (1 + tops.filter((other) => other > top).length) / REPLICATES <= 0.05);
  assert.equal(fires.length, Math.floor(0.05 * REPLICATES));
});

test("a poison that nobody can miss is found by each detector made for it", () => {
  // Binomial with .9: fewer than 200 of 240 less than once in a thousand.
  const enough = 200 / REPLICATES;
  const [threshold = NaN] = loud("overlap_threshold", 0);
  const [before, after] = [loud("gn_overlap_clean", 0), loud("gn_overlap_clean", POISONS)];
  const rises = after.map((value, i) => value > threshold && value - (before[i] ?? NaN) > threshold);
  assert.ok(share(rises, (does) => does) >= enough, `overlap: ${share(rises, (does) => does)}`);
  const refits = loud("gn_top_clean", 0);
  const tops = share(loud("gn_top_clean", POISONS), (top) => (1 + share(refits, (one) => one >= top) * REPLICATES) / (REPLICATES + 1) <= 0.05);
  assert.ok(tops >= enough, `top: ${tops}`);
  // Under a strong ridge clean rows bend little, and the heavy clones bend what looks like them.
  assert.ok(mean(far("attack_success_rate", POISONS)) > 0.95);
  const trace = share(far("conformal_trace_power", POISONS), (power) => power >= 0.5);
  assert.ok(trace >= enough, `trace: ${trace}`);
  const flagged = far("conformal_trace_false", POISONS);
  assert.ok(mean(flagged) <= 0.05 + (3 * deviation(flagged)) / Math.sqrt(REPLICATES));
});
