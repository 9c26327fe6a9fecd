// tridiagonalise, applyReflectors and the eigenvalue verbs by invariants and known spectra.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ComputeError } from "../../../schema/failure.ts";
import { copyOf, matrix, type Matrix } from "../../../worker/linalg/matrix.ts";
import type { LinalgProvider } from "../../../worker/linalg/provider.ts";
import {
  distance, EPSILON, fill, gaussianKernel, identity, random, randomSymmetric, times,
  transpose, tridiagonalMatrix, uniform, withSpectrum,
} from "./matrices.ts";

const RUNS = { seed: 20_260_103, numRuns: 40 };
const order = fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 9, max: 70 }));

/** Symmetric matrices that upset careless code, by name. */
function hardMatrices(): ReadonlyMap<string, Matrix> {
  const graded = Array.from({ length: 60 }, (_, i) => 10 ** (-i / 2));
  const clustered = Array.from({ length: 90 }, (_, i) => (i < 50 ? 1 : 2) + (i % 5) * 1e-15);
  const ofSubnormals = fill(20, 20, (i, j) => (1 + ((i * j) % 7)) * 2 ** -1065);
  const diagonal = fill(33, 33, (i, j) => (i === j ? ((i * 7) % 11) - 5 : 0));
  const arrow = fill(40, 40, (i, j) => (i === j ? i : i === 0 || j === 0 ? 1 : 0));
  return new Map([
    ["zeros", matrix(50, 50)],
    ["the identity", identity(50)],
    ["a diagonal", diagonal],
    ["all ones", fill(67, 67, () => 1)],
    ["an arrow", arrow],
    ["a graded spectrum", withSpectrum(graded, 1)],
    ["two clusters", withSpectrum(clustered, 2)],
    ["a smooth kernel", gaussianKernel(120, 9)],
    ["a nearly diagonal kernel", gaussianKernel(80, 0.1)],
    ["Wilkinson's W21+", wilkinson(21)],
    ["glued Wilkinson matrices", gluedWilkinson(21, 5, 4e-12)],
    ["the second difference", secondDifference(130)],
    ["huge numbers", fill(30, 30, (i, j) => 1e200 * Math.cos(i + j))],
    ["tiny numbers", fill(30, 30, (i, j) => 1e-200 * Math.cos(i + j))],
    ["subnormal numbers", ofSubnormals],
    ["random numbers across blocks", randomSymmetric(211, 3)],
  ]);
}

function wilkinson(n: number): Matrix {
  const middle = (n - 1) / 2;
  return fill(n, n, (i, j) => (i === j ? Math.abs(i - middle) : Math.abs(i - j) === 1 ? 1 : 0));
}

function gluedWilkinson(n: number, copies: number, glue: number): Matrix {
  const one = wilkinson(n);
  return fill(n * copies, n * copies, (i, j) => {
    if (Math.floor(i / n) === Math.floor(j / n)) return one.data[(i % n) + (j % n) * n] ?? 0;
    return Math.abs(i - j) === 1 ? glue : 0;
  });
}

function secondDifference(n: number): Matrix {
  return fill(n, n, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0));
}

export function examineSpectra(open: () => LinalgProvider): void {
  for (const [name, a] of hardMatrices()) {
    test(`${name}: P T Pᵀ is the matrix and P is orthogonal`, () => checkTridiagonal(open(), a));
    test(`${name}: eigenpairs have tiny residuals and orthonormal vectors`, () =>
      checkEigen(open(), a));
  }

  test("random matrices of every order are reduced and diagonalised", () => {
    const provider = open();
    fc.assert(
      fc.property(order, fc.nat(), (n, seed) => {
        checkTridiagonal(provider, randomSymmetric(n, seed));
        checkEigen(provider, randomSymmetric(n, seed));
      }),
      RUNS,
    );
  });

  test("only the lower triangle is read", () => {
    const provider = open();
    const a = randomSymmetric(75, 4);
    const strange = fill(75, 75, (i, j) => (i < j ? NaN : (a.data[i + j * 75] ?? 0)));
    const left = provider.tridiagonalise(copyOf(a));
    const right = provider.tridiagonalise(copyOf(strange));
    assert.deepEqual(right.diagonal, left.diagonal);
    assert.deepEqual(right.offDiagonal, left.offDiagonal);
    assert.deepEqual(provider.symmetricEigen(strange), provider.symmetricEigen(a));
  });

  test("P followed by its transpose gives back what it was applied to", () => {
    const provider = open();
    for (const [n, k] of [[1, 3], [2, 1], [64, 0], [65, 9], [150, 70]] as const) {
      const t = provider.tridiagonalise(randomSymmetric(n, n));
      const b = random(n, k, k);
      const there = copyOf(b);
      provider.applyReflectors(t, there);
      provider.applyReflectors(t, there, true);
      assert.ok(distance(there, b) <= 4 * (n + 8) * EPSILON, `${n}, ${k}`);
    }
  });

  test("eigenvalues of the second difference are 2 − 2 cos(kπ/(n+1))", () => {
    for (const n of [1, 2, 3, 50, 333]) {
      const values = open().tridiagonalEigenvalues(
        new Float64Array(n).fill(2),
        new Float64Array(n - 1).fill(-1),
      );
      values.forEach((value, k) => {
        const exact = 4 * Math.sin(((k + 1) * Math.PI) / (2 * (n + 1))) ** 2;
        assert.ok(Math.abs(value - exact) <= 40 * EPSILON * 4, `n ${n}, eigenvalue ${k}`);
      });
    }
  });

  test("tridiagonal eigenvalues match Sturm counts", () => checkSturm(open()));

  test("tiny eigenvalues of a graded matrix have all their digits, graded up or down", () => {
    const diagonal = Float64Array.from({ length: 14 }, (_, i) => 10 ** -i);
    const offDiagonal = Float64Array.from({ length: 13 }, (_, i) => 0.2 * 10 ** -(i + 0.5));
    for (const [d, e] of [
      [diagonal, offDiagonal],
      [diagonal.toReversed(), offDiagonal.toReversed()],
    ] as const) {
      open().tridiagonalEigenvalues(d, e).forEach((value, k) => {
        assert.ok(countBelow(d, e, value * (1 - 1e-13)) <= k, `eigenvalue ${k}: ${value}`);
        assert.ok(countBelow(d, e, value * (1 + 1e-13)) > k, `eigenvalue ${k}: ${value}`);
      });
    }
  });

  test("tridiagonalEigenvalues leaves its arguments as they were", () => {
    const [diagonal, offDiagonal] = [Float64Array.of(3, 1, 2), Float64Array.of(0.5, -1)];
    open().tridiagonalEigenvalues(diagonal, offDiagonal);
    assert.deepEqual([...diagonal, ...offDiagonal], [3, 1, 2, 0.5, -1]);
  });

  test("numbers that are not finite are refused, not iterated on", () => {
    for (const value of [NaN, Infinity]) {
      const a = fill(4, 4, (i, j) => (i === 3 && j === 1 ? value : 1));
      const isRefused = { name: "ComputeError", kind: "numeric", code: "not_finite" };
      assert.throws(() => open().symmetricEigen(copyOf(a)), isRefused);
      assert.throws(() => open().tridiagonalise(copyOf(a)), isRefused);
      const vector = Float64Array.of(1, value);
      assert.throws(() => open().tridiagonalEigenvalues(vector, Float64Array.of(1)), isRefused);
      assert.throws(
        () => open().tridiagonalEigenvalues(Float64Array.of(1, 2, 3), vector),
        (error) => error instanceof ComputeError && /offDiagonal\[1\]/.test(error.message),
      );
    }
  });
}

function checkTridiagonal(provider: LinalgProvider, a: Matrix): void {
  const n = a.rows;
  const t = provider.tridiagonalise(copyOf(a));
  assert.equal(t.diagonal.length, n);
  assert.equal(t.offDiagonal.length, Math.max(0, n - 1));
  const p = identity(n);
  provider.applyReflectors(t, p);
  assert.ok(distance(times(transpose(p), p), identity(n)) <= 4 * (n + 8) * EPSILON, "orthogonal");
  const rebuilt = times(times(p, tridiagonalMatrix(t.diagonal, t.offDiagonal)), transpose(p));
  assert.ok(distance(rebuilt, a) <= toleranceOf(a), `P T Pᵀ, n ${n}`);
  const inverse = identity(n);
  provider.applyReflectors(t, inverse, true);
  assert.ok(distance(inverse, transpose(p)) <= 4 * (n + 8) * EPSILON, "transpose");
}

function checkEigen(provider: LinalgProvider, a: Matrix): void {
  const n = a.rows;
  const { values, vectors } = provider.symmetricEigen(copyOf(a));
  assert.equal(values.length, n);
  assert.ok(values.every((value, i) => i === 0 || value >= (values[i - 1] ?? NaN)), "ascending");
  assert.ok(distance(times(transpose(vectors), vectors), identity(n)) <= 4 * (n + 8) * EPSILON,
    "orthonormal");
  const scaled = fill(n, n, (i, j) => (vectors.data[i + j * n] ?? 0) * (values[j] ?? 0));
  const tolerance = toleranceOf(a);
  assert.ok(distance(times(a, vectors), scaled) <= tolerance, `A V = V Λ, n ${n}`);
  const t = provider.tridiagonalise(copyOf(a));
  const alone = provider.tridiagonalEigenvalues(t.diagonal, t.offDiagonal);
  assert.ok(distance(matrix(n, 1, alone), matrix(n, 1, values)) <= tolerance, "both routes");
}

/** 4 n ε times a norm of the matrix, and no less than what subnormal numbers can resolve. */
function toleranceOf(a: Matrix): number {
  // The largest column sum bounds every eigenvalue, and does not overflow.
  const columnSums = Array.from({ length: a.cols }, (_, j) =>
    a.data.subarray(j * a.rows, (j + 1) * a.rows).reduce((sum, x) => sum + Math.abs(x), 0));
  const steps = 4 * (a.rows + 8);
  return steps * Math.max(EPSILON * Math.max(0, ...columnSums), Number.MIN_VALUE);
}

/** Bisection's own count of eigenvalues below x: negative pivots of T − xI. */
function countBelow(diagonal: Float64Array, offDiagonal: Float64Array, x: number): number {
  let count = 0;
  let pivot = 1;
  diagonal.forEach((value, i) => {
    const off = i === 0 ? 0 : (offDiagonal[i - 1] ?? 0);
    pivot = value - x - off ** 2 / pivot;
    if (pivot === 0) pivot = -1e-300;
    if (pivot < 0) count++;
  });
  return count;
}

function checkSturm(provider: LinalgProvider): void {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(), (n, seed) => {
      const next = uniform(seed);
      const diagonal = Float64Array.from({ length: n }, next);
      // A few couplings of 0 split the matrix, and a few tiny ones almost do.
      const offDiagonal = Float64Array.from({ length: n - 1 }, () => {
        const kind = next();
        return kind > 0.8 ? 0 : kind > 0.6 ? 1e-12 * next() : next();
      });
      const margin = 20 * n * EPSILON;
      provider.tridiagonalEigenvalues(diagonal, offDiagonal).forEach((value, k) => {
        const below = countBelow(diagonal, offDiagonal, value - margin);
        assert.ok(below <= k, `eigenvalue ${k} of ${n}`);
        const upTo = countBelow(diagonal, offDiagonal, value + margin);
        assert.ok(upTo > k, `eigenvalue ${k} of ${n}`);
      });
    }),
    { seed: 20_260_104, numRuns: 60 },
  );
}
