// S = L Σ Lᵀ with Σ of given signs: a Cholesky factor for rows of which some are taken away.
//
// Such an S is quasi-definite (positive on the rows that are added, negative on those removed), so
// pivots of the right sign exist in every order; one of the wrong sign is rounding error.
import { type Matrix, matrix } from "../../linalg/matrix.ts";

/**
 * L of the largest leading block whose pivots have their signs and are not below rounding error;
 * (0, 0) if the first has not. N³/3 multiply-adds in plain loops.
 *
 * @param s (N, N), lower triangle read; not modified.
 * @param signs ±1, (N).
 * @param tolerance what a positive pivot must exceed.
 */
export function factoriseSigned(s: Matrix, signs: Int8Array, tolerance: number): Matrix {
  const n = s.rows;
  const a = s.data.slice();
  let valid = 0;
  for (; valid < n; valid++) {
    const sign = signs[valid]!;
    const pivot = sign * a[valid + valid * n]!;
    if (!(pivot > (sign > 0 ? tolerance : 0))) break;
    const root = Math.sqrt(pivot);
    const start = valid * n;
    a[start + valid] = root;
    for (let i = valid + 1; i < n; i++) a[start + i]! *= sign / root;
    for (let j = valid + 1; j < n; j++) {
      const head = sign * a[start + j]!;
      if (head === 0) continue;
      for (let i = j; i < n; i++) a[j * n + i]! -= a[start + i]! * head;
    }
  }
  const out = matrix(valid, valid);
  for (let j = 0; j < valid; j++) {
    for (let i = j; i < valid; i++) out.data[i + j * valid] = a[i + j * n]!;
  }
  return out;
}
