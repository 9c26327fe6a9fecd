// Standardisation: what the clean training rows say of mean and spread, applied to any rows.
//
// Sums run in one fixed order (down the rows, feature by feature, then across features), so that
// the same rows give the same bits on every machine and at every thread count.
import type { DataSpec } from "../schema/data.ts";
import { UserError } from "../schema/failure.ts";
import type { Labelled } from "./draw.ts";

export type Standardisation = DataSpec["standardise"];

export interface Standardiser {
  /** Changes whole rows, (any number, d), in place: each x becomes (x − mean) / deviation. */
  apply(features: Float64Array): void;
}

/**
 * Fits to the clean training rows; the deviation divides by n, not n − 1.
 *
 * `global` has one mean and deviation for all entries, `feature` one of each for each column. What
 * is constant is only centred, so it becomes exactly 0 on rows that hold the same constant.
 *
 * @param train (n, d), not modified.
 * @throws UserError if there is no row to fit to.
 */
export function fitStandardiser(kind: Standardisation, train: Labelled): Standardiser {
  if (kind === "none") return { apply() {} };
  if (train.rows === 0) throw new UserError("data.standardise: no training rows to fit to");
  const columns = kind === "feature" ? columnMoments(train) : overallMoments(train);
  return { apply: (features) => rescale(features, columns, train.dimension) };
}

interface Moments {
  /** (d). */
  readonly mean: Float64Array;
  /** (d), 1 where the column is constant. */
  readonly deviation: Float64Array;
}

function columnMoments({ rows, dimension, features }: Labelled): Moments {
  const first = features.subarray(0, dimension);
  const mean = new Float64Array(dimension);
  const square = new Float64Array(dimension);
  const varies = new Uint8Array(dimension);
  // Sums of differences from the first row: a constant column gives exactly 0.
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < dimension; column++) {
      const difference = features[row * dimension + column]! - first[column]!;
      mean[column] = mean[column]! + difference;
      if (difference !== 0) varies[column] = 1;
    }
  }
  for (let column = 0; column < dimension; column++) {
    mean[column] = first[column]! + mean[column]! / rows;
  }
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < dimension; column++) {
      const difference = features[row * dimension + column]! - mean[column]!;
      square[column] = square[column]! + difference * difference;
    }
  }
  const deviation = square.map((sum, column) => (varies[column] === 1 ? Math.sqrt(sum / rows) : 1));
  return { mean, deviation };
}

function overallMoments(train: Labelled): Moments {
  const { rows, dimension, features } = train;
  const columns = columnMoments(train);
  const mean = sum(columns.mean) / dimension;
  const squares = new Float64Array(dimension);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < dimension; column++) {
      const difference = features[row * dimension + column]! - mean;
      squares[column] = squares[column]! + difference * difference;
    }
  }
  const isConstant = features.every((value) => value === features[0]);
  const deviation = isConstant ? 1 : Math.sqrt(sum(squares) / (rows * dimension));
  return {
    mean: new Float64Array(dimension).fill(isConstant ? (features[0] ?? 0) : mean),
    deviation: new Float64Array(dimension).fill(deviation),
  };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function rescale(features: Float64Array, { mean, deviation }: Moments, dimension: number): void {
  if (features.length % dimension !== 0) {
    throw new RangeError(`${features.length} features: expected whole rows of ${dimension}`);
  }
  for (let start = 0; start < features.length; start += dimension) {
    for (let column = 0; column < dimension; column++) {
      const centred = features[start + column]! - mean[column]!;
      features[start + column] = centred / deviation[column]!;
    }
  }
}
