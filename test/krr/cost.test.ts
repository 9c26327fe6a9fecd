// What a study is said to cost against what its run asks of the linear algebra provider.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chooseRoute,
  jobMemoryBytes,
  krrShape,
  naiveFlops,
  studyFlops,
} from "../../schema/experiments/krr-cost.ts";
import { Route } from "../../schema/plan.ts";
import { type KrrSpec, StudySpec } from "../../schema/study.ts";
import { krr } from "../../worker/experiments/krr/experiment.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import type { LinalgProvider } from "../../worker/linalg/provider.ts";
import { orderOf, type Problem, randomPool, sharedBoxes } from "./problems.ts";

const { provider } = openProvider("portable");

function spec(parts: Record<string, unknown>): KrrSpec {
  const parsed = StudySpec.parse({
    experiment: "krr",
    name: "cost",
    data: { source: "glyphs", train: 120, test: 40 },
    attack: { kind: "clones", trigger: { kind: "additive", vector: [1] } },
    kernel: "rbf",
    axes: {
      replicate: [0, 1],
      length_scale: [0.5, 1],
      ridge: { log: [1e-3, 1], steps: 12 },
      poison_count: [0, 3, 10],
    },
    ...parts,
  });
  assert.ok(parsed.experiment === "krr");
  return parsed;
}

const large = { classes: 10, dimension: 784, pool: randomPool(784, 10) };

/** The provider, counting the flops that its port's documentation gives for each verb. */
function counting(): { linalg: LinalgProvider; flops: () => number } {
  let flops = 0;
  const linalg: LinalgProvider = {
    ...provider,
    gemm(options) {
      const { a, c, transposeA = false } = options;
      flops += 2 * c.rows * c.cols * (transposeA ? a.rows : a.cols);
      provider.gemm(options);
    },
    gram(a) {
      flops += a.rows * a.cols ** 2;
      return provider.gram(a);
    },
    cholesky(a) {
      flops += a.rows ** 3 / 3;
      provider.cholesky(a);
    },
    solveLower(l, b, transpose) {
      flops += l.rows ** 2 * b.cols;
      provider.solveLower(l, b, transpose);
    },
    solveBatch(systems) {
      for (const { a, b } of systems) flops += a.rows ** 3 / 3 + 2 * a.rows ** 2 * b.cols;
      provider.solveBatch(systems);
    },
    // In float32, which counts as half.
    choleskySingle(a, shift) {
      const n = a.rows;
      flops += n ** 3 / 6;
      const factor = provider.choleskySingle(a, shift);
      return factor === null ? null : {
        ...factor,
        solve(b) {
          flops += n ** 2 * b.cols;
          factor.solve(b);
        },
        sums() {
          flops += n ** 3 / 4;
          return factor.sums();
        },
      };
    },
    tridiagonalise(a) {
      flops += (4 / 3) * a.rows ** 3;
      return provider.tridiagonalise(a);
    },
    applyReflectors(t, b, transpose) {
      flops += 2 * b.rows ** 2 * b.cols;
      provider.applyReflectors(t, b, transpose);
    },
    symmetricEigen(a) {
      flops += 9 * a.rows ** 3;
      return provider.symmetricEigen(a);
    },
  };
  return { linalg, flops: () => flops };
}

for (const route of Route.options) {
  for (const kind of ["clones", "added", "replace"] as const) {
    test(`the flops said of a study are those it asks for, to a fifth: ${route}, ${kind}`, () => {
      const study = spec({ attack: { kind, trigger: { kind: "additive", vector: [1] } } });
      const problem: Problem = { spec: study, classes: 3, dimension: 30, pool: randomPool(30, 3) };
      const order = orderOf(problem, route);
      assert.ok(order.data !== null);
      const { linalg, flops } = counting();
      for (const box of sharedBoxes(study)) {
        krr.prepare(order, box, { linalg, pool: problem.pool }).measure(box);
      }
      const said = studyFlops(krrShape(study, order.data, order.plan));
      assert.ok(Math.abs(said / flops() - 1) < 0.2, `said ${said}, asked ${flops()}`);
    });
  }
}

test("the flops said of a study in mixed precision are those it asks for, to a third", () => {
  const study = spec({ precision: "mixed", axes: { ridge: [0.01, 0.1], poison_count: [0, 3] }, fixed: { length_scale: 1 } });
  const problem: Problem = { spec: study, classes: 3, dimension: 30, pool: randomPool(30, 3) };
  const order = orderOf(problem, "cholesky");
  assert.ok(order.data !== null);
  const { linalg, flops } = counting();
  for (const box of sharedBoxes(study)) krr.prepare(order, box, { linalg, pool: problem.pool }).measure(box);
  const said = studyFlops(krrShape(study, order.data, order.plan));
  assert.ok(Math.abs(said / flops() - 1) < 1 / 3, `said ${said}, asked ${flops()}`);
});

test("the flops said of a penalised study are those it asks for, to a fifth", () => {
  for (const kernel of ["rbf", "matern32"]) {
    const axes = { ridge: [0.01, 0.1], poison_count: [0, 3], gradient_penalty: [0, 1, 2] };
    const study = spec({ kernel, axes, fixed: { length_scale: 1 } });
    const problem: Problem = { spec: study, classes: 3, dimension: 30, pool: randomPool(30, 3) };
    const order = orderOf(problem, "eigen");
    assert.ok(order.data !== null);
    const { linalg, flops } = counting();
    for (const box of sharedBoxes(study)) {
      krr.prepare(order, box, { linalg, pool: problem.pool }).measure(box);
    }
    const said = studyFlops(krrShape(study, order.data, order.plan));
    assert.ok(Math.abs(said / flops() - 1) < 0.2, `said ${said}, asked ${flops()}`);
  }
});

test("the flops said of a study with curvature are those it asks for, to a factor of two", () => {
  const axes = { length_scale: [6], ridge: { log: [1e-3, 1], steps: 4 }, poison_count: { linear: [0, 39], steps: 14 } };
  for (const curvature of [{ probes: 12, labels: [] }, { probes: 12, labels: ["true"] }, { probes: 8, references: 39 }]) {
    const study = spec({ axes, curvature, data: { source: "glyphs", train: 300, test: 80 } });
    const problem: Problem = { spec: study, classes: 5, dimension: 150, pool: randomPool(150, 5) };
    const order = orderOf(problem, "tridiagonal");
    assert.ok(order.data !== null);
    const { linalg, flops } = counting();
    for (const box of sharedBoxes(study)) {
      krr.prepare(order, box, { linalg, pool: problem.pool }).measure(box);
    }
    const said = studyFlops(krrShape(study, order.data, order.plan));
    assert.ok(said / flops() > 0.5 && said / flops() < 2, `said ${said}, asked ${flops()}`);
  }
});

test("the flops said of a screened study are those it asks for, to a factor of two", () => {
  const axes = { length_scale: [6], ridge: [0.01, 0.1], poison_count: [0, 10, 20] };
  const screenings = [{ detectors: ["spectral", "scan"] }, { detectors: ["spectre"] },
    { detectors: ["strip"], probes: 10, blends: 10 }, { detectors: [], partitions: 4 }];
  for (const screening of screenings) {
    const study = spec({ axes, screening, data: { source: "glyphs", train: 200, test: 80 } });
    const problem: Problem = { spec: study, classes: 3, dimension: 60, pool: randomPool(60, 3) };
    const order = orderOf(problem, "tridiagonal");
    assert.ok(order.data !== null);
    const { linalg, flops } = counting();
    for (const box of sharedBoxes(study)) {
      krr.prepare(order, box, { linalg, pool: problem.pool }).measure(box);
    }
    const said = studyFlops(krrShape(study, order.data, order.plan));
    assert.ok(said / flops() > 0.5 && said / flops() < 2, `${JSON.stringify(screening)}: said ${said}, asked ${flops()}`);
  }
});

test("one ridge takes a Cholesky factor, many a tridiagonal form", () => {
  assert.equal(chooseRoute(1), "cholesky");
  assert.equal(chooseRoute(2), "tridiagonal");
  assert.equal(chooseRoute(3, "added"), "cholesky");
  assert.equal(chooseRoute(4, "added"), "tridiagonal");
});

test("memory grows with the kernel matrix, and not with the grid", () => {
  const bytes = (parts: Record<string, unknown>, train: number): number => {
    const study = spec({ ...parts, data: { source: "glyphs", train, test: 1000 } });
    const order = orderOf({ ...large, spec: study }, "tridiagonal");
    assert.ok(order.data !== null);
    return jobMemoryBytes(krrShape(study, order.data, order.plan));
  };
  const axes = (steps: number): Record<string, unknown> => ({ axes: { length_scale: [1],
    ridge: { log: [1e-6, 1], steps }, poison_count: { linear: [0, steps - 1], steps } } });
  assert.equal(bytes(axes(200), 2000), bytes(axes(2000), 2000));
  // Four times the entries in each matrix of n × n, which are most of it.
  const ratio = bytes(axes(200), 20_000) / bytes(axes(200), 10_000);
  assert.ok(ratio > 3.2 && ratio < 4, `ratio ${ratio}`);
});

test("the closed form saves three orders of magnitude on a million points", () => {
  const study = spec({
    data: { source: "glyphs", train: 2000, test: 1000 },
    axes: { length_scale: { log: [1, 30], steps: 100 }, ridge: { log: [1e-8, 1], steps: 100 },
      poison_count: { linear: [0, 99], steps: 100 } },
  });
  const order = orderOf({ ...large, spec: study }, "tridiagonal");
  assert.ok(order.data !== null);
  const shape = krrShape(study, order.data, order.plan);
  assert.equal(shape.points, 1_000_000);
  assert.ok(naiveFlops(shape) / studyFlops(shape) > 1000);
});
