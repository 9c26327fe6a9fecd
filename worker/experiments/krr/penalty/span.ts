// An orthonormal basis of the span of kernel sections, in which the ridge is the identity.
//
// K = V Λ Vᵀ, and H = V Λ^(−1/2) over the eigenvalues that are not rounding error: basis functions
// φ = Hᵀ k_X have unit norm, so f = bᵀφ has |f|² = |b|², its values at the rows are V Λ^(1/2) b and
// its gradients there weigh bᵀGb with G = HᵀΓH. A poison ζ adds one function: what is left of its
// section, k(·, ζ) − φ(·)ᵀφ(ζ), over the root of what is left of k(ζ, ζ).
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { dot } from "../matrix-parts.ts";
import type { Border } from "./gradient-gram.ts";

export interface Span {
  /** λ of the r directions that are kept, ascending. */
  readonly spectrum: Float64Array;
  /** The smallest of all n eigenvalues, at least 0, and their sum. */
  readonly smallest: number;
  readonly trace: number;
  /** Eigenvalues up to this are rounding error: n ε λ_max. */
  readonly floor: number;
  /** H, (n, r). */
  readonly half: Matrix;
  /** VᵀY of the kept directions, (r, q). */
  readonly codes: Matrix;
  /** Squared norm of what Y has in the other directions: no f of the span can fit it. */
  readonly unreachable: number;
}

/** @param k K, (n, n): overwritten. @param codes Y, (n, q). About 9n³ flop. */
export function spanOf(k: Matrix, codes: Matrix, linalg: LinalgProvider): Span {
  const n = k.rows;
  const { values, vectors } = linalg.symmetricEigen(k);
  const floor = n * Number.EPSILON * Math.max(0, values[n - 1]!);
  const lost = values.findIndex((value) => value > floor);
  const from = lost < 0 ? n : lost;
  const rotated = matrix(n, codes.cols);
  linalg.gemm({ a: vectors, b: codes, c: rotated, transposeA: true });
  const half = columns(vectors, from, n);
  const spectrum = values.slice(from);
  for (let i = 0; i < spectrum.length; i++) {
    const scale = 1 / Math.sqrt(spectrum[i]!);
    for (let row = i * n; row < (i + 1) * n; row++) half.data[row]! *= scale;
  }
  const kept = matrix(n - from, codes.cols);
  let unreachable = 0;
  for (let j = 0; j < codes.cols; j++) {
    for (let i = 0; i < n; i++) {
      const value = rotated.data[i + j * n]!;
      if (i < from) unreachable += value * value;
      else kept.data[i - from + j * kept.rows] = value;
    }
  }
  const trace = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  return { spectrum, smallest: Math.max(0, values[0]!), trace, floor, half, codes: kept, unreachable };
}

/** φ at some points, (r, k), from kernel values (n, k). */
export function featuresOf({ half }: Span, kernel: Matrix, linalg: LinalgProvider): Matrix {
  const out = matrix(half.cols, kernel.cols);
  linalg.gemm({ a: half, b: kernel, c: out, transposeA: true });
  return out;
}

/** HᵀΓH, (r, r). 4n³ flop. */
export function inSpan({ half }: Span, gram: Matrix, linalg: LinalgProvider): Matrix {
  const partly = matrix(gram.rows, half.cols);
  linalg.gemm({ a: gram, b: half, c: partly });
  const out = matrix(half.cols, half.cols);
  linalg.gemm({ a: half, b: partly, c: out, transposeA: true });
  return symmetrised(out);
}

function symmetrised(a: Matrix): Matrix {
  const n = a.rows;
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < j; i++) {
      const mean = (a.data[i + j * n]! + a.data[j + i * n]!) / 2;
      a.data[i + j * n] = mean;
      a.data[j + i * n] = mean;
    }
  }
  return a;
}

/** A poison's place in the span of the clean rows and itself. */
export interface Place {
  /** φ(ζ) over the clean span, (r). */
  readonly shared: Float64Array;
  /** k(ζ, ζ) − |φ(ζ)|², at least 0. */
  readonly rest: number;
  /** Its own basis function's value at ζ; 0 where ζ adds no function. */
  readonly own: number;
}

export function placeOf({ floor }: Span, shared: Float64Array, self: number): Place {
  const rest = Math.max(0, self - dot(shared, shared));
  return { shared, rest, own: rest > floor ? Math.sqrt(rest) : 0 };
}

/** The value of ζ's own basis function, from k(x, ζ) and φ(x): one more row under `features`. */
export function withOwnRow(features: Matrix, place: Place, kernel: Float64Array): Matrix {
  if (place.own === 0) return features;
  const r = features.rows;
  const out = matrix(r + 1, features.cols);
  for (let x = 0; x < features.cols; x++) {
    const column = columns(features, x, x + 1).data;
    out.data.set(column, x * (r + 1));
    out.data[r + x * (r + 1)] = (kernel[x]! - dot(column, place.shared)) / place.own;
  }
  return out;
}

/** A Gram matrix of the clean span, (r, r), with the row and column of ζ's own function. */
export function bordered(inside: Matrix, { half }: Span, place: Place, border: Border): Matrix {
  if (place.own === 0) return inside;
  const { shared, own } = place;
  const r = inside.rows;
  const out = matrix(r + 1, r + 1);
  let corner = border.corner;
  for (let i = 0; i < r; i++) {
    const column = columns(inside, i, i + 1).data;
    const moved = dot(column, shared);
    const cross = dot(columns(half, i, i + 1).data, border.cross);
    corner += shared[i]! * (moved - 2 * cross);
    out.data.set(column, i * (r + 1));
    out.data[r + i * (r + 1)] = (cross - moved) / own;
    out.data[i + r * (r + 1)] = (cross - moved) / own;
  }
  out.data[r + r * (r + 1)] = corner / (own * own);
  return out;
}
