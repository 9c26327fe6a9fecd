// The `added` attack at one ridge, strength and target: m distinct poisons, the first m of a list.
//
// All prefixes come from one factorisation (prefix-sums.ts); this turns them into metrics.
import { columns, type Matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import { clusterDeviation } from "./cluster.ts";
import type { PointResult } from "./line.ts";
import { diagonalOf } from "./matrix-parts.ts";
import { prefixSums, type PrefixSums } from "./prefix-sums.ts";
import { prefixWins } from "./prefix-wins.ts";
import type { PointMetrics } from "./rows.ts";
import { isCancelled } from "./solver.ts";

/** M poisons in order of use, under one ridge, and the t rows that they are measured on. */
export interface AddedCase {
  readonly c: number;
  /**
   * Rows each poison changes: 1, itself; or 2, itself and the clean row that makes room for it.
   * Sizes below are then 2 M where they say M, poison and clean row in turn, but for `self` and
   * `triggeredKernel`.
   */
  readonly step: 1 | 2;
  /** Classes of the poisons' labels where these are their own, so that accuracy drops; null: the target. */
  readonly labels: Int32Array | null;
  /** Whether the poisons are meant to be near one another, so that their distance is reported. */
  readonly isCluster: boolean;
  /** n, clean training rows. */
  readonly clean: number;
  readonly target: number;
  /** Of the clean model: tr K (K + cI)⁻¹ and |α|². */
  readonly dof: number;
  readonly alphaNorm: number;
  /** S, (M, M). */
  readonly covariance: Matrix;
  /** UᵀU, (M, M). */
  readonly overlap: Matrix;
  /** Uᵀα, (M, q). */
  readonly cross: Matrix;
  /** f0(Z), (M, q). */
  readonly scores: Matrix;
  /** k(z, z), (M). */
  readonly self: Float64Array;
  readonly test: MovedRows;
  readonly triggered: MovedRows;
  /** k(z, x) at the triggered rows, (M, t). */
  readonly triggeredKernel: Matrix;
}

export interface MovedRows {
  /** f0: class j at row x is `scores[start + j · t + x]`. */
  readonly scores: Float64Array;
  readonly start: number;
  /** Gᵀ, (M, t); overwritten. */
  readonly moves: Matrix;
  /** The class each row is asked about; −1 leaves it out. */
  readonly claimed: Int32Array;
}

/** What each of `counts`, in any order and each at most M, comes to. */
export function measureAdded(
  one: AddedCase,
  counts: readonly number[],
  linalg: LinalgProvider,
): readonly PointResult[] {
  const { c, covariance, overlap, cross, self, step } = one;
  const variances = diagonalOf(covariance).filter((_, row) => row % step === 0);
  const signs = step === 1 ? null
    : Int8Array.from({ length: covariance.rows }, (_, row) => (row % 2 === 0 ? 1 : -1));
  const cancelled = variances.findIndex((variance, j) => isCancelled(variance, self[j]!));
  const usable = cancelled < 0 ? variances.length : cancelled;
  const sums = prefixSums({ covariance, overlap, cross, errors: errorsOf(one), signs }, c, linalg);
  const lengths = [...new Set(counts)].filter((m) => m * step <= sums.valid).sort((a, b) => a - b);
  const measured = measurePrefixes(one, { sums, variances, lengths }, linalg);
  return counts.map((m) => {
    if (Math.max(m, 1) > usable) return "variance_cancelled";
    return measured.get(m) ?? "not_positive_definite";
  });
}

/** E: the codes of the poisons' labels minus the clean model's scores. */
function errorsOf({ scores, target, labels, step }: AddedCase): Matrix {
  const q = scores.cols;
  const labelAt = (row: number): number => (labels === null ? target : labels[Math.floor(row / step)]!);
  const data = scores.data.map((score, at) =>
    at % scores.rows % step === 1 ? -score
      : (Math.floor(at / scores.rows) === labelAt(at % scores.rows) ? 1 : 0) - 1 / q - score);
  return { ...scores, data };
}

interface Prefixes {
  readonly sums: PrefixSums;
  readonly variances: Float64Array;
  /** Ascending, each at most `sums.valid`. */
  readonly lengths: readonly number[];
}

function measurePrefixes(
  one: AddedCase,
  { sums, variances, lengths }: Prefixes,
  linalg: LinalgProvider,
): Map<number, PointMetrics> {
  const { c, clean, target, triggeredKernel, step } = one;
  const rows = (m: number): number => (step === 1 ? clean + m : clean);
  const q = one.scores.cols;
  const changes = lengths.map((m) => m * step);
  // Judged without poisons too: what accuracy drops from.
  const correct = decide(one.test, { sums, lengths: [0, ...changes] }, linalg);
  const accuracy = (index: number): number => (correct.wins[index] ?? Number.NaN) / correct.asked;
  const success = decide(one.triggered, { sums, lengths: changes }, linalg);
  const law = prefixMeans(meansOfAsked(triggeredKernel, one.triggered.claimed));
  const self = prefixMeans(one.self);
  const variance = prefixMeans(variances);
  const shift = prefixShift(success.meanMoves, sums.weights, target);
  return new Map(lengths.map((m, index) => [m, {
    clean_accuracy: accuracy(index + 1),
    attack_success_rate: (success.wins[index] ?? Number.NaN) / success.asked,
    delta_f: shift[m * step]!,
    delta_f_law: m === 0 ? 0 : (law[m]! * (1 - 1 / q) * m) / (c + self[m]! * m),
    posterior_variance: variance[Math.max(m, 1)]!,
    gamma: sums.gamma[m * step]!,
    effective_dof: one.dof + rows(m) - clean - c * sums.trace[m * step]!,
    train_mse: (c * c * (one.alphaNorm + sums.alphaNorm[m * step]!)) / rows(m),
    ...(one.labels === null ? {} : { accuracy_drop: accuracy(0) - accuracy(index + 1) }),
    ...(one.isCluster ? { cluster_deviation: clusterDeviation(one.covariance, m, linalg) } : {}),
  }]));
}

interface Decisions {
  readonly wins: Int32Array;
  readonly asked: number;
  /** V's mean over the rows asked about, (valid). */
  readonly meanMoves: Float64Array;
}

function decide(
  { scores, start, claimed, moves }: MovedRows,
  { sums, lengths }: Pick<Prefixes, "sums" | "lengths">,
  linalg: LinalgProvider,
): Decisions {
  const { factor, valid, weights } = sums;
  const pulls = leadingRows(moves, valid);
  linalg.solveLower(factor, pulls);
  const asked = claimed.reduce((sum, label) => sum + (label >= 0 ? 1 : 0), 0);
  const rows = {
    scores,
    start,
    classes: weights.rows,
    pulls: pulls.data,
    weights: weights.data,
    poisons: valid,
  };
  return {
    wins: prefixWins(rows, claimed, lengths),
    asked,
    meanMoves: meansOfAsked(pulls, claimed),
  };
}

/** Mean of each row of an (m, t) matrix over the columns that are asked about. */
function meansOfAsked(a: Matrix, claimed: Int32Array): Float64Array {
  const means = new Float64Array(a.rows);
  let asked = 0;
  for (let x = 0; x < a.cols; x++) {
    if (claimed[x]! < 0) continue;
    asked++;
    for (let i = 0; i < a.rows; i++) means[i]! += a.data[i + x * a.rows]!;
  }
  return means.map((sum) => sum / asked);
}

/** Index m: the mean of the first m values; NaN at 0. */
function prefixMeans(values: Float64Array): Float64Array {
  const means = new Float64Array(values.length + 1).fill(Number.NaN);
  let sum = 0;
  values.forEach((value, index) => {
    sum += value;
    means[index + 1] = sum / (index + 1);
  });
  return means;
}

/** Index m: mean shift of the target's score under the first m poisons. */
function prefixShift(meanMoves: Float64Array, weights: Matrix, target: number): Float64Array {
  const shift = new Float64Array(meanMoves.length + 1);
  meanMoves.forEach((move, j) => {
    shift[j + 1] = shift[j]! + move * columns(weights, j, j + 1).data[target]!;
  });
  return shift;
}

function leadingRows(a: Matrix, rows: number): Matrix {
  if (rows === a.rows) return a;
  const data = new Float64Array(rows * a.cols);
  for (let x = 0; x < a.cols; x++) {
    data.set(a.data.subarray(x * a.rows, x * a.rows + rows), x * rows);
  }
  return { rows, cols: a.cols, data };
}
