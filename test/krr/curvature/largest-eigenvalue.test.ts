// The largest eigenvalue of small matrices against all eigenvalues by the portable provider.
import assert from "node:assert/strict";
import { test } from "node:test";
import { largestEigenvalue } from "../../../worker/experiments/krr/curvature/largest-eigenvalue.ts";
import { copyOf, type Matrix, matrix } from "../../../worker/linalg/matrix.ts";
import { createPortable } from "../../../worker/linalg/portable.ts";
import { fill, random, randomSymmetric } from "../../contract/linalg/matrices.ts";

const portable = createPortable();

function assertLargest(a: Matrix): void {
  const values = portable.symmetricEigen(copyOf(a)).values;
  const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const found = largestEigenvalue(copyOf(a));
  assert.ok(Math.abs(found - values.at(-1)!) <= 1e-14 * size, `${found}, expected ${values.at(-1)} of order ${a.rows}`);
}

/** Of rank r or less, its columns of ever smaller size. */
function ofRank(n: number, r: number, seed: number): Matrix {
  const columns = random(n, r, seed);
  for (let at = 0; at < n * r; at++) columns.data[at]! *= 10 ** (-3 * Math.floor(at / n));
  const out = matrix(n, n);
  portable.gemm({ a: columns, b: columns, c: out, transposeB: true });
  return out;
}

test("it is that of symmetric matrices of every small order", () => {
  for (let n = 1; n <= 24; n++) for (let seed = 0; seed < 10; seed++) assertLargest(randomSymmetric(n, 100 * n + seed));
});

test("it is that of matrices of low rank, whose other eigenvalues are near 0", () => {
  for (let n = 1; n <= 12; n++) for (let r = 1; r <= 4; r++) assertLargest(ofRank(n, r, 10 * n + r));
});

test("roots that are several times there, alone there or 0 are found", () => {
  assertLargest(fill(6, 6, (i, j) => (i === j ? [2, -3, 2, 0, 2, 1][i]! : 0)));
  assertLargest(fill(5, 5, (i, j) => (i === j ? 4 : 1)));
  assertLargest(fill(5, 5, (i, j) => (i === j ? -4 : -1)));
  assertLargest(matrix(7, 7));
  assertLargest(fill(3, 3, () => 1e-200));
});

test("the upper triangle is not read", () => {
  const a = randomSymmetric(8, 3);
  const expected = largestEigenvalue(copyOf(a));
  assert.equal(largestEigenvalue(fill(8, 8, (i, j) => (i < j ? Number.NaN : a.data[i + j * 8]!))), expected);
});
