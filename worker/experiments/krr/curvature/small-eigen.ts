// Extreme eigenpairs of small dense symmetric matrices: tridiagonal by the provider, then bisection
// on Sturm counts and inverse iteration for the few pairs wanted. From order 20 on that takes half
// to a sixth of what all pairs by the provider take; for smaller matrices, or more than a few
// pairs, all pairs by the provider take less.
import { type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";

export interface ExtremePairs {
  /** Largest first, then smallest first. */
  readonly top: Float64Array;
  readonly bottom: Float64Array;
  /** Unit vectors, (k, top + bottom), in the same orders. */
  readonly vectors: Matrix;
}

interface Reduced {
  readonly diagonal: Float64Array;
  /** Entry i couples i and i + 1. */
  readonly off: Float64Array;
}

/**
 * The `top` largest and `bottom` smallest eigenpairs of a symmetric (k, k) matrix, which is
 * overwritten; the lower triangle is read.
 */
export function extremePairs(
  a: Matrix,
  wanted: { readonly top: number; readonly bottom: number },
  linalg: LinalgProvider,
): ExtremePairs {
  const k = a.rows;
  if (k <= ALL_PAIRS_ORDER || wanted.top + wanted.bottom > FEW_PAIRS) return outOfAll(a, wanted, linalg);
  const tridiagonal = linalg.tridiagonalise(a);
  const reduced = { diagonal: tridiagonal.diagonal, off: tridiagonal.offDiagonal };
  const top = Float64Array.from({ length: wanted.top }, (_, i) => eigenvalue(reduced, k - 1 - i));
  const bottom = Float64Array.from({ length: wanted.bottom }, (_, i) => eigenvalue(reduced, i));
  const vectors = matrix(k, top.length + bottom.length);
  [...vectorsOf(reduced, top), ...vectorsOf(reduced, bottom)].forEach((vector, j) =>
    vectors.data.set(vector, j * k));
  linalg.applyReflectors(tridiagonal, vectors);
  return { top, bottom, vectors };
}

const ALL_PAIRS_ORDER = 16;
const FEW_PAIRS = 4;

function outOfAll(
  a: Matrix,
  wanted: { readonly top: number; readonly bottom: number },
  linalg: LinalgProvider,
): ExtremePairs {
  const { values, vectors: all } = linalg.symmetricEigen(a);
  const k = values.length;
  const [most, least] = [Math.min(wanted.top, k), Math.min(wanted.bottom, k)];
  const vectors = matrix(k, most + least);
  const places = [...Array.from({ length: most }, (_, i) => k - 1 - i), ...Array.from({ length: least }, (_, i) => i)];
  places.forEach((place, j) => {
    for (let i = 0; i < k; i++) vectors.data[i + j * k] = all.data[i + place * k]!;
  });
  return { top: values.slice(k - most).reverse(), bottom: values.slice(0, least), vectors };
}

/** Eigenvalue number `index` from the smallest, by bisection to the last bits. */
function eigenvalue({ diagonal, off }: Reduced, index: number): number {
  const k = diagonal.length;
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < k; i++) {
    const radius = Math.abs(off[i] ?? 0) + (i > 0 ? Math.abs(off[i - 1]!) : 0);
    low = Math.min(low, diagonal[i]! - radius);
    high = Math.max(high, diagonal[i]! + radius);
  }
  const floor = Number.EPSILON * Math.max(Math.abs(low), Math.abs(high));
  while (high - low > floor) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (countBelow(diagonal, off, middle) > index) high = middle;
    else low = middle;
  }
  return low + (high - low) / 2;
}

function countBelow(diagonal: Float64Array, off: Float64Array, x: number): number {
  let count = 0;
  let pivot = 1;
  for (let i = 0; i < diagonal.length; i++) {
    const coupling = i > 0 ? off[i - 1]! : 0;
    pivot = diagonal[i]! - x - (i > 0 ? (coupling * coupling) / pivot : 0);
    if (pivot === 0) pivot = 1e-300;
    if (pivot < 0) count++;
  }
  return count;
}

const ITERATIONS = 3;

function vectorsOf(reduced: Reduced, values: Float64Array): Float64Array[] {
  const found: Float64Array[] = [];
  for (const value of values) {
    const x = startVector(reduced.diagonal.length);
    const factor = factorShifted(reduced, value);
    for (let round = 0; round < ITERATIONS; round++) {
      solveShifted(factor, x, round > 0);
      for (const other of found) takeOff(x, other);
      normalise(x);
    }
    found.push(x);
  }
  return found;
}

/** Some fixed vector that is unlikely to be orthogonal to anything. */
function startVector(k: number): Float64Array {
  const x = new Float64Array(k);
  for (let i = 0; i < k; i++) x[i] = 1 + 0.5 * Math.abs(((i * 0.6180339887498949) % 1) - 0.5);
  return x;
}

function takeOff(x: Float64Array, unit: Float64Array): void {
  let inner = 0;
  for (let i = 0; i < x.length; i++) inner += x[i]! * unit[i]!;
  for (let i = 0; i < x.length; i++) x[i]! -= inner * unit[i]!;
}

function normalise(x: Float64Array): void {
  let largest = 0;
  for (const value of x) largest = Math.max(largest, Math.abs(value));
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    x[i]! /= largest;
    sum += x[i]! * x[i]!;
  }
  const scale = 1 / Math.sqrt(sum);
  for (let i = 0; i < x.length; i++) x[i]! *= scale;
}

/** P (T − value I) = L U: the rows of U, the multipliers of L, and where rows were exchanged. */
interface ShiftedFactor {
  readonly pivots: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly multipliers: Float64Array;
  readonly exchanged: Uint8Array;
}

/** By elimination with row exchanges; tiny pivots are lifted. */
function factorShifted({ diagonal, off }: Reduced, value: number): ShiftedFactor {
  const k = diagonal.length;
  const [pivots, first, second] = [new Float64Array(k), new Float64Array(k), new Float64Array(k)];
  const [multipliers, exchanged] = [new Float64Array(k), new Uint8Array(k)];
  let scale = Number.MIN_VALUE;
  for (let i = 0; i < k; i++) scale = Math.max(scale, Math.abs(diagonal[i]!), Math.abs(off[i] ?? 0));
  const least = Number.EPSILON * scale;
  const lifted = (p: number): number => (Math.abs(p) >= least ? p : p < 0 ? -least : least);
  let [p, q] = [diagonal[0]! - value, off[0] ?? 0];
  for (let i = 0; i < k - 1; i++) {
    const [below, next, last] = [off[i]!, diagonal[i + 1]! - value, off[i + 1] ?? 0];
    if (Math.abs(below) > Math.abs(p)) {
      const factor = p / below;
      [pivots[i], first[i], second[i], multipliers[i], exchanged[i]] = [below, next, last, factor, 1];
      [p, q] = [q - factor * next, -factor * last];
    } else {
      const pivot = lifted(p);
      const factor = below / pivot;
      [pivots[i], first[i], multipliers[i]] = [pivot, q, factor];
      [p, q] = [next - factor * q, last];
    }
  }
  pivots[k - 1] = lifted(p);
  return { pivots, first, second, multipliers, exchanged };
}

/** x ← (T − value I)⁻¹ x; without L, as if x were L⁻¹ of some vector, for a first guess. */
function solveShifted({ pivots, first, second, multipliers, exchanged }: ShiftedFactor, x: Float64Array, withLower: boolean): void {
  const k = x.length;
  for (let i = withLower ? 0 : k; i < k - 1; i++) {
    const [own, below] = exchanged[i] === 1 ? [x[i + 1]!, x[i]!] : [x[i]!, x[i + 1]!];
    x[i] = own;
    x[i + 1] = below - multipliers[i]! * own;
  }
  x[k - 1]! /= pivots[k - 1]!;
  if (k > 1) x[k - 2] = (x[k - 2]! - first[k - 2]! * x[k - 1]!) / pivots[k - 2]!;
  for (let i = k - 3; i >= 0; i--) {
    x[i] = (x[i]! - first[i]! * x[i + 1]! - second[i]! * x[i + 2]!) / pivots[i]!;
  }
}
