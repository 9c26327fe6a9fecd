// Solutions as good as a float64 factor's from a float32 factor: residuals in float64, corrections
// from the factor. And the condition number, which says whether that can work.
import { columns, copyOf, matrix, type Matrix } from "./matrix.ts";

/** A symmetric system A x = b of order n. */
export interface RefinedSystem {
  readonly order: number;
  /** ‖A‖∞, which is ‖A‖₁. */
  readonly norm: number;
  /** A X in float64: a new matrix. */
  multiply(x: Matrix): Matrix;
  /** B ← A⁻¹ B to float32's precision. */
  solve(b: Matrix): void;
}

export interface Refined {
  readonly solution: Matrix;
  /** B − A X. */
  readonly residual: Matrix;
  /** Corrections made, at least 1. */
  readonly steps: number;
}

/** A system that float32 does for takes two to six. */
const STEPS_MAX = 12;

/**
 * Solves A X = B until every column has ‖b − A x‖∞ ≤ √n ε (‖A‖∞ ‖x‖∞ + ‖b‖∞), then corrects once
 * more. 4 n² k flop a step.
 *
 * @returns null if a step does not halve what is left, or 12 do not suffice.
 */
export function refine(system: RefinedSystem, b: Matrix): Refined | null {
  const x = matrix(b.rows, b.cols);
  correct(system, x, b);
  let residual = residualOf(system, x, b);
  let left = excess(system, { x, b, residual });
  for (let steps = 1; steps <= STEPS_MAX; steps++) {
    const isClose = left <= 1;
    correct(system, x, residual);
    residual = residualOf(system, x, b);
    if (isClose) return { solution: x, residual, steps };
    const now = excess(system, { x, b, residual });
    // Written so that a NaN ends it too.
    if (!(now <= left / 2)) return null;
    left = now;
  }
  return null;
}

/** X ← X + A⁻¹ R, each column scaled so that float32 neither overflows nor underflows. */
function correct(system: RefinedSystem, x: Matrix, residual: Matrix): void {
  const change = copyOf(residual);
  const scales = Float64Array.from({ length: x.cols }, (_, j) => scaleOf(columns(residual, j, j + 1)));
  scaleColumns(change, scales.map((scale) => 1 / scale));
  system.solve(change);
  scaleColumns(change, scales);
  for (let at = 0; at < x.rows * x.cols; at++) x.data[at]! += change.data[at]!;
}

/** A power of two near the largest entry; 1 for a column of zeros. */
function scaleOf(column: Matrix): number {
  const largest = largestOf(column.data);
  return largest > 0 && largest < Infinity ? 2 ** Math.max(-1000, Math.floor(Math.log2(largest))) : 1;
}

function scaleColumns(a: Matrix, by: Float64Array): void {
  for (let j = 0; j < a.cols; j++) {
    const factor = by[j]!;
    for (let at = j * a.rows; at < (j + 1) * a.rows; at++) a.data[at]! *= factor;
  }
}

function residualOf(system: RefinedSystem, x: Matrix, b: Matrix): Matrix {
  const out = system.multiply(x);
  for (let at = 0; at < b.rows * b.cols; at++) out.data[at] = b.data[at]! - out.data[at]!;
  return out;
}

/** The largest residual of a column in units of what is allowed. */
function excess(
  { order, norm }: RefinedSystem,
  { x, b, residual }: { readonly x: Matrix; readonly b: Matrix; readonly residual: Matrix },
): number {
  let most = 0;
  for (let j = 0; j < b.cols; j++) {
    const [size, solution, right] = [residual, x, b].map((a) => largestOf(columns(a, j, j + 1).data));
    const allowed = Math.sqrt(order) * Number.EPSILON * (norm * solution! + right!);
    const share = size === 0 ? 0 : size! / allowed;
    if (!(share <= most)) most = share;
    if (Number.isNaN(share)) return share;
  }
  return most;
}

/** NaN where there is one. */
function largestOf(values: Float64Array): number {
  let largest = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (!(size <= largest)) largest = size;
    if (Number.isNaN(size)) return size;
  }
  return largest;
}

/**
 * An estimate from below of ‖A‖₁ ‖A⁻¹‖₁, nearly always within a factor of three: at most 6 solves.
 *
 * @see Higham, Accuracy and Stability of Numerical Algorithms (2002), algorithm 15.4.
 */
export function conditionEstimate({ order: n, norm, solve }: Omit<RefinedSystem, "multiply">): number {
  const solved = (value: (i: number) => number): Float64Array => {
    const x = matrix(n, 1, Float64Array.from({ length: n }, (_, i) => value(i)));
    solve(x);
    return x.data;
  };
  if (n === 0) return 1;
  let y = solved(() => 1 / n);
  let most = sumOf(y);
  let last = -1;
  for (let round = 0; round < ROUNDS; round++) {
    const signs = y.map((value) => (value < 0 ? -1 : 1));
    // A is symmetric, so that its transpose is solved for by itself.
    const slope = solved((i) => signs[i]!);
    const place = placeOfLargest(slope);
    if (place === last) break;
    last = place;
    y = solved((i) => (i === place ? 1 : 0));
    const sum = sumOf(y);
    if (!(sum > most)) break;
    most = sum;
  }
  // Catches what cancels for all of the above.
  const wave = sumOf(solved((i) => (i % 2 === 0 ? 1 : -1) * (1 + i / Math.max(1, n - 1))));
  return norm * Math.max(most, (2 * wave) / (3 * n));
}

const ROUNDS = 2;

/** Of sizes. */
function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + Math.abs(value), 0);
}

function placeOfLargest(values: Float64Array): number {
  let place = 0;
  values.forEach((value, i) => {
    if (Math.abs(value) > Math.abs(values[place]!)) place = i;
  });
  return place;
}
