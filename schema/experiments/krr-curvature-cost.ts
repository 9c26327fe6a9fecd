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

/** Lines, or counts of distinct poisons, whose searches take their steps together. */
export const CURVED_LINES_TOGETHER = 8;

/** Columns of one product with the rows X' on a device: enough for its full speed. */
export const CURVED_COLUMNS_MOST = 1024;

/** Operators of one search at most: two runs of labels with two each, and the square that all share. */
const OPERATORS_MOST = 5;
/** Of what is kept of searches on a device; beyond this some go up again at each step. */
const OPERATOR_BYTES_MAX = 2 ** 30;

export type CurvedShape = Pick<
  KrrShape, "curvature" | "distances" | "train" | "dimension" | "classes" | "poisons" | "targets"
>;

interface Widths {
  /** n'. */
  readonly rows: number;
  /** Probes of all sets of one target: clean, triggered, references, near probes and their ζ. */
  readonly probes: number;
  /** Columns of the operators, and of the gradients, of all searches that take their steps together. */
  readonly operators: number;
  readonly gradients: number;
}

function widthsOf({ curvature, distances, train, classes: q, poisons }: CurvedShape): Widths {
  const { probes: b, references, pointwise } = curvature ?? { probes: 0, references: 0, pointwise: undefined };
  const each = pointwise === undefined ? 0 : 2 * b + references;
  return {
    rows: train + poisons,
    probes: 2 * b + references + 2 * distances,
    operators: OPERATORS_MOST * Math.max(CURVED_LINES_TOGETHER * (2 * (b + 1) + 2 * distances), 2 * each),
    gradients: (q + 1) * Math.max(CURVED_LINES_TOGETHER * (2 * b + distances), each),
  };
}

/** Bytes that a device keeps of one target's probe sets, and of searches. */
export function curvatureKept(shape: CurvedShape): { readonly profileBytes: number; readonly operatorBytes: number } {
  const { rows, probes, operators } = widthsOf(shape);
  return { profileBytes: 8 * 2 * rows * probes, operatorBytes: Math.min(OPERATOR_BYTES_MAX, 8 * rows * operators) };
}

/** Bytes of device memory at the peak of curvature's products, beside the job's own; 0 without it. */
export function curvatureDeviceBytes(shape: CurvedShape): number {
  const { curvature, dimension: d, classes: q, poisons } = shape;
  if (curvature === null) return 0;
  const { rows, probes, gradients } = widthsOf(shape);
  const { profileBytes, operatorBytes } = curvatureKept(shape);
  // Vectors, what X' is applied to and the products; and the same in coordinates of the frames.
  const small = (q + 1 + OPERATORS_MOST) * curvature.probes;
  const together = 2 * CURVED_COLUMNS_MOST * (rows + d + small);
  // A line's own poisons and their weights, once in the solver's basis and once in the rows' own order.
  const own = 2 * rows * poisons;
  return profileBytes + operatorBytes + 8 * (d * poisons + together + own + rows * (q + 1 + probes) + d * gradients);
}

/** Profiles that a probe set has, of which kernels share some. */
const PROFILES = 8;

/** Bytes of the host's memory that curvature takes beside the job's own; 0 without it. */
export function curvatureHostBytes(shape: CurvedShape): number {
  if (shape.curvature === null) return 0;
  const { rows, probes, operators, gradients } = widthsOf(shape);
  return 8 * (PROFILES * shape.targets * rows * probes + rows * operators + shape.dimension * (rows + gradients));
}
