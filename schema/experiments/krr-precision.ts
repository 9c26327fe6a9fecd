// Mixed precision: what a study may ask of it, where it is allowed, what rows say of it.
//
// K + cI is factorised in float32 and its solutions are refined in float64. Formulas, bounds and
// what it is worth: docs/science/krr.md, docs/decisions/0017.
import { z } from "zod";
import type { ResultColumn } from "../column.ts";
import type { Issue, KrrSpec } from "../study.ts";
import { isPenalised } from "./krr-penalty.ts";

export const Precision = z.literal("mixed").optional().describe(
  "mixed: factorise K + cI in float32, one factor for each ridge, and refine its solutions in float64, where the condition allows it; columns refinement_steps and condition_estimate say what was done. For attack clones. Absent: float64 throughout",
);

/** A float32 factor is used up to this condition of K + cI: three digits of it are then right. */
export const MIXED_CONDITION_MAX = 1e7;

const metric = (name: string, type: ResultColumn["type"], comment: string): ResultColumn =>
  ({ name, type, role: "metric", needs: "precision", comment });

export const precisionMetrics: readonly ResultColumn[] = [
  metric("refinement_steps", "integer", "0: K + cI was factorised and solved in float64, or the row has no metrics; k ≥ 1: it was factorised in float32, and its solutions took at most k corrections until ‖b − Ax‖ ≤ √n ε (‖A‖‖x‖ + ‖b‖) in maximum norms, with residuals in float64. effective_dof is then float32's own: off by about 1e-7 √n mean(diag K) / c"),
  metric("condition_estimate", "double", "‖K + cI‖₁ ‖(K + cI)⁻¹‖₁, estimated from below with the float32 factor; from 1e7 on the system is solved in float64. NaN where float32 has no factor, or the row no metrics"),
];

/** What `precision` cannot be combined with, and why. */
export function checkPrecision(spec: KrrSpec): Issue[] {
  if (spec.precision === undefined) return [];
  const { kind } = spec.attack;
  const clashes: string[] = [];
  if (kind !== "clones") clashes.push(`attack ${kind}, whose poisons' covariance takes the factor itself to full precision: expected clones`);
  if (isPenalised(spec)) clashes.push("gradient_penalty, which takes eigenvectors: leave one of the two out");
  if (spec.curvature !== undefined) clashes.push("curvature, which is solved in float64: leave one of the two out");
  if (spec.screening !== undefined) clashes.push("screening, which is solved in float64: leave one of the two out");
  return clashes.map((clash) => ({ path: ["precision"], message: `mixed is not offered with ${clash}` }));
}
