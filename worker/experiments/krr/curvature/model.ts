// A poisoned model along γ, seen from one set of probes: f = f0 + γ g r with all its derivatives.
//
// Scores are (B, q) as `scores[b + k B]`; gradients are (d, B q), probe by probe, output within.
import { type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { gradientsOf } from "./jacobian.ts";
import type { GaussTerm, ProbeRows } from "./operators.ts";
import type { Profile } from "./profile.ts";

/** What is looked at: one set of probes under one kernel. */
export interface ProbeSet {
  readonly rows: ProbeRows;
  readonly profile: Profile;
  /** (B): true classes. */
  readonly labels: Int32Array;
}

export interface CleanView {
  /** A0, (n', q), and f0, J0. */
  readonly weights: Matrix;
  readonly scores: Matrix;
  readonly gradients: Matrix;
}

/** The poison's share: weights a (n') with f = f0 + γ g r, and what follows from them. */
export interface PoisonView {
  readonly weights: Float64Array;
  readonly r: Float64Array;
  /** g, (B), and ∇g, (d, B). */
  readonly g: Float64Array;
  readonly gradients: Matrix;
  /** Σ_k r_k ∇f0_k, (d, B). */
  readonly pulled: Matrix;
  /** |r|². */
  readonly square: number;
}

export function cleanView(weights: Matrix, set: ProbeSet, linalg: LinalgProvider): CleanView {
  const scores = matrix(set.labels.length, weights.cols);
  linalg.gemm({ a: set.profile.kernel, b: weights, c: scores, transposeA: true });
  return { weights, scores, gradients: gradientsOf(weights, set.profile, set.rows, linalg) };
}

export function poisonView(
  weights: Float64Array,
  r: Float64Array,
  clean: CleanView,
  set: ProbeSet,
  linalg: LinalgProvider,
): PoisonView {
  const column = matrix(weights.length, 1, weights);
  const b = set.labels.length;
  const g = matrix(b, 1);
  linalg.gemm({ a: set.profile.kernel, b: column, c: g, transposeA: true });
  const pulled = matrix(clean.gradients.rows, b);
  const d = pulled.rows;
  const q = r.length;
  const [out, from] = [pulled.data, clean.gradients.data];
  for (let j = 0; j < b; j++) {
    for (let k = 0; k < q; k++) {
      const [factor, to, at] = [r[k]!, j * d, (j * q + k) * d];
      for (let i = 0; i < d; i++) out[to + i]! += factor * from[at + i]!;
    }
  }
  return {
    weights,
    r,
    g: g.data,
    gradients: gradientsOf(column, set.profile, set.rows, linalg),
    pulled,
    square: r.reduce((sum, value) => sum + value * value, 0),
  };
}

/** The three Gauss-Newton operators of the batch mean: Σ_p γ^p terms[p]. */
export function gaussPowers(clean: CleanView, poison: PoisonView): GaussTerm[][] {
  const scale = 1 / poison.g.length;
  const { gradients, pulled, square } = poison;
  return [
    [{ left: clean.gradients, right: clean.gradients, scale }],
    [{ left: pulled, right: gradients, scale }, { left: gradients, right: pulled, scale }],
    [{ left: gradients, right: gradients, scale: scale * square }],
  ];
}

/** Their traces. */
export function gaussTraces(powers: readonly (readonly GaussTerm[])[]): Float64Array {
  return Float64Array.from(powers, (terms) =>
    terms.reduce((sum, { left, right, scale }) => {
      const [a, b] = [left.data, right.data];
      let inner = 0;
      for (let i = 0; i < a.length; i++) inner += a[i]! * b[i]!;
      return sum + scale * inner;
    }, 0));
}

/** f at γ, (B, q). */
export function scoresAt({ scores }: CleanView, { g, r }: PoisonView, gamma: number): Matrix {
  const out = matrix(scores.rows, scores.cols);
  for (let k = 0; k < out.cols; k++) {
    for (let b = 0; b < out.rows; b++) {
      const at = b + k * out.rows;
      out.data[at] = scores.data[at]! + gamma * g[b]! * r[k]!;
    }
  }
  return out;
}

/** The class of the highest score of each row; the first of equals. */
export function predicted(scores: Matrix): Int32Array {
  return Int32Array.from({ length: scores.rows }, (_, b) => {
    let best = 0;
    for (let k = 1; k < scores.cols; k++) {
      if (scores.data[b + k * scores.rows]! > scores.data[b + best * scores.rows]!) best = k;
    }
    return best;
  });
}
