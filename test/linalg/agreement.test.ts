// What holds between providers, and of the portable one alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { copyOf, type Matrix } from "../../worker/linalg/matrix.ts";
import { openOpenblas } from "../../worker/linalg/openblas.ts";
import { createPortable } from "../../worker/linalg/portable.ts";
import type { LinalgProvider } from "../../worker/linalg/provider.ts";
import {
  distance, EPSILON, entry, gaussianKernel, random, randomSymmetric,
} from "../contract/linalg/matrices.ts";
import { INSTALL_LINE } from "../support/packages.ts";

const { provider: openblas, misses } = openOpenblas();
const skip = openblas === null ? `${misses.join("; ")}: ${INSTALL_LINE}` : false;

/** (K + ridge I)⁻¹ B. */
function ridgeSolution(provider: LinalgProvider, kernel: Matrix, ridge: number, b: Matrix): Matrix {
  const a = copyOf(kernel);
  for (let i = 0; i < a.rows; i++) a.data[i * (a.rows + 1)]! += ridge;
  const x = copyOf(b);
  provider.cholesky(a);
  provider.solveLower(a, x);
  provider.solveLower(a, x, true);
  return x;
}

test("openblas and portable solve alike, to what the condition allows", { skip }, () => {
  if (openblas === null) return;
  const n = 180;
  const kernel = gaussianKernel(n, 6);
  const b = random(n, 7, 1);
  for (const ridge of [1, 1e-3, 1e-6, 1e-9]) {
    const [left, right] = [openblas, createPortable()].map((provider) =>
      ridgeSolution(provider, kernel, ridge, b));
    assert.ok(left !== undefined && right !== undefined);
    const largest = left.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    // The largest eigenvalue of the kernel is below √(2π)·6 = 15.04.
    const condition = (15.04 + ridge) / ridge;
    assert.ok(distance(left, right) <= 4 * n * EPSILON * condition * largest, `ridge ${ridge}`);
  }
});

test("openblas and portable find the same eigenvalues and projectors", { skip }, () => {
  if (openblas === null) return;
  const n = 160;
  const a = randomSymmetric(n, 2);
  const [left, right] = [openblas, createPortable()].map((p) => p.symmetricEigen(copyOf(a)));
  assert.ok(left !== undefined && right !== undefined);
  const size = Math.max(...left.values.map(Math.abs));
  left.values.forEach((value, i) =>
    assert.ok(Math.abs(value - right.values[i]!) <= 10 * n * EPSILON * size));
  // Vectors agree up to sign and to ε over the gap to the neighbours.
  for (let j = 1; j < n - 1; j++) {
    const [below, here, above] = left.values.subarray(j - 1, j + 2);
    const gap = Math.min(here! - below!, above! - here!);
    let product = 0;
    for (let i = 0; i < n; i++) product += entry(left.vectors, i, j) * entry(right.vectors, i, j);
    assert.ok(Math.abs(Math.abs(product) - 1) <= 10 * n * EPSILON * (size / gap), `vector ${j}`);
  }
});

test("portable products have the bits of scalar sums in order, so of any machine", () => {
  const [m, n, inner] = [7, 9, 600];
  const [a, b, before] = [random(m, inner, 3), random(inner, n, 4), random(m, n, 5)];
  const c = copyOf(before);
  createPortable().gemm({ a, b, c, beta: 1 });
  const expected = copyOf(before);
  for (let from = 0; from < inner; from += 256) {
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < m; i++) {
        let sum = 0;
        const to = Math.min(inner, from + 256);
        for (let k = from; k < to; k++) sum += entry(a, i, k) * entry(b, k, j);
        expected.data[i + j * m]! += sum;
      }
    }
  }
  assert.deepEqual(c.data, expected.data);
});
