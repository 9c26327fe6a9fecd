// SPECTRE (arXiv 2104.11315): whiten a class by a covariance that poisons cannot sway, then score rows
// by quantum entropy, which looks at all directions in which whitened rows still spread too far.
//
//   Q = exp(4 (Σ − I) / (‖Σ‖ − 1)) / trace,   score hᵀ Q h,   h whitened rows, Σ their covariance
//
// exp is that of matrices, through eigenvectors. (Two Python ports take it of each entry: off-diagonal
// zeros become ones, so that the score depends on the basis.)
import type { LinalgProvider } from "../linalg/provider.ts";
import { columns, type Matrix, matrix } from "../linalg/matrix.ts";
import { type ClassDetector, removals } from "./detector.ts";
import { highest } from "./rates.ts";

/** Numbers of components that are tried: squares of an even grid from 1 to 8. */
const COMPONENTS = Array.from({ length: 8 }, (_, i) => (i + 1) ** 2);
export const SPECTRE_COMPONENTS_MAX = 64;
const SHARPNESS = 4;
/** Rounds in which the robust covariance drops its 2 ε n rows. */
const ROUNDS = 5;

export function spectre(linalg: LinalgProvider): ClassDetector {
  return ({ features, reckoned }) => {
    const n = features.scores.rows;
    const copies = mostCopies(features.scores);
    let best: QuantumScores = { scores: new Float64Array(n), spread: Number.NEGATIVE_INFINITY };
    for (const k of COMPONENTS) {
      // With fewer rows than dimensions a covariance cannot be turned around.
      if (k > features.values.length || 2 * k > n - 2 * reckoned) break;
      if (copies > 1 && !canBeOutlying({ copies, others: n - copies, dimensions: k })) break;
      const whitened = robustlyWhitened(columns(features.scores, 0, k), 2 * reckoned, linalg);
      if (whitened === null) break;
      const tried = quantumScores(whitened, linalg);
      if (tried.spread > best.spread) best = tried;
    }
    return { scores: best.scores, flags: highest(best.scores, removals(reckoned)) };
  };
}

/**
 * Whether m copies of one row can lie further out than rows do on average, once all are whitened.
 *
 * Whitened rows have a mean squared norm of k. A row's leverage is (1 + norm²) / N, and m equal rows make
 * a block of the projector that has it as every entry, so m (1 + norm²) / N ≤ 1: their norm² is at most
 * N / m − 1. In more dimensions than that they lie within the others however far they were, outlying
 * rows are clean ones, and dropping those makes it worse: all clean rows would score above the copies.
 */
export function canBeOutlying({ copies, others, dimensions }: { readonly copies: number; readonly others: number; readonly dimensions: number }): boolean {
  return dimensions * copies <= others;
}

/** Differences below this share of the largest entry are rounding. */
const SAME = 1e-6;

/** How many rows the largest group of equal rows has. */
function mostCopies({ rows, cols, data }: Matrix): number {
  const scale = SAME * data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const counts = new Map<string, number>();
  for (let i = 0; i < rows; i++) {
    const key = Array.from({ length: cols }, (_, j) => Math.round(data[i + j * rows]! / scale)).join(" ");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

interface QuantumScores {
  readonly scores: Float64Array;
  readonly spread: number;
}

/** hᵀ Q h of each row of (n, k), and tr(Q Σ), by which the number of components is chosen. */
export function quantumScores(rows: Matrix, linalg: LinalgProvider): QuantumScores {
  const k = rows.cols;
  const { values, vectors } = linalg.symmetricEigen(secondMoment(rows, new Uint8Array(rows.rows).fill(1), linalg));
  const top = values[k - 1]!;
  // Relative to the largest, which then has weight 1 and nothing overflows.
  const raw = values.map((value) => (top > 1 + 1e-9 ? Math.exp((SHARPNESS * (value - top)) / (top - 1)) : 1));
  const trace = raw.reduce((sum, one) => sum + one, 0);
  const turned = matrix(rows.rows, k);
  linalg.gemm({ a: rows, b: vectors, c: turned });
  const scores = new Float64Array(rows.rows);
  for (let j = 0; j < k; j++) {
    for (let i = 0; i < rows.rows; i++) scores[i]! += (raw[j]! / trace) * turned.data[i + j * rows.rows]! ** 2;
  }
  const spread = values.reduce((sum, value, j) => sum + (raw[j]! / trace) * value, 0);
  return { scores, spread };
}

/** Rows whitened by mean and covariance of those that remain when `budget` outlying ones are dropped. */
export function robustlyWhitened(rows: Matrix, budget: number, linalg: LinalgProvider): Matrix | null {
  const n = rows.rows;
  const kept = new Uint8Array(n).fill(1);
  let whitened = whitenedBy(rows, kept, linalg);
  let left = budget;
  for (let round = 0; round < ROUNDS && left > 0 && whitened !== null; round++) {
    const drop = Math.ceil(left / (ROUNDS - round));
    const norms = Float64Array.from({ length: n }, (_, i) => (kept[i] === 1 ? squaredNorm(whitened!, i) : -1));
    highest(norms, drop).forEach((flag, i) => {
      if (flag === 1) kept[i] = 0;
    });
    left -= drop;
    whitened = whitenedBy(rows, kept, linalg);
  }
  return whitened;
}

/** All rows, moved and turned so that the kept ones have mean 0 and covariance I; null if they are flat. */
function whitenedBy(rows: Matrix, kept: Uint8Array, linalg: LinalgProvider): Matrix | null {
  const [n, k] = [rows.rows, rows.cols];
  const count = kept.reduce((sum, one) => sum + one, 0);
  const moved = matrix(n, k);
  for (let j = 0; j < k; j++) {
    let mean = 0;
    for (let i = 0; i < n; i++) mean += (kept[i]! * rows.data[i + j * n]!) / count;
    for (let i = 0; i < n; i++) moved.data[i + j * n] = rows.data[i + j * n]! - mean;
  }
  const { values, vectors } = linalg.symmetricEigen(secondMoment(moved, kept, linalg));
  if (!(values[0]! > k * Number.EPSILON * values[k - 1]!)) return null;
  const out = matrix(n, k);
  linalg.gemm({ a: moved, b: vectors, c: out });
  for (let j = 0; j < k; j++) {
    const scale = 1 / Math.sqrt(values[j]!);
    for (let i = 0; i < n; i++) out.data[i + j * n]! *= scale;
  }
  return out;
}

/** Mean of x xᵀ over the kept rows, (k, k). */
function secondMoment(rows: Matrix, kept: Uint8Array, linalg: LinalgProvider): Matrix {
  const count = kept.reduce((sum, one) => sum + one, 0);
  const some = matrix(rows.rows, rows.cols);
  const scale = 1 / Math.sqrt(count);
  rows.data.forEach((value, index) => {
    some.data[index] = kept[index % rows.rows] === 1 ? value * scale : 0;
  });
  return linalg.gram(some);
}

function squaredNorm(rows: Matrix, row: number): number {
  let sum = 0;
  for (let j = 0; j < rows.cols; j++) sum += rows.data[row + j * rows.rows]! ** 2;
  return sum;
}
