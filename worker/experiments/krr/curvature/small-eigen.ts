// Extreme eigenpairs of small dense symmetric matrices, in plain loops: for orders up to about a
// hundred this takes a tenth of a call into a library. Householder to tridiagonal, bisection on
// Sturm counts, inverse iteration, back.
import type { Matrix } from "../../../linalg/matrix.ts";

export interface ExtremePairs {
  /** Largest first, then smallest first. */
  readonly top: Float64Array;
  readonly bottom: Float64Array;
  /** Unit vectors, (k) each, in the same orders. */
  readonly topVectors: readonly Float64Array[];
  readonly bottomVectors: readonly Float64Array[];
}

interface Reduced {
  readonly diagonal: Float64Array;
  /** Entry i couples i and i + 1. */
  readonly off: Float64Array;
  /** Householder vectors, unit or zero; vector i acts on entries i + 1 … */
  readonly reflectors: readonly Float64Array[];
}

/**
 * The `top` largest and `bottom` smallest eigenpairs of a symmetric (k, k) matrix, which is
 * overwritten; the lower triangle is read.
 */
export function extremePairs(a: Matrix, wanted: { readonly top: number; readonly bottom: number }): ExtremePairs {
  const k = a.rows;
  const reduced = tridiagonalised(a);
  const countTop = Math.min(wanted.top, k);
  const countBottom = Math.min(wanted.bottom, k);
  const top = Float64Array.from({ length: countTop }, (_, i) => eigenvalue(reduced, k - 1 - i));
  const bottom = Float64Array.from({ length: countBottom }, (_, i) => eigenvalue(reduced, i));
  return {
    top,
    bottom,
    topVectors: vectorsOf(reduced, top),
    bottomVectors: vectorsOf(reduced, bottom),
  };
}

/** The largest eigenvalue of a symmetric (k, k) matrix, which is overwritten. */
export function largestEigenvalue(a: Matrix): number {
  return eigenvalue(tridiagonalised(a), a.rows - 1);
}

function tridiagonalised(a: Matrix): Reduced {
  const k = a.rows;
  const { data } = a;
  const diagonal = new Float64Array(k);
  const off = new Float64Array(Math.max(0, k - 1));
  const reflectors: Float64Array[] = [];
  const w = new Float64Array(k);
  for (let i = 0; i < k - 1; i++) {
    diagonal[i] = data[i + i * k]!;
    const v = data.slice(i + 1 + i * k, (i + 1) * k);
    off[i] = reflect(v);
    reflectors.push(v);
    if (v[0] !== 0) applyTwice(data, k, i + 1, v, w);
  }
  if (k > 0) diagonal[k - 1] = data[k * k - 1]!;
  return { diagonal, off, reflectors };
}

/** x becomes the unit vector v with (I − 2vvᵀ) x = β e1 (zero if x is already so); returns β. */
function reflect(x: Float64Array): number {
  let rest = 0;
  for (let i = 1; i < x.length; i++) rest += x[i]! * x[i]!;
  const head = x[0]!;
  if (rest === 0) {
    x.fill(0);
    return head;
  }
  const norm = Math.sqrt(head * head + rest);
  const beta = head > 0 ? -norm : norm;
  const first = head - beta;
  x[0] = first;
  const scale = 1 / Math.sqrt(first * first + rest);
  for (let i = 0; i < x.length; i++) x[i]! *= scale;
  return beta;
}

/** A ← H A H on the trailing block from `start`, H = I − 2vvᵀ; the lower triangle alone. */
function applyTwice(data: Float64Array, k: number, start: number, v: Float64Array, w: Float64Array): void {
  const m = v.length;
  w.fill(0, 0, m);
  for (let j = 0; j < m; j++) {
    const column = start + (start + j) * k;
    const factor = v[j]!;
    let own = factor * data[column + j]!;
    for (let i = j + 1; i < m; i++) {
      const entry = data[column + i]!;
      w[i]! += factor * entry;
      own += v[i]! * entry;
    }
    w[j]! += own;
  }
  let inner = 0;
  for (let i = 0; i < m; i++) inner += v[i]! * w[i]!;
  for (let i = 0; i < m; i++) w[i] = 2 * (w[i]! - inner * v[i]!);
  for (let j = 0; j < m; j++) {
    const column = start + (start + j) * k;
    const [vj, wj] = [v[j]!, w[j]!];
    for (let i = j; i < m; i++) data[column + i]! -= v[i]! * wj + w[i]! * vj;
  }
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
    for (let round = 0; round < ITERATIONS; round++) {
      solveShifted(reduced, value, x);
      for (const other of found) takeOff(x, other);
      normalise(x);
    }
    found.push(x);
  }
  return found.map((x) => back(reduced, x.slice()));
}

/** Some fixed vector that is unlikely to be orthogonal to anything. */
function startVector(k: number): Float64Array {
  return Float64Array.from({ length: k }, (_, i) => 1 + 0.5 * Math.abs(((i * 0.6180339887498949) % 1) - 0.5));
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

/** x ← (T − value I)⁻¹ x by elimination with row exchanges; tiny pivots are lifted. */
function solveShifted({ diagonal, off }: Reduced, value: number, x: Float64Array): void {
  const k = diagonal.length;
  let scale = Number.MIN_VALUE;
  for (let i = 0; i < k; i++) scale = Math.max(scale, Math.abs(diagonal[i]!), Math.abs(off[i] ?? 0));
  const least = Number.EPSILON * scale;
  const [a, b, c] = [new Float64Array(k), new Float64Array(k), new Float64Array(k)];
  let [p, q, r] = [(diagonal[0] ?? 0) - value, off[0] ?? 0, 0];
  for (let i = 0; i < k - 1; i++) {
    let [below, belowNext, belowLast] = [off[i]!, diagonal[i + 1]! - value, off[i + 1] ?? 0];
    if (Math.abs(below) > Math.abs(p)) {
      [p, below] = [below, p];
      [q, belowNext] = [belowNext, q];
      [r, belowLast] = [belowLast, r];
      [x[i], x[i + 1]] = [x[i + 1]!, x[i]!];
    }
    if (Math.abs(p) < least) p = p < 0 ? -least : least;
    const factor = below / p;
    [a[i], b[i], c[i]] = [p, q, r];
    x[i + 1]! -= factor * x[i]!;
    [p, q, r] = [belowNext - factor * q, belowLast - factor * r, 0];
  }
  if (Math.abs(p) < least) p = p < 0 ? -least : least;
  a[k - 1] = p;
  for (let i = k - 1; i >= 0; i--) {
    const known = (i + 1 < k ? b[i]! * x[i + 1]! : 0) + (i + 2 < k ? c[i]! * x[i + 2]! : 0);
    x[i] = (x[i]! - known) / a[i]!;
  }
}

function back({ reflectors }: Reduced, x: Float64Array): Float64Array {
  for (let i = reflectors.length - 1; i >= 0; i--) {
    const v = reflectors[i]!;
    let inner = 0;
    for (let j = 0; j < v.length; j++) inner += v[j]! * x[i + 1 + j]!;
    for (let j = 0; j < v.length; j++) x[i + 1 + j]! -= 2 * inner * v[j]!;
  }
  return x;
}
