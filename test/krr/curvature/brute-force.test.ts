// Every curvature column of random small studies against dense matrices of exact derivatives.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { ResultBlock } from "../../../schema/column.ts";
import { KERNELS, RADIAL_KERNELS, type RidgeScaling } from "../../../schema/experiments/krr.ts";
import { PROBE_LABELS, PROBE_SETS } from "../../../schema/experiments/krr-curvature.ts";
import { Route } from "../../../schema/plan.ts";
import { StudySpec } from "../../../schema/study.ts";
import { drawOf, measure, pointsOf, type Problem, PROVIDERS, randomPool, sharedBoxes } from "../problems.ts";
import { type BruteCurvature, bruteCurvature, type Eigen } from "./brute-curvature.ts";

const seed = 20260207;

interface Setup {
  readonly kernel: (typeof KERNELS)[number];
  readonly scaling: RidgeScaling;
  readonly attack: "clones" | "added";
}

const problems = ({ kernel, scaling, attack }: Setup): fc.Arbitrary<Problem> => fc
  .record({
    seed: fc.integer({ min: 0, max: 1_000_000 }),
    train: fc.integer({ min: 10, max: 20 }),
    dimension: fc.integer({ min: 2, max: 9 }),
    classes: fc.integer({ min: 2, max: 4 }),
    probes: fc.integer({ min: 1, max: 3 }),
    counts: fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 0, maxLength: 4 }),
    ridges: fc.uniqueArray(fc.integer({ min: 2, max: 200 }), { minLength: 1, maxLength: 3 }),
  })
  .map(({ seed, train, dimension, classes, probes, counts, ridges }) => {
    const isRadial = (RADIAL_KERNELS as readonly string[]).includes(kernel);
    const spec = StudySpec.parse({
      experiment: "krr", name: "curved", seed,
      data: { source: "glyphs", train, test: 24, standardise: "none" },
      attack: { kind: attack, trigger: { kind: "additive", vector: [0.7, -0.4] } },
      kernel, ridge_scaling: scaling, curvature: { probes, bottom: true },
      ...(isRadial ? { fixed: { length_scale: 0.9 } } : {}),
      axes: { ridge: ridges.map((one) => one / 100), target: [1, 0], poison_count: [3, 0, ...counts.filter((m) => m !== 3)] },
    });
    if (spec.experiment !== "krr") throw new Error("not krr");
    return { spec, classes, dimension, pool: randomPool(dimension, classes) };
  });

interface Column {
  at(name: string): number;
}

function close(name: string, got: number, want: number, floor: number, share = 1e-8): void {
  const error = Math.abs(got - want) / Math.max(Math.abs(want), floor);
  assert.ok(error <= share, `${name}: got ${got}, wanted ${want}, off by ${error}`);
}

const gapOf = (values: Float64Array): number => {
  const [first, second] = [values.at(-1) ?? NaN, values.at(-2) ?? NaN];
  return (first - second) / Math.abs(first);
};

function cosine(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] ?? NaN), 0) ** 2;
}

/** Eigenvalues and trace always; what depends on eigenvectors where they are told apart. */
function compare(row: Column, stem: string, eigen: Eigen, direction: readonly number[], at: (name: string) => string): void {
  const { values, vectors } = eigen;
  const size = Math.max(Math.abs(values[0] ?? 0), Math.abs(values.at(-1) ?? 0), 1e-6);
  close(`${stem} top`, row.at(at("top")), values.at(-1) ?? NaN, size);
  if (Math.abs(values.at(-1) ?? 0) < 1e-6 * size) return;
  const gap = gapOf(values);
  const second = gap * Math.abs(values.at(-1) ?? NaN) / size;
  close(`${stem} gap`, row.at(at("gap")), gap, 1, 3e-3 / Math.min(1, Math.abs(values.at(-1) ?? NaN) / size));
  if (second < 1e-3) return;
  close(`${stem} overlap`, row.at(at("overlap")), cosine(vectors.at(-1) ?? [], direction), 1, 1e-4);
}

function examine(problem: Problem, box: ReturnType<typeof sharedBoxes>[number]): number {
  const blocks = PROVIDERS.flatMap(({ linalg }) =>
    (linalg === null ? [] : Route.options.map((route) => measure(problem, route, linalg, box))));
  let checked = 0;
  pointsOf(problem.spec, box).forEach((point, index) => {
    const want = bruteCurvature(problem.spec, drawOf(problem, point.replicate), point);
    for (const block of blocks) {
      if (block.status[index] !== 0) continue;
      comparePoint(block, index, want, { attack: problem.spec.attack.kind, where: JSON.stringify(point) });
      checked++;
    }
  });
  return checked;
}

function comparePoint(block: ResultBlock, index: number, want: BruteCurvature, { attack, where }: { attack: string; where: string }): void {
  const row = { at: (name: string): number => block.metrics[name]?.[index] ?? Number.NaN };
  for (const set of PROBE_SETS) {
    const seen = want.sets[set];
    compare(row, `gn ${set} ${where}`, seen.gauss, want.direction, (name) => `gn_${name}_${set}`);
    for (const label of PROBE_LABELS) {
      const { values } = seen.hessian[label];
      const stem = `hessian ${set} ${label} ${where}`;
      const name = (part: string): string => `hessian_${part}_${set}_${label}`;
      compare(row, stem, seen.hessian[label], want.direction, name);
      const size = Math.max(Math.abs(values[0] ?? 0), Math.abs(values.at(-1) ?? 0), 1e-6);
      close(`${stem} bottom`, row.at(name("bottom")), values[0] ?? NaN, size);
      close(`${stem} trace`, row.at(name("trace")), values.reduce((sum, value) => sum + value, 0), size * values.length);
    }
  }
  close("spike", row.at("gn_spike"), want.spike, 1e-3, 1e-7);
  // The law is of one poison; beside several there is none.
  if (attack === "clones") close("law", row.at("gn_spike_law"), want.law, 1e-6);
  else assert.ok(Number.isNaN(row.at("gn_spike_law")));
}

/** Every kernel; the ridge's scaling decides how lines are cut, whatever the kernel. */
const SETUPS: readonly Setup[] = [
  ...KERNELS.map((kernel) => ({ kernel, scaling: "clean_n" as const, attack: "clones" as const })),
  { kernel: "rbf", scaling: "total_n", attack: "clones" },
  { kernel: "polynomial", scaling: "absolute", attack: "clones" },
  { kernel: "rbf", scaling: "clean_n", attack: "added" },
  { kernel: "laplace", scaling: "total_n", attack: "added" },
  { kernel: "polynomial", scaling: "absolute", attack: "added" },
];

for (const setup of SETUPS) {
  test(`curvature of ${setup.kernel}, ${setup.attack}, ${setup.scaling}, is that of dense exact derivatives`, () => {
    let checked = 0;
    fc.assert(fc.property(problems(setup), (problem) => {
      for (const box of sharedBoxes(problem.spec)) checked += examine(problem, box);
    }), { seed, numRuns: 3 });
    assert.ok(checked > 0);
  });
}
