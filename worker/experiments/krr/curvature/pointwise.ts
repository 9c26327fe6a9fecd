// Statistics of single probes along γ, in closed form: what the conformal detectors compare.
//
//   T1 = λ_max(J Jᵀ), (q, q):  J Jᵀ = J0 J0ᵀ + γ (v rᵀ + r vᵀ) + γ² |∇g|² r rᵀ,  v = J0 ∇g
//   T3 = tr H = |J|² + Σ_k e_k tr Hess f_k,  tr Hess f_k = t_k + γ r_k t_g,  y the predicted label
// with outputs k by contrast.
import { CONFORMAL_LEVEL } from "../../../../schema/experiments/krr-curvature.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import { contrastsOf } from "./contrasts.ts";
import { largestEigenvalue } from "./largest-eigenvalue.ts";
import { predicted, scoresAt, type View } from "./model.ts";

/** T1 and T3 of each probe at one γ, (B) each. */
export interface PointStatistics {
  readonly gauss: Float64Array;
  readonly trace: Float64Array;
}

/** What does not depend on γ; then γ by γ. */
export function pointwise(view: View): (gamma: number) => PointStatistics {
  const { turned, sums: { trace: traces } } = view;
  const s = turned.length;
  const b = view.g.length;
  return (gamma) => {
    const scores = scoresAt(view, gamma);
    const labels = predicted(scores);
    const gauss = new Float64Array(b);
    const trace = new Float64Array(b);
    for (let j = 0; j < b; j++) {
      const gram = gramAt(view, gamma, j);
      const errors = contrastsOf(Float64Array.from({ length: s + 1 }, (_, k) =>
        scores.data[j + k * b]! - ((k === labels[j] ? 1 : 0) - 1 / (s + 1))));
      const own = columns(traces, j, j + 1).data;
      for (let k = 0; k < s; k++) {
        trace[j]! += gram.data[k + k * s]! + errors[k]! * (own[k]! + gamma * turned[k]! * own[s]!);
      }
      gauss[j] = largestEigenvalue(gram);
    }
    return { gauss, trace };
  };
}

/** J Jᵀ of one probe at γ by contrast, (q − 1, q − 1). */
function gramAt({ turned, grams }: View, gamma: number, probe: number): Matrix {
  const s = turned.length;
  const q = s + 1;
  const gram = columns(grams, probe * q, (probe + 1) * q).data;
  const out = matrix(s, s);
  for (let j = 0; j < s; j++) {
    for (let i = 0; i < s; i++) {
      out.data[i + j * s] = gram[i + j * q]! + gamma * (gram[i + s * q]! * turned[j]! + turned[i]! * gram[j + s * q]!) +
        gamma * gamma * gram[s + s * q]! * turned[i]! * turned[j]!;
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
