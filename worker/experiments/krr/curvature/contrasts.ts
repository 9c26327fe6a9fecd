// Outputs that sum to zero, in one dimension less.
//
// One-hot codes less their mean, and so weights, residuals and scores, sum to zero over the q
// outputs. In q − 1 orthonormal contrasts (Helmert's) nothing of them is lost: sums of squares and
// inner products over the outputs are those over the contrasts.
import { type Matrix, matrix } from "../../../linalg/matrix.ts";

/** H, (q, q − 1): orthonormal columns that sum to zero. */
export function helmert(q: number): Matrix {
  const out = matrix(q, q - 1);
  for (let j = 1; j < q; j++) {
    const norm = Math.sqrt(j * (j + 1));
    for (let i = 0; i < j; i++) out.data[i + (j - 1) * q] = 1 / norm;
    out.data[j + (j - 1) * q] = -j / norm;
  }
  return out;
}

/** Hᵀ e. @param outputs (q). */
export function contrastsOf(outputs: Float64Array): Float64Array {
  const q = outputs.length;
  const out = new Float64Array(q - 1);
  let before = outputs[0]!;
  for (let j = 1; j < q; j++) {
    out[j - 1] = (before - j * outputs[j]!) / Math.sqrt(j * (j + 1));
    before += outputs[j]!;
  }
  return out;
}
