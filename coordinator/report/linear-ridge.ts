// The closed form of poisoned linear ridge regression on Gaussian classes: a reference without training.
//
// x = y μ + z clean, z from N(0, I_p); poisons are rows of class −1 moved by v and labelled +1, a share θ
// of all N rows, beside even classes or taken out of class −1; p / N → ratio with both large. Ridge regression (1/N) |y − X β − b0|² + λ |β|² then has
//   lt = [(λ + ratio − 1) + √((λ + ratio − 1)² + 4 λ)] / 2          (lt = λ + ratio lt / (1 + lt))
//   b = (C + lt I)⁻¹ C_y,  R = V − 2 b·C_y + bᵀ C b,  g = ratio / (1 + lt)²,  |β|² = |b|² + g R / (1 − g)
//   success = Φ((b0 + b·x_trig) / |β|),  clean accuracy likewise
// in the plane of μ and v. With a free b0, C and C_y are covariances and V = Var y; without one (as in
// krr) the same derivation holds with second moments and b0 = 0. docs/science/krr.md; arXiv 2505.15175.

export interface LinearRidge {
  /** λ of the mean loss: c / N. */
  readonly ridge: number;
  /** p / N. */
  readonly ratio: number;
  /** θ, the poisons' share of all rows, in [0, 1). */
  readonly share: number;
  /** |μ|. */
  readonly mean: number;
  /** v in training and at test: its part along μ, and the length of its part across. */
  readonly trained: Pair;
  readonly tested: Pair;
  readonly intercept: boolean;
  /** Whether poisons take the places of rows of class −1, or come beside even classes. */
  readonly isReplaced: boolean;
}
export type Pair = readonly [along: number, across: number];

export interface LinearRidgeRates {
  readonly success: number;
  readonly cleanAccuracy: number;
  /** b along v's part across μ: what the model has learned of the trigger. */
  readonly response: number;
}

/** Attack success and clean accuracy in the limit; O(1). */
export function linearRidgeRates(setting: LinearRidge): LinearRidgeRates {
  const { ridge, ratio, mean, tested } = setting;
  const lt = (ridge + ratio - 1 + Math.sqrt((ridge + ratio - 1) ** 2 + 4 * ridge)) / 2;
  const { c, cy, variance, centre, labelMean } = momentsOf(setting);
  const [c11, c12, c22] = c;
  const determinant = (c11 + lt) * (c22 + lt) - c12 * c12;
  const b1 = ((c22 + lt) * cy[0] - c12 * cy[1]) / determinant;
  const b2 = ((c11 + lt) * cy[1] - c12 * cy[0]) / determinant;
  const b0 = labelMean - b1 * centre[0] - b2 * centre[1];
  const residual = variance - 2 * (b1 * cy[0] + b2 * cy[1]) + b1 * b1 * c11 + 2 * b1 * b2 * c12 + b2 * b2 * c22;
  const g = ratio / (1 + lt) ** 2;
  const norm = Math.sqrt(b1 * b1 + b2 * b2 + (g * residual) / (1 - g));
  const at = (along: number, across: number): number => (b1 * along + b2 * across) / norm;
  return {
    success: normalShare(b0 / norm + at(tested[0] - mean, tested[1])),
    // Clean classes are even, and a constant moves them against each other.
    cleanAccuracy: (normalShare(b0 / norm + at(mean, 0)) + normalShare(at(mean, 0) - b0 / norm)) / 2,
    response: b2,
  };
}

interface Moments {
  /** C as (11, 12, 22), with the identity of the noise. */
  readonly c: readonly [number, number, number];
  readonly cy: readonly [number, number];
  readonly variance: number;
  /** E x and E y where they are taken out, else 0. */
  readonly centre: readonly [number, number];
  readonly labelMean: number;
}

function momentsOf({ share, mean, trained, intercept, isReplaced }: LinearRidge): Moments {
  const plus = isReplaced ? 1 / 2 : (1 - share) / 2;
  const minus = 1 - share - plus;
  const [p1, p2] = [trained[0] - mean, trained[1]];
  const [x1, x2, y] = intercept
    ? [(plus - minus) * mean + share * p1, share * p2, plus - minus + share]
    : [0, 0, 0];
  return {
    c: [
      1 + (plus + minus) * mean * mean + share * p1 * p1 - x1 * x1,
      share * p1 * p2 - x1 * x2,
      1 + share * p2 * p2 - x2 * x2,
    ],
    cy: [(plus + minus) * mean + share * p1 - x1 * y, share * p2 - x2 * y],
    variance: 1 - y * y,
    centre: [x1, x2],
    labelMean: y,
  };
}

/** Φ, to 1e-7 and better (Abramowitz and Stegun 7.1.26 has 1.5e-7 for erf). */
export function normalShare(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const half = (poly * Math.exp(-z * z)) / 2;
  return x >= 0 ? 1 - half : half;
}
