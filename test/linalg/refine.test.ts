// Refinement by residuals computed here, and the condition estimate by an explicit inverse.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openProvider } from "../../worker/linalg/choose.ts";
import { copyOf, type Matrix, matrix } from "../../worker/linalg/matrix.ts";
import { conditionEstimate, refine, type RefinedSystem } from "../../worker/linalg/refine.ts";
import { absolute, entry, EPSILON, fill, gaussianKernel, random, randomDefinite, times, withSpectrum } from "../contract/linalg/matrices.ts";

const portable = openProvider("portable").provider;

/** ‖A‖∞. */
function normOf(a: Matrix): number {
  return Math.max(...times(absolute(a), fill(a.rows, 1, () => 1)).data);
}

function systemOf(a: Matrix): RefinedSystem {
  const factor = portable.choleskySingle(a, 0);
  assert.ok(factor !== null);
  return { order: a.rows, norm: normOf(a), multiply: (x) => times(a, x), solve: (b) => factor.solve(b) };
}

function kernelPlus(n: number, c: number): Matrix {
  const kernel = gaussianKernel(n, 6);
  for (let i = 0; i < n; i++) kernel.data[i * (n + 1)]! += c;
  return kernel;
}

test("refined solutions have float64's backward error up to a condition of 10⁶", () => {
  for (const [c, expected] of [[10, 3], [1e-1, 4], [1e-3, 6], [1e-5, 12]] as const) {
    const a = kernelPlus(120, c);
    const b = random(120, 4, 7);
    // As large and as small as a kernel's values become.
    for (let i = 0; i < 120; i++) {
      b.data[i] = b.data[i]! * 1e200;
      b.data[i + 120] = b.data[i + 120]! * 1e-200;
    }
    const refined = refine(systemOf(a), b);
    assert.ok(refined !== null, `c = ${c}`);
    assert.ok(refined.steps >= 1 && refined.steps <= expected, `c = ${c}: ${refined.steps} steps`);
    const product = times(a, refined.solution);
    for (let j = 0; j < 4; j++) {
      const largest = (x: Matrix): number => Math.max(...x.data.subarray(j * 120, (j + 1) * 120).map(Math.abs));
      const left = largest(fill(120, 4, (i, at) => entry(b, i, at) - entry(product, i, at)));
      assert.ok(left <= Math.sqrt(120) * EPSILON * (normOf(a) * largest(refined.solution) + largest(b)), `c = ${c}, column ${j}`);
      assert.equal(largest(refined.residual), left);
    }
  }
});

test("a column of zeros is solved by zeros, and no columns by none", () => {
  const system = systemOf(randomDefinite(9, 1));
  assert.deepEqual(refine(system, matrix(9, 2))?.solution, matrix(9, 2));
  assert.equal(refine(system, matrix(9, 0))?.solution.cols, 0);
});

test("what does not converge is refused", () => {
  const a = randomDefinite(30, 2);
  const b = random(30, 2, 3);
  const bad: Readonly<Record<string, (x: Matrix) => void>> = {
    "nothing is solved": (x) => void x.data.fill(0),
    "the wrong sign": (x) => x.data.forEach((value, i) => (x.data[i] = -value)),
    "not a number": (x) => void x.data.fill(NaN),
    infinite: (x) => void x.data.fill(Infinity),
  };
  for (const [name, solve] of Object.entries(bad)) {
    assert.equal(refine({ ...systemOf(a), solve }, b), null, name);
  }
});

test("the condition estimate is below the condition, and within a factor of three", () => {
  const graded = (condition: number): Matrix =>
    withSpectrum(Array.from({ length: 40 }, (_, i) => condition ** (-i / 39)), 5);
  for (const a of [graded(1), graded(1e2), graded(1e5), kernelPlus(60, 1e-3), randomDefinite(25, 6), fill(1, 1, () => 4)]) {
    const inverse = fill(a.rows, a.rows, (i, j) => (i === j ? 1 : 0));
    const l = copyOf(a);
    portable.cholesky(l);
    portable.solveLower(l, inverse);
    portable.solveLower(l, inverse, true);
    const condition = normOf(a) * normOf(inverse);
    const estimate = conditionEstimate(systemOf(a));
    // float32 solves: the estimate itself is off by 10⁻⁷ times the condition.
    const rounding = 1 + 1e-6 * condition;
    assert.ok(estimate <= condition * Math.min(2, rounding) && estimate >= condition / 3, `${estimate} for ${condition}`);
  }
});
