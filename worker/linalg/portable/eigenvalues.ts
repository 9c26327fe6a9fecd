// Eigenvalues of a symmetric tridiagonal matrix, without vectors: the QL iteration free of square
// roots of Pal, Walker and Kahan (Parlett, The Symmetric Eigenvalue Problem, §8.15).
//
// It works on the squares of the off-diagonal, one block between zeros at a time, from the end of
// the block where the diagonal is smaller. All is scaled by a power of two first, so that squares
// neither overflow nor vanish while they matter.
import { noConvergence } from "../shapes.ts";

const EPSILON_SQUARED = 2 ** -106;
/** Of a matrix scaled to 1, nothing that can be told from 0; larger squares lose no digits. */
const NOTHING_SQUARED = 2 ** -960;
/** Three are usual. */
const SWEEPS_PER_EIGENVALUE = 30;

/** A power of two near 1/largest, or 1 for zeros. */
export function scaleFor(...vectors: readonly Float64Array[]): number {
  let largest = 0;
  for (const vector of vectors) {
    for (const value of vector) largest = Math.max(largest, Math.abs(value));
  }
  // A reciprocal of a subnormal number would be infinite.
  return largest === 0 ? 1 : 2 ** -Math.max(-1000, Math.floor(Math.log2(largest)));
}

/** Ascending; the arguments, of finite numbers, are not modified. */
export function eigenvaluesOf(diagonal: Float64Array, offDiagonal: Float64Array): Float64Array {
  const scale = scaleFor(diagonal, offDiagonal);
  const d = diagonal.map((value) => value * scale);
  const squares = offDiagonal.map((value) => (value * scale) ** 2);
  let sweepsLeft = SWEEPS_PER_EIGENVALUE * d.length;
  for (let first = 0; first < d.length; ) {
    const last = endOfBlock(d, squares, first);
    if (last > first && Math.abs(d[last]!) < Math.abs(d[first]!)) {
      // Mirrored, the smaller entry comes first: QL then keeps small eigenvalues accurate.
      d.subarray(first, last + 1).reverse();
      squares.subarray(first, last).reverse();
    }
    sweepsLeft = solveBlock(d, squares, { first, last, sweepsLeft });
    first = last + 1;
  }
  return d.sort().map((value) => value / scale);
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** The last index of the block that starts at `first`, set free by a zero behind it. */
function endOfBlock(d: Float64Array, squares: Float64Array, first: number): number {
  for (let m = first; m < squares.length; m++) {
    if (isNegligible(d, squares, m)) {
      squares[m] = 0;
      return m;
    }
  }
  return squares.length;
}

function isNegligible(d: Float64Array, squares: Float64Array, m: number): boolean {
  return squares[m]! <= EPSILON_SQUARED * Math.abs(d[m]! * d[m + 1]!) + NOTHING_SQUARED;
}

/** Turns d into eigenvalues from `first` to `last`; returns the sweeps that remain. */
function solveBlock(
  d: Float64Array,
  squares: Float64Array,
  { first, last, sweepsLeft }: Range & { readonly sweepsLeft: number },
): number {
  let left = sweepsLeft;
  for (let l = first; l <= last; ) {
    const m = Math.min(last, endOfBlock(d, squares, l));
    if (m === l) {
      l++;
    } else if (m === l + 1) {
      [d[l], d[m]] = eigenvaluesOfPair(d[l]!, Math.sqrt(squares[l]!), d[m]!);
      squares[l] = 0;
      l += 2;
    } else {
      if (left-- === 0) throw noConvergence("tridiagonalEigenvalues", `order ${d.length}`);
      sweep(d, squares, { first: l, last: m });
    }
  }
  return left;
}

/** One QL step on a block of three or more, shifted by Wilkinson's choice. */
function sweep(d: Float64Array, squares: Float64Array, { first, last }: Range): void {
  const shift = shiftOf(d[first]!, Math.sqrt(squares[first]!), d[first + 1]!);
  let c = 1;
  let s = 0;
  let gamma = d[last]! - shift;
  let p = gamma * gamma;
  for (let i = last - 1; i >= first; i--) {
    const square = squares[i]!;
    const r = p + square;
    if (i !== last - 1) squares[i + 1] = s * r;
    const cBefore = c;
    c = p / r;
    s = square / r;
    const gammaBefore = gamma;
    const alpha = d[i]!;
    gamma = c * (alpha - shift) - s * gammaBefore;
    d[i + 1] = gammaBefore + (alpha - gamma);
    p = c === 0 ? cBefore * square : (gamma * gamma) / c;
  }
  squares[first] = s * p;
  d[first] = shift + gamma;
}

/** The eigenvalue of [a b; b c] nearer to a. */
export function shiftOf(a: number, b: number, c: number): number {
  const g = (c - a) / (2 * b);
  const r = Math.sqrt(1 + g * g);
  return a - b / (g + (g < 0 ? -r : r));
}

/** Both eigenvalues of [a b; b c]. */
export function eigenvaluesOfPair(a: number, b: number, c: number): [number, number] {
  const mean = (a + c) / 2;
  const half = (a - c) / 2;
  const radius = Math.sqrt(half * half + b * b);
  const outer = mean < 0 ? mean - radius : mean + radius;
  // The product of both is the determinant; the larger one is free of cancellation.
  const inner = outer === 0 ? 0 : (a / outer) * c - (b / outer) * b;
  return [outer, inner];
}
