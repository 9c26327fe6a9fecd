// cholesky and solveLower by their residuals, within the backward error bounds of substitution.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ComputeError } from "../../../schema/failure.ts";
import { copyOf, type Matrix } from "../../../worker/linalg/matrix.ts";
import type { LinalgProvider } from "../../../worker/linalg/provider.ts";
import {
  absolute, entry, EPSILON, fill, gaussianKernel, isWithin, random, randomDefinite, times,
  transpose,
} from "./matrices.ts";
import { side } from "./products.ts";

const RUNS = { seed: 20_260_102, numRuns: 80 };

export function examineFactorisations(open: () => LinalgProvider): void {
  test("the Cholesky factor times its transpose is the matrix", () => {
    const provider = open();
    fc.assert(
      fc.property(side, fc.nat(), (n, seed) => {
        checkCholesky(provider, randomDefinite(n, seed));
      }),
      RUNS,
    );
  });

  test("a matrix across several blocks has a Cholesky factor", () => {
    checkCholesky(open(), randomDefinite(301, 5));
  });

  test("a badly conditioned kernel matrix has a Cholesky factor", () => {
    const kernel = gaussianKernel(150, 4);
    for (let i = 0; i < 150; i++) kernel.data[i * 151]! += 1e-12;
    checkCholesky(open(), kernel);
  });

  test("cholesky neither reads nor writes the strict upper triangle", () => {
    const a = randomDefinite(90, 8);
    const strange = fill(90, 90, (i, j) => (i < j ? NaN : entry(a, i, j)));
    open().cholesky(strange);
    const plain = copyOf(a);
    open().cholesky(plain);
    for (let j = 0; j < 90; j++) {
      for (let i = 0; i < j; i++) assert.ok(Number.isNaN(entry(strange, i, j)));
    }
    assert.deepEqual(lowerOf(strange).data, lowerOf(plain).data);
  });

  const failing = [[1, 1], [5, 3], [40, 40], [40, 1], [200, 33], [200, 150], [301, 290]] as const;
  for (const [n, pivot] of failing) {
    test(`a ${n} × ${n} matrix that fails at pivot ${pivot} is reported so`, () => {
      const a = randomDefinite(n, n + pivot);
      a.data[(pivot - 1) * (n + 1)] = -1;
      assert.throws(() => open().cholesky(a), (error) => isRefusal(error, n, pivot));
    });
  }

  test("a zero, NaN or infinite pivot is not positive definite", () => {
    for (const value of [0, NaN, Infinity, -Infinity]) {
      const a = fill(4, 4, (i, j) => (i === j ? 2 : 0));
      a.data[10] = value;
      assert.throws(() => open().cholesky(a), (error) => isRefusal(error, 4, 3), `${value}`);
    }
  });

  test("solving with a lower triangle, plain and transposed, leaves a tiny residual", () => {
    const provider = open();
    fc.assert(
      fc.property(side, side, fc.boolean(), fc.nat(), (n, k, isTransposed, seed) => {
        checkSolve(provider, { n, k, isTransposed, seed });
      }),
      RUNS,
    );
  });

  test("solving works across several blocks", () => {
    checkSolve(open(), { n: 277, k: 19, isTransposed: false, seed: 3 });
    checkSolve(open(), { n: 277, k: 19, isTransposed: true, seed: 4 });
  });
}

function isRefusal(error: unknown, n: number, pivot: number): boolean {
  assert.ok(error instanceof ComputeError, String(error));
  assert.equal(error.kind, "numeric");
  assert.equal(error.code, "not_positive_definite");
  assert.match(error.message, new RegExp(`\\b${n} × ${n}\\b.*\\bpivot ${pivot}$`));
  return true;
}

export function lowerOf(a: Matrix): Matrix {
  return fill(a.rows, a.cols, (i, j) => (i >= j ? entry(a, i, j) : 0));
}

/** |A − L Lᵀ| ≤ (n + 1) ε |L| |Lᵀ| (Higham, Accuracy and Stability, theorem 10.3). */
function checkCholesky(provider: LinalgProvider, a: Matrix): void {
  const factor = copyOf(a);
  provider.cholesky(factor);
  const l = lowerOf(factor);
  const bound = times(absolute(l), transpose(absolute(l)));
  const tolerance = 4 * (a.rows + 1) * EPSILON;
  const isClose = isWithin(times(l, transpose(l)), a, (i, j) => tolerance * entry(bound, i, j));
  assert.ok(isClose, `cholesky of order ${a.rows}`);
}

interface SolveCase {
  readonly n: number;
  readonly k: number;
  readonly isTransposed: boolean;
  readonly seed: number;
}

/** |B − L X| ≤ n ε |L| |X| (Higham, theorem 8.5). */
function checkSolve(provider: LinalgProvider, given: SolveCase): void {
  const { n, k, isTransposed, seed } = given;
  const entries = random(n, n, seed);
  // NaN above the diagonal: it must not be read.
  const l = fill(n, n, (i, j) => (i < j ? NaN : entry(entries, i, j) + (i === j ? 3 : 0)));
  const b = random(n, k, seed + 1);
  const x = copyOf(b);
  provider.solveLower(l, x, isTransposed);
  const op = isTransposed ? transpose(lowerOf(l)) : lowerOf(l);
  const bound = times(absolute(op), absolute(x));
  const isClose = isWithin(times(op, x), b, (i, j) =>
    4 * (n + 4) * EPSILON * entry(bound, i, j));
  assert.ok(isClose, JSON.stringify(given));
}

