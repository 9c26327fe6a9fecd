// Limits in which kernel ridge regression under poisoning has a law of its own.
//
// 1. An isolated poison: the paper's interaction-free law (arXiv 2602.00822, Th. 3.3) is exact.
// 2. Isotropic Gaussian classes and the linear kernel: the success rate has a closed form as
//    n and d grow together. The law is usually stated with an unpenalised intercept; krr has none,
//    and without one the same derivation holds with second moments in place of covariances:
//      lt = [(λ + ratio − 1) + √((λ + ratio − 1)² + 4 λ)] / 2,   ratio = d / (n + m)
//      C = E x xᵀ, C_y = E x y in the plane of class mean and trigger;  b = (C + lt I)⁻¹ C_y
//      R = 1 − 2 b·C_y + bᵀ C b,  g = ratio / (1 + lt)²,  |β|² = |b|² + g R / (1 − g)
//      success = Φ(b·x_triggered / |β|),  accuracy = Φ(b·μ / |β|).
import assert from "node:assert/strict";
import { test } from "node:test";
import { openData } from "../../data/source.ts";
import type { ResultBlock } from "../../schema/column.ts";
import { type KrrSpec, StudySpec } from "../../schema/study.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import { measure, orderOf, type Problem, randomPool, sharedBoxes } from "./problems.ts";
import { krr } from "../../worker/experiments/krr/experiment.ts";

const { provider: linalg } = openProvider("auto");

function krrSpec(parts: Record<string, unknown>): KrrSpec {
  const spec = StudySpec.parse({ experiment: "krr", name: "laws", seed: 5, ...parts });
  assert.ok(spec.experiment === "krr");
  return spec;
}

test("for an isolated poison the interaction-free law is exact", () => {
  // The trigger moves the poison and the triggered rows far away from everything else.
  const spec = krrSpec({
    data: { source: "glyphs", train: 30, test: 12 },
    attack: { kind: "clones", trigger: { kind: "additive", vector: [0, 60] } },
    kernel: "rbf",
    fixed: { length_scale: 1 },
    axes: { ridge: [1e-4, 1e-2, 1], target: [0, 1, 2], poison_count: [0, 1, 2, 7, 100] },
  });
  const problem: Problem = { spec, classes: 3, dimension: 3, pool: randomPool(3, 3) };
  const [box] = sharedBoxes(spec);
  assert.ok(box !== undefined);
  const { metrics } = measure(problem, "tridiagonal", linalg, box);
  const column = (name: string): Float64Array => metrics[name] ?? new Float64Array(0);
  assert.equal(column("delta_f").length, 45);
  let largest = 0;
  column("delta_f").forEach((shift, row) => {
    const law = column("delta_f_law")[row]!;
    const error = Math.abs(shift - law);
    assert.ok(error <= 1e-12 * Math.abs(law), `row ${row}: ${shift} against ${law}`);
    assert.equal(column("posterior_variance")[row], 1);
    largest = Math.max(largest, Math.abs(law));
  });
  assert.ok(largest > 0.1, "the poison moved something");
});

/** The standard normal distribution function, by Simpson's rule. */
function normal(x: number): number {
  const steps = 2000;
  const density = (t: number): number => Math.exp(-t * t / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(x);
  for (let i = 1; i < steps; i++) sum += density((x * i) / steps) * (i % 2 === 1 ? 4 : 2);
  return 0.5 + (sum * x) / (3 * steps);
}

interface GaussianCase {
  readonly lambda: number;
  readonly ratio: number;
  readonly theta: number;
  readonly meanNorm: number;
  readonly triggerNorm: number;
}

function gaussianLaw(one: GaussianCase): { success: number; accuracy: number } {
  const { lambda, ratio, theta, meanNorm, triggerNorm } = one;
  const lt = (lambda + ratio - 1 + Math.sqrt((lambda + ratio - 1) ** 2 + 4 * lambda)) / 2;
  // Clean rows y μ + z have mean direction (1, 0); poisons (−1 in μ, 1 in v) have label +1.
  const clean = 1 - theta;
  const c11 = 1 + (clean + theta) * meanNorm ** 2;
  const c12 = -theta * meanNorm * triggerNorm;
  const c22 = 1 + theta * triggerNorm ** 2;
  const y1 = clean * meanNorm - theta * meanNorm;
  const y2 = theta * triggerNorm;
  const determinant = (c11 + lt) * (c22 + lt) - c12 * c12;
  const b1 = ((c22 + lt) * y1 - c12 * y2) / determinant;
  const b2 = ((c11 + lt) * y2 - c12 * y1) / determinant;
  const residual = 1 - 2 * (b1 * y1 + b2 * y2) + b1 * b1 * c11 + 2 * b1 * b2 * c12 + b2 * b2 * c22;
  const g = ratio / (1 + lt) ** 2;
  const norm = Math.sqrt(b1 * b1 + b2 * b2 + (g * residual) / (1 - g));
  return {
    success: normal((b2 * triggerNorm - b1 * meanNorm) / norm),
    accuracy: normal((b1 * meanNorm) / norm),
  };
}

test("the linear kernel on Gaussian classes follows their law to Monte-Carlo error", async () => {
  const clean = 380;
  const meanNorm = Math.SQRT2;
  for (const { dimension, triggerNorm, count } of [
    { dimension: 200, triggerNorm: 2, count: 20 },
    { dimension: 100, triggerNorm: 4, count: 20 },
    { dimension: 600, triggerNorm: 3, count: 60 },
  ]) {
    const replicates = 24;
    const ridges = [0.1, 1];
    const spec = krrSpec({
      data: { source: "gaussian", train: clean, test: 600, dimension, mean_norm: meanNorm },
      attack: { kind: "added", trigger: { kind: "additive", vector: [0, triggerNorm] } },
      kernel: "linear",
      ridge_scaling: "total_n",
      fixed: { target: 1, poison_count: count },
      axes: { replicate: Array.from({ length: replicates }, (_, index) => index), ridge: ridges },
    });
    const { description, pool } = await openData(spec.data, "/nowhere");
    const planned = orderOf({ spec, pool, classes: 2, dimension }, "cholesky");
    const order = { ...planned, data: description };
    const blocks: ResultBlock[] = sharedBoxes(spec).map((box) =>
      krr.prepare(order, box, { linalg, pool }).measure(box));
    for (const [index, lambda] of ridges.entries()) {
      const law = gaussianLaw({ lambda, ratio: dimension / (clean + count),
        theta: count / (clean + count), meanNorm, triggerNorm });
      const wanted = { attack_success_rate: law.success, clean_accuracy: law.accuracy };
      for (const [name, want] of Object.entries(wanted)) {
        const values = blocks.map((block) => block.metrics[name]?.[index] ?? Number.NaN);
        const mean = values.reduce((sum, value) => sum + value, 0) / replicates;
        const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        const variance = squares / (replicates - 1);
        // Four standard errors, and 1/n for what the law leaves out at finite n.
        const allowed = 4 * Math.sqrt(variance / replicates) + 1 / clean;
        const where = `${name}, d ${dimension}, ridge ${lambda}`;
        assert.ok(Math.abs(mean - want) <= allowed,
          `${where}: mean ${mean}, law ${want}, allowed ${allowed}`);
      }
    }
  }
});
