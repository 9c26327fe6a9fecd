// Matrices for the exam of linear algebra, and naive arithmetic to judge by: triple loops that
// share no code with any provider.
import { matrix, type Matrix } from "../../../worker/linalg/matrix.ts";

export const EPSILON = 2 ** -52;

/** Uniform numbers in [−1, 1) by seed (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

export function entry(a: Matrix, i: number, j: number): number {
  const value = a.data[i + j * a.rows];
  if (value === undefined) throw new RangeError(`no entry (${i}, ${j})`);
  return value;
}

export function fill(rows: number, cols: number, value: (i: number, j: number) => number): Matrix {
  const a = matrix(rows, cols);
  for (let j = 0; j < cols; j++) {
    for (let i = 0; i < rows; i++) a.data[i + j * rows] = value(i, j);
  }
  return a;
}

export function random(rows: number, cols: number, seed: number): Matrix {
  const next = uniform(seed);
  return fill(rows, cols, () => next());
}

export function identity(n: number): Matrix {
  return fill(n, n, (i, j) => (i === j ? 1 : 0));
}

export function randomSymmetric(n: number, seed: number): Matrix {
  const a = random(n, n, seed);
  return fill(n, n, (i, j) => entry(a, Math.max(i, j), Math.min(i, j)));
}

export function transpose(a: Matrix): Matrix {
  return fill(a.cols, a.rows, (i, j) => entry(a, j, i));
}

/** A B by the definition. */
export function times(a: Matrix, b: Matrix): Matrix {
  const product = matrix(a.rows, b.cols);
  for (let j = 0; j < b.cols; j++) {
    for (let k = 0; k < a.cols; k++) {
      const factor = entry(b, k, j);
      for (let i = 0; i < a.rows; i++) product.data[i + j * a.rows]! += entry(a, i, k) * factor;
    }
  }
  return product;
}

export function absolute(a: Matrix): Matrix {
  return fill(a.rows, a.cols, (i, j) => Math.abs(entry(a, i, j)));
}

/** B Bᵀ + n I with B random: condition about 10. */
export function randomDefinite(n: number, seed: number): Matrix {
  const b = random(n, n, seed);
  const product = times(b, transpose(b));
  return fill(n, n, (i, j) => entry(product, Math.max(i, j), Math.min(i, j)) + (i === j ? n : 0));
}

/** H D H with H = I − 2 v vᵀ a random reflection: a symmetric matrix with the spectrum given. */
export function withSpectrum(values: readonly number[], seed: number): Matrix {
  const n = values.length;
  const next = uniform(seed);
  const v = Array.from({ length: n }, next);
  const norm = Math.hypot(...v);
  const h = fill(n, n, (i, j) => (i === j ? 1 : 0) - (2 * (v[i] ?? 0) * (v[j] ?? 0)) / norm ** 2);
  const scaled = fill(n, n, (i, j) => entry(h, i, j) * (values[j] ?? 0));
  const product = times(scaled, h);
  return fill(n, n, (i, j) => entry(product, Math.max(i, j), Math.min(i, j)));
}

/** The RBF kernel of n points on a line: positive definite, spectrum graded over all of float64. */
export function gaussianKernel(n: number, lengthScale: number): Matrix {
  return fill(n, n, (i, j) => Math.exp(-(((i - j) / lengthScale) ** 2) / 2));
}

/** The tridiagonal matrix with the given diagonals. */
export function tridiagonalMatrix(diagonal: Float64Array, offDiagonal: Float64Array): Matrix {
  return fill(diagonal.length, diagonal.length, (i, j) => {
    if (i === j) return diagonal[i] ?? 0;
    return Math.abs(i - j) === 1 ? (offDiagonal[Math.min(i, j)] ?? 0) : 0;
  });
}

/** The largest |a − b|; NaN anywhere gives NaN, which passes no comparison. */
export function distance(a: Matrix, b: Matrix): number {
  if (a.rows !== b.rows || a.cols !== b.cols) throw new RangeError("distance of unlike shapes");
  let largest = 0;
  for (let p = 0; p < a.rows * a.cols; p++) {
    const gap = Math.abs(a.data[p]! - b.data[p]!);
    if (!(gap <= largest)) largest = gap;
    if (Number.isNaN(gap)) return NaN;
  }
  return largest;
}

/** Whether |a − b| ≤ bound entry by entry. */
export function isWithin(a: Matrix, b: Matrix, bound: (i: number, j: number) => number): boolean {
  for (let j = 0; j < a.cols; j++) {
    for (let i = 0; i < a.rows; i++) {
      if (!(Math.abs(entry(a, i, j) - entry(b, i, j)) <= bound(i, j))) return false;
    }
  }
  return true;
}
