// Curvature is a function of the point and the plan: not of the box, nor of what else is asked.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResultBlock } from "../../../schema/column.ts";
import { pointsOfBox } from "../../../schema/grid.ts";
import { type KrrSpec, axesOf, StudySpec } from "../../../schema/study.ts";
import { openProvider } from "../../../worker/linalg/choose.ts";
import { measure, type Problem, randomPool } from "../problems.ts";

const { provider: linalg } = openProvider("auto");

function problemWith(curvature: Record<string, unknown> | undefined, attack = "clones"): Problem {
  const spec = StudySpec.parse({
    experiment: "krr", name: "curved", seed: 3,
    data: { source: "glyphs", train: 30, test: 60, standardise: "none" },
    attack: { kind: attack, trigger: { kind: "additive", vector: [0.7, -0.4] } },
    kernel: "matern52", fixed: { length_scale: 1.1 },
    ...(curvature === undefined ? {} : { curvature }),
    axes: { ridge: { log: [1e-4, 1], steps: 11 }, target: [0, 2], poison_count: [0, 1, 2, 5, 20] },
  });
  assert.ok(spec.experiment === "krr");
  return { spec, classes: 3, dimension: 6, pool: randomPool(6, 3) };
}

function rowAt(block: ResultBlock, row: number): Record<string, number> {
  return Object.fromEntries(Object.entries(block.metrics).map(([name, values]) => [name, values[row] ?? -1]));
}

const sizesOf = (spec: KrrSpec): number[] => axesOf(spec).map(({ values }) => values.length);

for (const attack of ["clones", "added"]) test(`a part of a box of ${attack} has the bits that the whole box has there`, () => {
  const problem = problemWith({ probes: 4, references: 39 }, attack);
  const sizes = sizesOf(problem.spec);
  const whole = measure(problem, "tridiagonal", linalg, { from: [0, 0, 0], to: sizes });
  const box = { from: [3, 1, 2], to: [10, 2, 4] };
  const part = measure(problem, "tridiagonal", linalg, box);
  assert.ok(Number.isFinite(part.metrics["hessian_top_clean_predicted"]?.[0]));
  [...pointsOfBox(box, sizes)].forEach((point, row) =>
    assert.deepEqual(rowAt(part, row), rowAt(whole, point)));
});

test("other metrics have the same bits with curvature and without", () => {
  const [withIt, without] = [problemWith({ probes: 4 }), problemWith(undefined)];
  const box = { from: [0, 0, 0], to: sizesOf(without.spec) };
  const more = measure(withIt, "tridiagonal", linalg, box);
  const less = measure(without, "tridiagonal", linalg, box);
  assert.deepEqual(more.status, less.status);
  assert.ok(Object.keys(more.metrics).length > Object.keys(less.metrics).length);
  for (const [name, values] of Object.entries(less.metrics)) assert.deepEqual(more.metrics[name], values, name);
});

test("labels that are not asked for are not a number, and change no other figure", () => {
  const [all, some, none] = [["true", "predicted"], ["predicted"], []].map((labels) => problemWith({ probes: 4, labels }));
  assert.ok(all !== undefined && some !== undefined && none !== undefined);
  const box = { from: [0, 0, 0], to: sizesOf(all.spec) };
  const [full, half, empty] = [all, some, none].map((one) => measure(one, "cholesky", linalg, box));
  assert.ok(full !== undefined && half !== undefined && empty !== undefined);
  for (const [name, values] of Object.entries(full.metrics)) {
    const isHessian = name.startsWith("hessian_");
    const isUnasked = isHessian && name.endsWith("_true");
    const near = (a: number, b: number): boolean => Object.is(a, b) || Math.abs(a - b) <= 1e-7 * Math.max(1e-3, Math.abs(b)) || /gap|overlap/.test(name);
    values.forEach((value, row) => {
      const got = half.metrics[name]?.[row] ?? -1;
      assert.ok(isUnasked ? Number.isNaN(got) : near(got, value), `${name}: ${got}, ${value}`);
      if (isHessian) assert.ok(Number.isNaN(empty.metrics[name]?.[row]));
    });
  }
});

test("a test set with too few rows of other classes is a resource failure that says so", () => {
  const problem = problemWith({ probes: 59 });
  assert.throws(() => measure(problem, "cholesky", linalg, { from: [0, 0, 0], to: [1, 1, 1] }),
    /59 probes asked, the 60 test rows of replicate 0 hold \d+ not of target 0/);
});
