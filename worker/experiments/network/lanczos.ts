// The largest eigenvalue of a symmetric operator and its eigenvector, by Lanczos.
//
// Every new vector is orthogonalised twice against all others: without it, copies of found
// eigenvectors come back (ghosts).
import { randomFrom } from "../../../data/random.ts";
import { matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";

export interface TopPair {
  readonly value: number;
  /** Unit length. */
  readonly vector: Float64Array;
  /** |A v − value · v|. */
  readonly residual: number;
}

export interface LanczosOptions {
  readonly dimension: number;
  /** Products at most. */
  readonly stepsMax?: number;
  /** Stops once the residual is below this share of the value. */
  readonly tolerance?: number;
  /** Of the random start. */
  readonly seed: number;
  readonly linalg: Pick<LinalgProvider, "symmetricEigen">;
}

/** The largest algebraic eigenvalue of `product`, a symmetric linear map of R^dimension. */
export async function topPair(
  product: (v: Float64Array) => Float64Array | Promise<Float64Array>,
  options: LanczosOptions,
): Promise<TopPair> {
  const { dimension, stepsMax = 60, tolerance = 1e-6, seed, linalg } = options;
  const basis: Float64Array[] = [randomUnit(dimension, seed)];
  const diagonal: number[] = [];
  const beside: number[] = [];
  const limit = Math.min(stepsMax, dimension);
  for (;;) {
    const last = basis[basis.length - 1]!;
    const next = Float64Array.from(await product(last));
    diagonal.push(inner(next, last));
    orthogonalise(next, basis);
    orthogonalise(next, basis);
    const left = Math.sqrt(inner(next, next));
    const { value, weights } = topOfTridiagonal(diagonal, beside, linalg);
    const residual = left * Math.abs(weights[weights.length - 1]!);
    const isDone = residual <= tolerance * Math.abs(value) || left <= 1e-14 * Math.abs(value);
    if (isDone || diagonal.length >= limit || left === 0) {
      return { value, vector: combined(basis, weights), residual };
    }
    beside.push(left);
    basis.push(next.map((entry) => entry / left));
  }
}

function randomUnit(dimension: number, seed: number): Float64Array {
  const random = randomFrom(seed);
  const start = Float64Array.from({ length: dimension }, () => random.normal());
  const length = Math.sqrt(inner(start, start));
  return start.map((entry) => entry / length);
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function orthogonalise(vector: Float64Array, basis: readonly Float64Array[]): void {
  for (const one of basis) {
    const part = inner(vector, one);
    for (let i = 0; i < vector.length; i++) vector[i]! -= part * one[i]!;
  }
}

function topOfTridiagonal(
  diagonal: readonly number[],
  beside: readonly number[],
  linalg: LanczosOptions["linalg"],
): { value: number; weights: Float64Array } {
  const size = diagonal.length;
  const full = new Float64Array(size * size);
  diagonal.forEach((entry, i) => { full[i * size + i] = entry; });
  beside.forEach((entry, i) => {
    full[i * size + i + 1] = entry;
    full[(i + 1) * size + i] = entry;
  });
  const { values, vectors } = linalg.symmetricEigen(matrix(size, size, full));
  const weights = vectors.data.slice((size - 1) * size, size * size);
  return { value: values[size - 1]!, weights };
}

function combined(basis: readonly Float64Array[], weights: Float64Array): Float64Array {
  const out = new Float64Array(basis[0]!.length);
  weights.forEach((weight, k) => {
    const vector = basis[k]!;
    for (let i = 0; i < out.length; i++) out[i]! += weight * vector[i]!;
  });
  const length = Math.sqrt(inner(out, out));
  return out.map((entry) => entry / length);
}
