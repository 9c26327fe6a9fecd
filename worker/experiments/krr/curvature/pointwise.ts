// Statistics of single probes along γ, in closed form: what the conformal detectors compare.
//
//   T1 = λ_max(J Jᵀ), (q, q):  J Jᵀ = J0 J0ᵀ + γ (v rᵀ + r vᵀ) + γ² |∇g|² r rᵀ,  v = J0 ∇g
//   T3 = tr H = |J|² + Σ_k e_k tr Hess f_k,  tr Hess f_k = t_k + γ r_k t_g,  y the predicted label
import { CONFORMAL_LEVEL } from "../../../../schema/experiments/krr-curvature.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { dot } from "../matrix-parts.ts";
import { type CleanView, type PoisonView, predicted, type ProbeSet, scoresAt } from "./model.ts";
import { largestEigenvalue } from "./small-eigen.ts";

/** T1 and T3 of each probe at one γ, (B) each. */
export interface PointStatistics {
  readonly gauss: Float64Array;
  readonly trace: Float64Array;
}

/** What does not depend on γ; then γ by γ. */
export function pointwise(
  set: ProbeSet,
  clean: CleanView,
  poison: PoisonView,
  linalg: LinalgProvider,
): (gamma: number) => PointStatistics {
  const [n, q] = [clean.weights.rows, clean.weights.cols];
  const b = set.labels.length;
  const cleanTraces = matrix(b, q);
  linalg.gemm({ a: set.profile.trace, b: clean.weights, c: cleanTraces, transposeA: true });
  const poisonTraces = matrix(b, 1);
  linalg.gemm({ a: set.profile.trace, b: matrix(n, 1, poison.weights), c: poisonTraces, transposeA: true });
  const grams = Array.from({ length: b }, (_, j) => linalg.gram(columns(clean.gradients, j * q, (j + 1) * q)));
  const crosses = Array.from({ length: b }, (_, j) =>
    Float64Array.from({ length: q }, (_, k) => dot(
      columns(clean.gradients, j * q + k, j * q + k + 1).data, columns(poison.gradients, j, j + 1).data)));
  const squares = Float64Array.from({ length: b }, (_, j) => {
    const own = columns(poison.gradients, j, j + 1).data;
    return dot(own, own);
  });
  return (gamma) => {
    const scores = scoresAt(clean, poison, gamma);
    const labels = predicted(scores);
    const gauss = new Float64Array(b);
    const trace = new Float64Array(b);
    for (let j = 0; j < b; j++) {
      const gram = gramAt(gamma, poison.r, { gram: grams[j]!, cross: crosses[j]!, square: squares[j]! });
      for (let k = 0; k < q; k++) {
        const error = scores.data[j + k * b]! - ((k === labels[j] ? 1 : 0) - 1 / q);
        const hessian = cleanTraces.data[j + k * b]! + gamma * poison.r[k]! * poisonTraces.data[j]!;
        trace[j]! += gram.data[k + k * q]! + error * hessian;
      }
      gauss[j] = largestEigenvalue(gram, linalg);
    }
    return { gauss, trace };
  };
}

interface GramParts {
  readonly gram: Matrix;
  readonly cross: Float64Array;
  readonly square: number;
}

function gramAt(gamma: number, r: Float64Array, { gram, cross, square }: GramParts): Matrix {
  const q = r.length;
  const out = matrix(q, q);
  for (let j = 0; j < q; j++) {
    for (let i = 0; i < q; i++) {
      out.data[i + j * q] = gram.data[i + j * q]! + gamma * (cross[i]! * r[j]! + r[i]! * cross[j]!) +
        gamma * gamma * square * r[i]! * r[j]!;
    }
  }
  return out;
}

/** Share of values with conformal p = (1 + #{references ≥ value}) / (R + 1) at most the level. */
export function shareAbove(values: Float64Array, references: Float64Array): number {
  return share(values, (value) => pValue(value, references, 1));
}

/** The same for either side: twice the smaller of the two one-sided p-values. */
export function shareOutside(values: Float64Array, references: Float64Array): number {
  return share(values, (value) => 2 * Math.min(pValue(value, references, 1), pValue(value, references, -1)));
}

function pValue(value: number, references: Float64Array, side: 1 | -1): number {
  let asExtreme = 0;
  for (const reference of references) if (side * reference >= side * value) asExtreme++;
  return (1 + asExtreme) / (references.length + 1);
}

function share(values: Float64Array, p: (value: number) => number): number {
  let flagged = 0;
  for (const value of values) if (p(value) <= CONFORMAL_LEVEL) flagged++;
  return flagged / values.length;
}
