// A Cholesky factor in float32 in plain TypeScript: what the others are examined against.
//
// Numbers are kept in float32 and summed in float64. It saves memory and no time: the float64 verbs
// of this provider run in WebAssembly.
import type { Matrix } from "../matrix.ts";
import { requireSquare } from "../shapes.ts";
import { hasRoots, type SingleFactor, type SingleSums } from "../single.ts";

/** null where A + shift · I is not positive definite in float32. */
export function choleskySingle(a: Matrix, shift: number): SingleFactor | null {
  const n = requireSquare("choleskySingle", a);
  const l = new Float32Array(n * n);
  const column = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) column[i] = Math.fround(a.data[i + j * n]! + (i === j ? shift : 0));
    for (let k = 0; k < j; k++) {
      const head = l[j + k * n]!;
      for (let i = j; i < n; i++) column[i]! -= l[i + k * n]! * head;
    }
    const root = Math.fround(Math.sqrt(column[j]!));
    for (let i = j; i < n; i++) l[i + j * n] = i === j ? root : column[i]! / root;
    if (!(root > 0)) return null;
  }
  if (!hasRoots((i) => l[i * n + i]!, n)) return null;
  return {
    solve(b) {
      for (let j = 0; j < b.cols; j++) solveColumn(l, b.data.subarray(j * n, (j + 1) * n));
    },
    sums: () => sumsOf(l, n),
    release() {},
  };
}

function solveColumn(l: Float32Array, x: Float64Array): void {
  const n = x.length;
  for (let i = 0; i < n; i++) x[i] = Math.fround(x[i]!);
  solveDown(l, x, 0);
  for (let j = n - 1; j >= 0; j--) {
    let sum = x[j]!;
    for (let i = j + 1; i < n; i++) sum -= l[i + j * n]! * x[i]!;
    x[j] = Math.fround(sum / l[j + j * n]!);
  }
}

/** x ← L⁻¹ x, where the entries of x before `from` are 0. */
function solveDown(l: Float32Array, x: Float64Array, from: number): void {
  const n = x.length;
  for (let j = from; j < n; j++) {
    const value = Math.fround(x[j]! / l[j + j * n]!);
    x[j] = value;
    for (let i = j + 1; i < n; i++) x[i]! -= l[i + j * n]! * value;
  }
}

function sumsOf(l: Float32Array, n: number): SingleSums {
  const roots = Float64Array.from({ length: n }, (_, i) => l[i + i * n]!);
  const rowSquares = new Float64Array(n);
  let inverseSquares = 0;
  const unit = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    for (let i = j + 1; i < n; i++) rowSquares[i]! += l[i + j * n]! ** 2;
    unit.fill(0);
    unit[j] = 1;
    solveDown(l, unit, j);
    for (let i = j + 1; i < n; i++) inverseSquares += unit[i]! ** 2;
  }
  return { roots, rowSquares, inverseSquares };
}
