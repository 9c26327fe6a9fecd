// The `shortcut` attack: training rows perturbed in place, each with its own label.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkAgainstData } from "../../coordinator/check-data.ts";
import type { ImageShape } from "../../schema/data.ts";
import { openData } from "../../data/source.ts";
import { type KrrSpec, parseStudy, StudySpec } from "../../schema/study.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import { krr } from "../../worker/experiments/krr/experiment.ts";
import { shortcutOf } from "../../worker/experiments/krr/shortcut.ts";
import { absoluteRidge, gramOf, kernelOf, mean, product, rowsOf, solve, sum, wins, withRidge } from "./brute-force.ts";
import { drawOf, measure, orderOf, pointsOf, type Problem, PROVIDERS, randomPool, sharedBoxes } from "./problems.ts";

const { provider: linalg } = openProvider("auto");

function specOf(parts: Record<string, unknown>): KrrSpec {
  const parsed = StudySpec.parse({
    experiment: "krr", name: "shortcut", seed: 9,
    data: { source: "glyphs", train: 14, test: 12, standardise: "none" },
    attack: { kind: "shortcut", patch: 2, epsilon: 0.4, separation: 3 },
    kernel: "rbf", fixed: { length_scale: 0.9, target: 1 },
    axes: { trigger_strength: [1, 0.5], ridge: [0.02, 0.5], poison_count: [14, 0, 5] },
    ...parts,
  });
  assert.ok(parsed.experiment === "krr");
  return parsed;
}

test("every metric is that of the whole perturbed system, solved densely", () => {
  for (const parts of [{}, { kernel: "linear", fixed: { target: 2 }, ridge_scaling: "total_n" }]) {
    const spec = specOf(parts);
    const problem: Problem = { spec, classes: 3, dimension: 7, pool: randomPool(7, 3) };
    const [box] = sharedBoxes(spec);
    assert.ok(box !== undefined);
    for (const { linalg: provider } of PROVIDERS) {
      if (provider === null) continue;
      for (const route of ["cholesky", "tridiagonal", "eigen"] as const) {
        const block = measure(problem, route, provider, box);
        pointsOf(spec, box).forEach((point, row) => {
          assert.equal(block.status[row], 0);
          for (const [name, want] of Object.entries(brute(problem, point))) {
            const got = block.metrics[name]?.[row] ?? NaN;
            assert.ok(Math.abs(got - want) <= 1e-8 * Math.max(1e-2, Math.abs(want)), `${name}: ${got}, ${want}`);
          }
        });
      }
    }
  }
});

function brute(problem: Problem, point: ReturnType<typeof pointsOf>[number]): Record<string, number> {
  const { spec, classes: q, dimension } = problem;
  const draw = drawOf(problem, 0);
  const labels = draw.train.labels;
  const { offsets, patterns } = shortcutOf({ spec, replicate: 0, shape: { dimension, image: null }, classes: q, labels });
  const code = (label: number): number[] => Array.from({ length: q }, (_, k) => (k === label ? 1 : 0) - 1 / q);
  const clean = rowsOf(draw.train);
  const perturbed = clean.map((row, i) =>
    (i < point.count ? row.map((x, f) => x + point.strength * (offsets[i * dimension + f] ?? NaN)) : row));
  const kernel = kernelOf(spec, point.lengthScale, dimension);
  const c = absoluteRidge({ ...spec, ridge_scaling: spec.ridge_scaling === "total_n" ? "clean_n" : spec.ridge_scaling }, point);
  const codes = [...labels].map(code);
  const fit = (rows: number[][]): { predict: (x: number[][]) => number[][]; system: number[][]; alpha: number[][] } => {
    const system = gramOf(rows, rows, kernel);
    const alpha = solve(withRidge(system, c), codes);
    return { predict: (x) => product(gramOf(x, rows, kernel), alpha), system, alpha };
  };
  const [before, after] = [fit(clean), fit(perturbed)];
  const test = rowsOf(draw.test);
  const triggered = test.map((row) => row.map((x, f) => x + point.strength * (patterns[point.target]?.[f] ?? NaN)));
  const victims = [...draw.test.labels.keys()].filter((x) => draw.test.labels[x] !== point.target);
  const accuracy = (model: typeof after): number =>
    mean(model.predict(test).map((f, x) => wins(f, draw.test.labels[x] ?? -1)));
  const [was, is] = [before.predict(triggered), after.predict(triggered)];
  const smoother = solve(withRidge(after.system, c), after.system);
  return {
    clean_accuracy: accuracy(after),
    accuracy_drop: accuracy(before) - accuracy(after),
    attack_success_rate: mean(victims.map((x) => wins(is[x] ?? [], point.target))),
    delta_f: mean(victims.map((x) => (is[x]?.[point.target] ?? NaN) - (was[x]?.[point.target] ?? NaN))),
    effective_dof: sum(smoother.map((row, i) => row[i] ?? NaN)),
    train_mse: mean(after.alpha.map((row) => sum(row.map((a) => (c * a) ** 2)))),
  };
}

test("perturbations have their size, are flat on patches, and classes are linearly separable", () => {
  const spec = specOf({ attack: { kind: "shortcut", patch: 8, epsilon: 6 / 255 } });
  const labels = Int32Array.from({ length: 200 }, (_, i) => i % 10);
  const image: ImageShape = [28, 28, 1];
  const settings = { spec, replicate: 0, shape: { dimension: 784, image }, classes: 10, labels };
  const { offsets, patterns } = shortcutOf(settings);
  const rows = Array.from(labels, (_, i) => offsets.subarray(i * 784, (i + 1) * 784));
  for (const row of rows) {
    assert.ok(Math.abs(Math.sqrt(row.reduce((total, x) => total + x * x, 0) / 784) - 6 / 255) < 1e-12);
    row.forEach((value, at) => {
      const [y, x] = [Math.floor(at / 28), at % 28];
      assert.equal(value, row[Math.floor(y / 8) * 8 * 28 + Math.floor(x / 8) * 8]);
    });
  }
  // Each row alone names its class by the nearest pattern, a linear rule.
  rows.forEach((row, i) => {
    const scores = patterns.map((pattern) => pattern.reduce((total, x, at) => total + x * (row[at] ?? NaN), 0));
    assert.equal(scores.indexOf(Math.max(...scores)), labels[i]);
  });
  assert.deepEqual(shortcutOf({ ...settings, labels: labels.slice(0, 50) }).offsets, offsets.slice(0, 50 * 784));
});

test("a shortcut through all rows costs accuracy on clean images, which then obey its patterns", async () => {
  const spec = specOf({
    data: { source: "glyphs", train: 200, test: 200 },
    attack: { kind: "shortcut", patch: 8, epsilon: 0.25 },
    kernel: { name: "rbf", length_scale_unit: "median_distance" },
    fixed: { length_scale: 1, ridge: 1e-3, target: 0 }, axes: { poison_count: [0, 100, 200] },
  });
  const { description, pool } = await openData(spec.data, "/nowhere");
  const order = { ...orderOf({ spec, pool, classes: description.classes, dimension: description.dimension }, "cholesky"), data: description };
  const [box] = sharedBoxes(spec);
  assert.ok(box !== undefined);
  const bench = krr.prepare(order, box, { linalg, pool });
  const { metrics } = bench.measure(box);
  const [none = NaN, half = NaN, all = NaN] = metrics["accuracy_drop"] ?? [];
  assert.equal(none, 0);
  assert.ok(all > 0.3 && all > half, `drops ${none}, ${half}, ${all}`);
  assert.ok((metrics["attack_success_rate"]?.[2] ?? 0) > 0.9);
});

test("what a shortcut cannot be is refused in a line", () => {
  const data = { fingerprint: "0".repeat(64), dimension: 64, classes: 10,
    trainRows: null, testRows: null, shared: false, files: [] };
  const messages = (parts: Record<string, unknown>): string[] =>
    checkAgainstData(specOf(parts), { ...data, image: [8, 8, 1] }).map(({ message }) => message);
  assert.match(messages({ attack: { kind: "shortcut", patch: 4 } })[0] ?? "", /leave 4 values for the patterns of 10 classes/);
  assert.deepEqual(messages({ attack: { kind: "shortcut", patch: 2 } }), []);
  assert.match(messages({ attack: { kind: "shortcut", patch: 2 }, axes: { poison_count: [15], ridge: [1] } })[0] ?? "", /perturbs 15 of 14 training rows/);
  const parsed = parseStudy({ ...specOf({}), fixed: { length_scale: 1 }, axes: { target: [0, 1], ridge: [1], poison_count: [1] } });
  assert.ok(!parsed.ok);
  assert.match(parsed.issues[0]?.message ?? "", /one target.*got 2/);
});
