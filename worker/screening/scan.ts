// SCAn (arXiv 1908.00686): a class that is a mixture of two subgroups, where others are one, is poisoned.
//
// x = μ_class + ε with global covariances S_μ and S_ε, found by expectation maximisation over all classes; then each
// class is split by 2-means in the metric S_ε⁻¹, and the gain in log likelihood over one group is compared
// between classes by its deviation from the median in units of the median absolute deviation. The smaller
// group is flagged. (The original asks a small clean set which group is clean.)
import type { Random } from "../../data/random.ts";
import type { LinalgProvider } from "../linalg/provider.ts";
import { copyOf, type Matrix, matrix } from "../linalg/matrix.ts";
import type { Screened } from "./detector.ts";
import { twoMeans } from "./two-means.ts";

export const SCAN_COMPONENTS = 20;
/** A class whose index is above e² is poisoned. */
export const SCAN_INDEX_MAX = Math.exp(2);
const ROUNDS_MAX = 100;
const TOLERANCE = 1e-5;
/** Makes a median absolute deviation the standard deviation of a normal. */
const NORMAL_MAD = 1.4826;

export interface ScanRequest {
  /** (n, k), rows of all classes, centred as a whole. */
  readonly rows: Matrix;
  /** (n). */
  readonly labels: Int32Array;
  readonly classes: number;
  readonly random: Random;
}

/** Scores and flags of all rows. Classes of fewer than four rows are passed over. */
export function scan({ rows, labels, classes, random }: ScanRequest, linalg: LinalgProvider): Screened {
  const n = rows.rows;
  const out = { scores: new Float64Array(n), flags: new Uint8Array(n) };
  const members = Array.from({ length: classes }, (_, label) =>
    Int32Array.from(labels.keys()).filter((row) => labels[row] === label));
  const whitened = whiten(rows, withinCovariance(rows, members, linalg), linalg);
  if (whitened === null) return out;
  const splits = members.map((own) => (own.length < 4 ? null : splitOf(whitened, own, random)));
  const gains = splits.flatMap((split) => (split === null ? [] : [split.gain]));
  const middle = median(gains);
  const spread = NORMAL_MAD * median(gains.map((gain) => Math.abs(gain - middle)));
  splits.forEach((split, label) => {
    if (split === null) return;
    const isPoisoned = spread > 0 && (split.gain - middle) / spread > SCAN_INDEX_MAX;
    members[label]!.forEach((row, i) => {
      out.scores[row] = split.margin[i]!;
      out.flags[row] = isPoisoned && split.margin[i]! > 0 ? 1 : 0;
    });
  });
  return out;
}

interface Split {
  /** Per row: how much nearer to the smaller group. */
  readonly margin: Float64Array;
  /** Gain in log likelihood of two groups over one, per row. */
  readonly gain: number;
}

function splitOf(whitened: Matrix, own: Int32Array, random: Random): Split {
  const some = matrix(own.length, whitened.cols);
  own.forEach((row, i) => {
    for (let j = 0; j < whitened.cols; j++) some.data[i + j * own.length] = whitened.data[row + j * whitened.rows]!;
  });
  const { group, distances, sizes } = twoMeans(some, random);
  const small = sizes[1] <= sizes[0] ? 1 : 0;
  const margin = distances[small].map((near, i) => distances[small === 1 ? 0 : 1][i]! - near);
  let [one, two] = [0, 0];
  for (let j = 0; j < some.cols; j++) {
    let mean = 0;
    for (let i = 0; i < own.length; i++) mean += some.data[i + j * own.length]! / own.length;
    for (let i = 0; i < own.length; i++) one += (some.data[i + j * own.length]! - mean) ** 2;
  }
  group.forEach((which, i) => {
    two += (which === 0 ? distances[0] : distances[1])[i]!;
  });
  return { margin, gain: (one - two) / own.length };
}

/**
 * S_ε of x = μ_class + ε by expectation maximisation, from the covariances between and within classes.
 * With F = S_ε⁻¹ and n_c rows of a class of mean x̄: E μ_c = S_μ (S_μ + S_ε / n_c)⁻¹ x̄.
 */
export function withinCovariance(rows: Matrix, members: readonly Int32Array[], linalg: LinalgProvider): Matrix {
  const k = rows.cols;
  const own = members.filter(({ length }) => length > 0);
  const means = own.map((some) => meanOf(rows, some));
  let within = scatter(rows, own, means);
  let between = covarianceOf(means, k);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const expected = own.map((some, c) => shrunk(means[c]!, between, within, some.length, linalg));
    const [nextWithin, nextBetween] = [scatter(rows, own, expected), covarianceOf(expected, k)];
    const change = distance(nextWithin, within) + distance(nextBetween, between);
    [within, between] = [nextWithin, nextBetween];
    if (change <= TOLERANCE * (norm(within) + norm(between))) break;
  }
  return within;
}

/** S_μ (S_μ + S_ε / n)⁻¹ x̄. */
function shrunk(mean: Float64Array, between: Matrix, within: Matrix, count: number, linalg: LinalgProvider): Float64Array {
  const k = mean.length;
  const sum = copyOf(between);
  for (let i = 0; i < k * k; i++) sum.data[i]! += within.data[i]! / count;
  let trace = 0;
  for (let i = 0; i < k; i++) trace += sum.data[i * (k + 1)]!;
  // Fewer classes than components leave directions without any spread.
  for (let i = 0; i < k; i++) sum.data[i * (k + 1)]! += 1e-12 * trace;
  linalg.cholesky(sum);
  const solved = matrix(k, 1, mean.slice());
  linalg.solveLower(sum, solved);
  linalg.solveLower(sum, solved, true);
  const out = matrix(k, 1);
  linalg.gemm({ a: between, b: solved, c: out });
  return out.data;
}

/** Mean over all rows of (x − centre of its class)(…)ᵀ. */
function scatter(rows: Matrix, members: readonly Int32Array[], centres: readonly Float64Array[]): Matrix {
  const k = rows.cols;
  const out = matrix(k, k);
  const count = members.reduce((sum, { length }) => sum + length, 0);
  const difference = new Float64Array(k);
  members.forEach((some, c) => {
    for (const row of some) {
      for (let j = 0; j < k; j++) difference[j] = rows.data[row + j * rows.rows]! - centres[c]![j]!;
      for (let j = 0; j < k; j++) for (let i = 0; i < k; i++) out.data[i + j * k]! += (difference[i]! * difference[j]!) / count;
    }
  });
  return out;
}

function covarianceOf(means: readonly Float64Array[], k: number): Matrix {
  const out = matrix(k, k);
  for (const mean of means) {
    for (let j = 0; j < k; j++) for (let i = 0; i < k; i++) out.data[i + j * k]! += (mean[i]! * mean[j]!) / means.length;
  }
  return out;
}

function meanOf(rows: Matrix, some: Int32Array): Float64Array {
  const mean = new Float64Array(rows.cols);
  for (const row of some) for (let j = 0; j < rows.cols; j++) mean[j]! += rows.data[row + j * rows.rows]! / some.length;
  return mean;
}

/** Rows times S^(−1/2); null where S is flat. */
function whiten(rows: Matrix, within: Matrix, linalg: LinalgProvider): Matrix | null {
  const { values, vectors } = linalg.symmetricEigen(copyOf(within));
  const k = rows.cols;
  if (k === 0 || !(values[0]! > k * Number.EPSILON * values[k - 1]!)) return null;
  const out = matrix(rows.rows, k);
  linalg.gemm({ a: rows, b: vectors, c: out });
  for (let j = 0; j < k; j++) {
    for (let i = 0; i < rows.rows; i++) out.data[i + j * rows.rows]! /= Math.sqrt(values[j]!);
  }
  return out;
}

const norm = ({ data }: Matrix): number => Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
const distance = (a: Matrix, b: Matrix): number => norm({ ...a, data: a.data.map((value, i) => value - b.data[i]!) });

/** The upper of two middle ones. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
