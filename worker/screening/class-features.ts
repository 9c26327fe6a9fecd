// Representations of one class from its Gram matrix alone.
//
// With G = R Rᵀ the (n, n) Gram matrix of rows R, centring rows is H G H with H = I − 11ᵀ/n, and
// its eigenpairs (μ, u) give the rows' principal components: component j of row i is √μ_j u_ij. No
// representation is formed, so that kernels serve like hidden layers. Nothing below depends on the
// origin or the orientation of R, because G's centring removes the one and principal axes the other.
import type { LinalgProvider } from "../linalg/provider.ts";
import { type Matrix, matrix } from "../linalg/matrix.ts";

/** k principal components of n rows, (n, k), the largest first; columns sum to 0. */
export interface ClassFeatures {
  readonly scores: Matrix;
  /** μ, (k): the sum of squares of each column; all above n ε μ_1. */
  readonly values: Float64Array;
}

/**
 * @param gram (n, n), symmetric positive semi-definite, both triangles; not modified.
 * @param most components to keep at most. About 9n³ flop.
 */
export function classFeatures(gram: Matrix, most: number, linalg: LinalgProvider): ClassFeatures {
  const n = gram.rows;
  if (n === 0) return { scores: matrix(0, 0), values: new Float64Array(0) };
  const { values, vectors } = linalg.symmetricEigen(centred(gram));
  const top = values[n - 1]!;
  const floor = n * Number.EPSILON * Math.max(top, 0);
  let k = 0;
  while (k < Math.min(most, n) && values[n - 1 - k]! > floor) k++;
  const scores = matrix(n, k);
  const kept = new Float64Array(k);
  for (let j = 0; j < k; j++) {
    kept[j] = values[n - 1 - j]!;
    const scale = Math.sqrt(kept[j]!);
    for (let i = 0; i < n; i++) scores.data[i + j * n] = scale * vectors.data[i + (n - 1 - j) * n]!;
  }
  return { scores, values: kept };
}

/** H G H. */
export function centred(gram: Matrix): Matrix {
  const n = gram.rows;
  const means = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) means[j]! += gram.data[i + j * n]! / n;
  }
  const grand = means.reduce((sum, mean) => sum + mean / n, 0);
  const out = matrix(n, n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) out.data[i + j * n] = gram.data[i + j * n]! - means[i]! - means[j]! + grand;
  }
  return out;
}
