// A Cholesky factor in float32, by spotrf and strsm.
import type { Matrix } from "../matrix.ts";
import { requireSquare } from "../shapes.ts";
import { hasRoots, type SingleFactor, type SingleSums } from "../single.ts";
import type { Routines } from "./routines.ts";

/** null where A + shift · I is not positive definite in float32. */
export function choleskySingle(blas: Routines, a: Matrix, shift: number): SingleFactor | null {
  const n = requireSquare("choleskySingle", a);
  const l = new Float32Array(n * n);
  for (let j = 0; j < n; j++) {
    const from = j * n + j;
    l.set(a.data.subarray(from, (j + 1) * n), from);
    l[from] = a.data[from]! + shift;
  }
  const info = Int32Array.of(0);
  if (n > 0) blas.spotrf("L", n, l, n, info);
  if (info[0] !== 0 || !hasRoots((i) => l[i * n + i]!, n)) return null;
  return {
    solve(b) {
      if (b.rows === 0 || b.cols === 0) return;
      const x = Float32Array.from(b.data.subarray(0, b.rows * b.cols));
      for (const flag of ["N", "T"]) blas.strsm("L", "L", flag, "N", n, b.cols, 1, l, n, x, n);
      b.data.set(x);
    },
    sums: () => sumsOf(blas, l, n),
    release() {},
  };
}

/** Column blocks in which L⁻¹ is formed; the rows above each block are 0 and left out. */
const INVERSE_BLOCKS = 4;

function sumsOf(blas: Routines, l: Float32Array, n: number): SingleSums {
  const roots = Float64Array.from({ length: n }, (_, i) => l[i * n + i]!);
  const rowSquares = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    for (let i = j + 1; i < n; i++) rowSquares[i]! += l[i + j * n]! ** 2;
  }
  const width = Math.ceil(n / INVERSE_BLOCKS);
  let inverseSquares = 0;
  for (let start = 0; start < n; start += width) {
    const rows = n - start;
    const cols = Math.min(width, rows);
    const inverse = new Float32Array(rows * cols);
    for (let j = 0; j < cols; j++) inverse[j + j * rows] = 1;
    blas.strsm("L", "L", "N", "N", rows, cols, 1, l.subarray(start + start * n), n, inverse, rows);
    for (let j = 0; j < cols; j++) {
      for (let i = j + 1; i < rows; i++) inverseSquares += inverse[i + j * rows]! ** 2;
    }
  }
  return { roots, rowSquares, inverseSquares };
}
