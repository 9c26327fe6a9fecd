// What every provider refuses before it touches memory, and how it says so.
import assert from "node:assert/strict";
import { test } from "node:test";
import { columns, matrix } from "../../../worker/linalg/matrix.ts";
import type { LinalgProvider } from "../../../worker/linalg/provider.ts";
import { identity, randomSymmetric } from "./matrices.ts";

type Misuse = (provider: LinalgProvider) => unknown;

const MISUSES: ReadonlyArray<readonly [string, RegExp, Misuse]> = [
  [
    "inner sizes that differ",
    /^gemm: inner sizes 3 and 4, product 2 × 5 into 2 × 5: a is 2 × 3 \(transposeA false\), b is 4/,
    (p) => p.gemm({ a: matrix(2, 3), b: matrix(4, 5), c: matrix(2, 5) }),
  ],
  [
    "inner sizes that agree only without the transpose",
    /^gemm: inner sizes 2 and 3.*\(transposeA true\)/,
    (p) => p.gemm({ a: matrix(2, 3), b: matrix(3, 5), c: matrix(2, 5), transposeA: true }),
  ],
  [
    "a product of another shape than c",
    /^gemm: .*product 2 × 5 into 5 × 2/,
    (p) => p.gemm({ a: matrix(2, 3), b: matrix(3, 5), c: matrix(5, 2) }),
  ],
  [
    "a product with fewer rows than c",
    /^gemm: .*product 2 × 5 into 3 × 5/,
    (p) => p.gemm({ a: matrix(2, 3), b: matrix(3, 5), c: matrix(3, 5) }),
  ],
  [
    "c that shares memory with a",
    /^gemm: c is overwritten and shares memory with a/,
    (p) => {
      const whole = matrix(4, 7);
      p.gemm({ a: columns(whole, 0, 4), b: matrix(4, 4), c: columns(whole, 3, 7) });
    },
  ],
  [
    "data shorter than the shape",
    /^gram: a is 3 × 3 but holds 8 numbers/,
    (p) => p.gram({ rows: 3, cols: 3, data: new Float64Array(8) }),
  ],
  [
    "a side that is no integer",
    /^gram: a is 1.5 × 2, sides must be integers/,
    (p) => p.gram({ rows: 1.5, cols: 2, data: new Float64Array(8) }),
  ],
  [
    "cholesky of a rectangle",
    /^cholesky: a is 3 × 2, must be square/,
    (p) => p.cholesky(matrix(3, 2)),
  ],
  [
    "tridiagonalise of a rectangle",
    /^tridiagonalise: a is 3 × 2, must be square/,
    (p) => p.tridiagonalise(matrix(3, 2)),
  ],
  [
    "symmetricEigen of a rectangle",
    /^symmetricEigen: a is 2 × 3, must be square/,
    (p) => p.symmetricEigen(matrix(2, 3)),
  ],
  [
    "a right-hand side of another height",
    /^solveLower: l is 3 × 3, b is 2 × 1 \(transpose true\)/,
    (p) => p.solveLower(identity(3), matrix(2, 1), true),
  ],
  [
    "a right-hand side inside the triangle",
    /^solveLower: b is overwritten and shares memory with l/,
    (p) => {
      const l = identity(3);
      p.solveLower(l, columns(l, 1, 2));
    },
  ],
  [
    "reflectors for another height",
    /^applyReflectors: reflectors are 3 × 3 with 2 scalars, b is 4 × 1/,
    (p) => p.applyReflectors(p.tridiagonalise(randomSymmetric(3, 1)), matrix(4, 1)),
  ],
  [
    "an off-diagonal as long as the diagonal",
    /^tridiagonalEigenvalues: a diagonal of 2 needs an off-diagonal of 1, got 2/,
    (p) => p.tridiagonalEigenvalues(new Float64Array(2), new Float64Array(2)),
  ],
];

export function examineShapes(open: () => LinalgProvider): void {
  for (const [name, message, misuse] of MISUSES) {
    test(`${name}: a RangeError says so`, () => {
      assert.throws(() => misuse(open()), { name: "RangeError", message });
    });
  }

  test("empty matrices pass through every verb", () => {
    const provider = open();
    provider.gemm({ a: matrix(0, 3), b: matrix(3, 2), c: matrix(0, 2) });
    assert.equal(provider.gram(matrix(3, 0)).rows, 0);
    provider.cholesky(matrix(0, 0));
    provider.solveLower(matrix(0, 0), matrix(0, 2));
    provider.solveLower(identity(2), matrix(2, 0), true);
    const t = provider.tridiagonalise(matrix(0, 0));
    provider.applyReflectors(t, matrix(0, 4));
    assert.equal(t.diagonal.length + t.offDiagonal.length, 0);
    assert.equal(provider.symmetricEigen(matrix(0, 0)).values.length, 0);
    assert.equal(provider.tridiagonalEigenvalues(t.diagonal, t.offDiagonal).length, 0);
  });
}
