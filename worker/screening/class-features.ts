// Representations of one class from its Gram matrix alone.
//
// With G = R Rᵀ the (n, n) Gram matrix of rows R, centring rows is H G H with H = I − 11ᵀ/n, and
// its eigenpairs (μ, u) give the rows' principal components: component j of row i is √μ_j u_ij. No
// representation is formed, so that kernels serve like hidden layers. Nothing below depends on the
// origin or the orientation of R, because G's centring removes the one and principal axes the other.
import type { LinalgProvider } from "../linalg/provider.ts";
import { copyOf, type Matrix, matrix } from "../linalg/matrix.ts";

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

/**
 * The same of rows that are there, from whichever of the two inner products is smaller.
 * @param rows R, (n, k); not modified. About 2 n k min(n, k) flop and an eigenproblem of order min(n, k).
 */
export function rowFeatures(rows: Matrix, most: number, linalg: LinalgProvider): ClassFeatures {
  const [n, k] = [rows.rows, rows.cols];
  const about = copyOf(rows);
  for (let j = 0; j < k; j++) {
    const column = about.data.subarray(j * n, (j + 1) * n);
    const mean = column.reduce((sum, value) => sum + value / n, 0);
    column.forEach((value, i) => { column[i] = value - mean; });
  }
  if (n <= k) {
    const gram = matrix(n, n);
    linalg.gemm({ a: about, b: about, c: gram, transposeB: true });
    return classFeatures(gram, most, linalg);
  }
  const { values, vectors } = linalg.symmetricEigen(linalg.gram(about));
  const floor = n * Number.EPSILON * Math.max(values[k - 1] ?? 0, 0);
  let count = 0;
  while (count < Math.min(most, k) && values[k - 1 - count]! > floor) count++;
  const axes = matrix(k, count);
  for (let j = 0; j < count; j++) {
    axes.data.set(vectors.data.subarray((k - 1 - j) * k, (k - j) * k), j * k);
  }
  const scores = matrix(n, count);
  linalg.gemm({ a: about, b: axes, c: scores });
  return { scores, values: Float64Array.from({ length: count }, (_, j) => values[k - 1 - j]!) };
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
