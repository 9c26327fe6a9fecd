// `gaussian`: the mixture whose ridge regression has a closed form (docs/science, isotropic law).
//
// x = y μ + z with z ~ N(0, I_p), μ = mean_norm · e₁ and y = ±1 with equal odds; class 1 is y = +1,
// class 0 is y = −1. Whoever changes what is drawn must raise GAUSSIAN_VERSION.
import type { Labelled } from "./draw.ts";
import type { Random } from "./random.ts";

export const GAUSSIAN_VERSION = 1;

export interface GaussianSettings {
  /** p, features of a row. */
  readonly dimension: number;
  /** |μ| ≥ 0. */
  readonly meanNorm: number;
}

/** The next `rows` rows of a stream; more rows from the same seed begin with the same ones. */
export function drawGaussian(rows: number, settings: GaussianSettings, random: Random): Labelled {
  const { dimension, meanNorm } = settings;
  const features = new Float64Array(rows * dimension);
  const labels = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const label = random.below(2);
    labels[row] = label;
    const start = row * dimension;
    for (let at = start; at < start + dimension; at++) features[at] = random.normal();
    features[start] = features[start]! + (label === 1 ? meanNorm : -meanNorm);
  }
  return { rows, dimension, features, labels };
}
