// What comes by chance: the overlap's null distribution, and its quantiles.
import assert from "node:assert/strict";
import { test } from "node:test";
import { betaQuantile, incompleteBeta, overlapThreshold } from "../../../worker/experiments/krr/curvature/beta.ts";
import { extremePairs } from "../../../worker/experiments/krr/curvature/small-eigen.ts";
import { openProvider } from "../../../worker/linalg/choose.ts";
import { matrix } from "../../../worker/linalg/matrix.ts";
import { mulberry } from "../problems.ts";

/** ∫ of the density by Simpson's rule in t = √x, which takes the pole at 0 away; a = 1/2. */
function byQuadrature(x: number, b: number): number {
  const density = (t: number): number => 2 * (1 - t * t) ** (b - 1);
  const integral = (to: number): number => {
    const steps = 20_000;
    let sum = density(0) + density(to);
    for (let i = 1; i < steps; i++) sum += density((to * i) / steps) * (i % 2 === 1 ? 4 : 2);
    return (sum * to) / (3 * steps);
  };
  return integral(Math.sqrt(x)) / integral(1);
}

test("the incomplete beta function is the integral of its density", () => {
  for (const b of [4, 7.5, 31.5, 391.5]) {
    for (const x of [1e-4, 0.01, 0.1, 0.5, 0.9]) {
      const [got, want] = [incompleteBeta(x, 0.5, b), byQuadrature(x, b)];
      assert.ok(Math.abs(got - want) < 1e-9, `I(${x}; 1/2, ${b}) is ${got}, not ${want}`);
    }
  }
});

test("quantiles invert the distribution and are those that the science file gives", () => {
  for (const share of [0.1, 0.5, 0.999]) {
    assert.ok(Math.abs(incompleteBeta(betaQuantile(share, 0.5, 20), 0.5, 20) - share) < 1e-10);
  }
  for (const [d, want] of [[64, 0.159], [784, 0.0137], [3072, 0.0035]] as const) {
    assert.ok(Math.abs(overlapThreshold(d) / want - 1) < 0.02, `d ${d}: ${overlapThreshold(d)}`);
  }
});

test("one random direction in a thousand is above the threshold", () => {
  const random = mulberry(77);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const [d, trials] = [10, 40_000];
  let above = 0;
  for (let trial = 0; trial < trials; trial++) {
    const squares = Array.from({ length: d }, () => normal() ** 2);
    if ((squares[0] ?? 0) / squares.reduce((sum, one) => sum + one, 0) > overlapThreshold(d)) above++;
  }
  // Binomial(40000, .001): mean 40, standard deviation 6.3.
  assert.ok(above > 12 && above < 75, `${above} of ${trials}`);
});

test("extreme pairs of small matrices are those of the dense solver, clusters included", () => {
  const { provider } = openProvider("portable");
  const random = mulberry(3);
  for (const k of [1, 2, 3, 7, 20, 61]) {
    for (const spread of [1, 1e-13]) {
      const a = matrix(k, k);
      for (let j = 0; j < k; j++) {
        for (let i = j; i < k; i++) {
          const value = (i === j ? 1 : 0) + spread * (random() - 0.5);
          a.data[i + j * k] = value;
          a.data[j + i * k] = value;
        }
      }
      const dense = provider.symmetricEigen(matrix(k, k, a.data.slice()));
      const { top, bottom, vectors } = extremePairs(matrix(k, k, a.data.slice()), { top: 3, bottom: 1 }, provider);
      top.forEach((value, i) => assert.ok(Math.abs(value - (dense.values[k - 1 - i] ?? NaN)) < 1e-12 * k));
      assert.ok(Math.abs((bottom[0] ?? NaN) - (dense.values[0] ?? NaN)) < 1e-12 * k);
      top.forEach((value, at) => {
        const v = vectors.data.subarray(at * k, (at + 1) * k);
        for (let i = 0; i < k; i++) {
          const product = v.reduce((sum, x, j) => sum + x * (a.data[i + j * k] ?? NaN), 0);
          assert.ok(Math.abs(product - value * (v[i] ?? NaN)) < 1e-11 * k);
        }
      });
    }
  }
});
