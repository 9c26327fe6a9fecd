// What a study with a gradient penalty may ask, and what it costs: the `gradient_penalty` axis.
//
// The estimator is f = Σ a_i k(·, x_i) over the training rows, minimising
// Σ|y − f|² + c |f|² + κ Σ|∇f(x_j)|². Formulas: docs/science/gradient-penalty.md.
import type { ResultColumn } from "../column.ts";
import type { Parameter } from "../parameter.ts";
import type { KrrSpec } from "../study.ts";

export const penaltyParameter: Parameter = {
  name: "gradient_penalty", type: "double", min: 0, max: Number.POSITIVE_INFINITY, fallback: 0,
  isShared: false, cutRank: 0, isOptional: true,
  comment: "κ, weight of Σ|∇f|² over all training rows beside Σ|y − f|²; in squared units of feature distance",
};

const metric = (name: string, comment: string): ResultColumn =>
  ({ name, type: "double", role: "metric", needs: "gradient_penalty", comment });

export const penaltyMetrics: readonly ResultColumn[] = [
  metric("gradient_mean_square", "mean over all n + m training rows of |∇f|², summed over the outputs"),
  metric("length_scale_effective", "√(l² + 2κ): the length scale that κ amounts to where data are dense and the ridge is negligible; NaN for kernels without one"),
];

/** Whether a study solves for a penalty at all; κ fixed at 0 is a study without one. */
export function isPenalised(spec: KrrSpec): boolean {
  return "gradient_penalty" in spec.axes || (spec.fixed["gradient_penalty"] ?? 0) !== 0;
}

/** Values of κ that are solved as one block, for q classes. */
export function penaltiesTogether(classes: number): number {
  return Math.max(1, Math.floor(WEIGHT_COLUMNS / (classes + 1)));
}
const WEIGHT_COLUMNS = 1280;
