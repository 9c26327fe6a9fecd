// Gradients at the probes of functions f = Σ_i A_i k(·, x_i), many at once.
import { type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import type { ProbeRows } from "./operators.ts";
import type { Profile } from "./profile.ts";
import { scratch } from "./scratch.ts";

/**
 * ∇f_k(x_b) into column b·w + k of `out`, (d, B w), for weights A of (n', w). 2 d n' B w flop.
 *
 * @returns (w, B): the share of x_b in them, Σ_i A_ik toProbe_ib.
 */
export function gradientsInto(
  out: Matrix,
  weights: Matrix,
  profile: Profile,
  { rows, probes, device }: ProbeRows,
  linalg: LinalgProvider,
): Matrix {
  if (device !== undefined) return device.gradientsInto(out, weights, profile, probes);
  const { rows: n, cols: w } = weights;
  const [d, b] = [probes.rows, probes.cols];
  const inner = scratch("gradients", n, b * w);
  const [weighted, all, toRow] = [inner.data, weights.data, profile.toRow.data];
  for (let j = 0; j < b; j++) {
    for (let k = 0; k < w; k++) {
      const [to, from, at] = [(j * w + k) * n, k * n, j * n];
      for (let i = 0; i < n; i++) weighted[to + i] = all[from + i]! * toRow[at + i]!;
    }
  }
  linalg.gemm({ a: rows, b: inner, c: out });
  const own = matrix(w, b);
  linalg.gemm({ a: weights, b: profile.toProbe, c: own, transposeA: true });
  const [gradients, at] = [out.data, probes.data];
  for (let j = 0; j < b; j++) {
    for (let k = 0; k < w; k++) {
      const factor = own.data[k + j * w]!;
      if (factor === 0) continue;
      const [to, from] = [(j * w + k) * d, j * d];
      for (let i = 0; i < d; i++) gradients[to + i]! += factor * at[from + i]!;
    }
  }
  return own;
}
