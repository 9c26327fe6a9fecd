// Random matrices by seed.
import { matrix, type Matrix } from "../../worker/linalg/matrix.ts";

/** Uniform numbers in [0, 1) (mulberry32). */
export function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Entries in [−1, 1). */
export function randomMatrix(rows: number, cols: number, seed: number): Matrix {
  const random = mulberry(seed);
  const a = matrix(rows, cols);
  for (let at = 0; at < rows * cols; at++) a.data[at] = 2 * random() - 1;
  return a;
}

/** Symmetric, entries in [−1, 1), with `shift` on the diagonal: definite if that is above n. */
export function randomSymmetric(n: number, seed: number, shift = 0): Matrix {
  const a = randomMatrix(n, n, seed);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < j; i++) a.data[i + j * n] = a.data[j + i * n]!;
    a.data[j + j * n]! += shift;
  }
  return a;
}
