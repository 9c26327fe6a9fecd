// What a study's curvature costs: flops of its products, and the points of a job that is worth it.
//
// Counts as krr-cost.ts counts. How many vectors a search takes depends on the data; the figures
// below are typical of images (n = 2000, d = 784) and hold to a factor of two.
import type { KrrShape } from "./krr-cost.ts";

/** Vectors that the search for one line's top pairs takes, whatever the number of counts. */
const HESSIAN_VECTORS = 24;
const GAUSS_VECTORS = 56;
/** Operators that each vector is given to: a quadratic, and more where labels change on the way. */
const OPERATORS = { true: 3, predicted: 8 } as const;

/** Flops of all lines of one kernel matrix; 0 where curvature is not asked for. */
export function curvatureFlops(shape: KrrShape): number {
  const { curvature, train: n, dimension: d, classes: q, systems, scenes, targets, attack, ridges, counts } = shape;
  if (curvature === null) return 0;
  const { probes, references, labels, pointwise } = curvature;
  // Distinct poisons make no path: each count is a line of one point, with gradients of its own.
  const isPath = attack !== "added";
  const lines = isPath ? systems : ridges * counts.length;
  const gradients = 2 * n * d * (q + 1) * (2 * probes + references);
  // JᵀJ or J Jᵀ, whichever is smaller, and the products of a search with its three powers.
  const [order, other] = [Math.min(q * probes, d), Math.max(q * probes, d)];
  const gauss = 2 * (order * order * other + GAUSS_VECTORS * 3 * 2 * order * order);
  const operators = (label: keyof typeof OPERATORS): number => (isPath ? OPERATORS[label] : 1);
  const hessian = labels.reduce((sum, label) =>
    sum + 2 * HESSIAN_VECTORS * 2 * n * (d + probes) * (1 + operators(label)), 0);
  const each = pointwise === undefined ? 0
    : (2 * probes + references) * HESSIAN_VECTORS * 2 * n * d * (1 + operators("true"));
  const weights = 2 * n * n * (q + 1);
  return scenes * (systems * weights + lines * targets * (gradients + gauss + hessian + each));
}

/**
 * Points of one job where curvature is asked for: a job should not take minutes, and sharing out
 * a preparation is worth it for fewer points than without.
 */
export const CURVED_JOB_POINTS = {
  path: { min: 256, max: 2048 },
  /** Of distinct poisons, whose counts share no search. */
  single: { min: 32, max: 256 },
} as const;

/** Share of the speed of large products that curvature's narrow ones and small eigenproblems run at. */
export const CURVATURE_SPEED = 0.4;
