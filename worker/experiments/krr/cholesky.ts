// The Cholesky route: nothing once, K + cI = L Lᵀ for each ridge. For a handful of ridges.
//
// The trace of the smoother needs L⁻¹ (n³ flop, more than the factor itself):
// tr K (K + cI)⁻¹ = n − c |L⁻¹|², summed as
// Σ_i (k_ii − Σ_{j<i} L_ij²) / L_ii² − c Σ_{i>j} (L⁻¹)_ij² so that huge c cancel nothing.
import { copyOf, type Matrix, matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import { factorise, pivotsAbove } from "./leading-factor.ts";
import { type Factor, pivotTolerance, type RidgeSolver } from "./solver.ts";

export function choleskySolver(k: Matrix, linalg: LinalgProvider): RidgeSolver {
  return {
    // K, one factor and its inverse.
    bytes: 8 * 3 * k.data.length,
    toBasis: (b) => b,
    fromBasis: (b) => b,
    factor: (c) => factor(k, c, linalg),
  };
}

function factor(k: Matrix, c: number, linalg: LinalgProvider): Factor | null {
  const n = k.rows;
  const l = copyOf(k);
  let trace = 0;
  for (let i = 0; i < n; i++) {
    trace += k.data[i + i * n]!;
    l.data[i + i * n]! += c;
  }
  if (!factorise(l, linalg) || pivotsAbove(l, pivotTolerance(trace, n, c)) < n) return null;
  return {
    effectiveDof: traceOfSmoother(k, l, c, linalg),
    halfSolve: (b) => linalg.solveLower(l, b),
    finishSolve: (b) => linalg.solveLower(l, b, true),
  };
}

function traceOfSmoother(k: Matrix, l: Matrix, c: number, linalg: LinalgProvider): number {
  const n = k.rows;
  const rest = Float64Array.from({ length: n }, (_, i) => k.data[i + i * n]!);
  const inverse = matrix(n, n);
  for (let j = 0; j < n; j++) {
    inverse.data[j + j * n] = 1;
    for (let i = j + 1; i < n; i++) rest[i]! -= l.data[i + j * n]! ** 2;
  }
  linalg.solveLower(l, inverse);
  let sum = 0;
  for (let j = 0; j < n; j++) {
    sum += rest[j]! / l.data[j + j * n]! ** 2;
    let column = 0;
    for (let i = j + 1; i < n; i++) column += inverse.data[i + j * n]! ** 2;
    sum -= c * column;
  }
  return sum;
}
