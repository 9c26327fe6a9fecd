// Products of matrices of few columns, and such matrices side by side.
import { type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";

/** A B. */
export function product(a: Matrix, b: Matrix, linalg: LinalgProvider): Matrix {
  const out = matrix(a.rows, b.cols);
  linalg.gemm({ a, b, c: out });
  return out;
}

/** Aᵀ B. */
export function innerProducts(a: Matrix, b: Matrix, linalg: LinalgProvider): Matrix {
  const out = matrix(a.cols, b.cols);
  linalg.gemm({ a, b, c: out, transposeA: true });
  return out;
}

/** All columns of matrices with equally many rows, at least one. */
export function sideBySide(parts: readonly Matrix[]): Matrix {
  const rows = parts[0]?.rows ?? 0;
  const out = matrix(rows, parts.reduce((sum, { cols }) => sum + cols, 0));
  let start = 0;
  for (const { data, cols } of parts) {
    out.data.set(data.subarray(0, rows * cols), start * rows);
    start += cols;
  }
  return out;
}
