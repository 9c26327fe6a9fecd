// Makes a matrix exactly symmetric from one of its triangles.
import type { Matrix } from "./matrix.ts";

/** A tile's rows and columns both stay in the first-level cache. */
const TILE = 32;

/** Copies the lower triangle of a square matrix onto the upper one. */
export function mirrorLower(a: Matrix): void {
  const { rows: n, data } = a;
  for (let j0 = 0; j0 < n; j0 += TILE) {
    const j1 = Math.min(n, j0 + TILE);
    for (let i0 = j0; i0 < n; i0 += TILE) {
      const i1 = Math.min(n, i0 + TILE);
      for (let j = j0; j < j1; j++) {
        for (let i = Math.max(i0, j + 1); i < i1; i++) data[i * n + j] = data[j * n + i]!;
      }
    }
  }
}
