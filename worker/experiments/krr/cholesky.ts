// The Cholesky route: nothing once, K + cI = L Lᵀ for each ridge. For a handful of ridges.
//
// The trace of the smoother needs L⁻¹ (more work than the factor itself):
// tr K (K + cI)⁻¹ = n − c |L⁻¹|², summed as
// Σ_i (k_ii − Σ_{j<i} L_ij²) / L_ii² − c Σ_{i>j} (L⁻¹)_ij² so that huge c cancel nothing.
import { copyOf, type Matrix, matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import { diagonalOf } from "./matrix-parts.ts";
import { factorise, pivotsAbove } from "./leading-factor.ts";
import { type Factor, factorOf, pivotTolerance, type RidgeSolver } from "./solver.ts";

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
  return factorOf(traceOfSmoother(k, l, c, linalg), {
    halfSolve: (b) => linalg.solveLower(l, b),
    finishSolve: (b) => linalg.solveLower(l, b, true),
  });
}

function traceOfSmoother(k: Matrix, l: Matrix, c: number, linalg: LinalgProvider): number {
  const n = k.rows;
  const rest = diagonalOf(k);
  for (let j = 0; j < n; j++) {
    for (let i = j + 1; i < n; i++) rest[i]! -= l.data[i + j * n]! ** 2;
  }
  let sum = 0;
  for (let i = 0; i < n; i++) sum += rest[i]! / l.data[i + i * n]! ** 2;
  return sum - c * squaredBelowDiagonal(l, linalg);
}

/** Column blocks in which L⁻¹ is formed; the rows above each block are 0 and left out. */
const INVERSE_BLOCKS = 4;

/** Σ_{i>j} (L⁻¹)_ij². About n³/2 flop. */
function squaredBelowDiagonal(l: Matrix, linalg: LinalgProvider): number {
  const n = l.rows;
  const width = Math.ceil(n / INVERSE_BLOCKS);
  let sum = 0;
  for (let start = 0; start < n; start += width) {
    const rows = n - start;
    const inverse = matrix(rows, Math.min(width, rows));
    for (let j = 0; j < inverse.cols; j++) inverse.data[j + j * rows] = 1;
    linalg.solveLower(start === 0 ? l : trailing(l, start), inverse);
    for (let j = 0; j < inverse.cols; j++) {
      for (let i = j + 1; i < rows; i++) sum += inverse.data[i + j * rows]! ** 2;
    }
  }
  return sum;
}

/** The lower triangle's block below and right of row and column `start`. */
function trailing(l: Matrix, start: number): Matrix {
  const out = matrix(l.rows - start, l.rows - start);
  for (let j = 0; j < out.cols; j++) {
    const from = start + (start + j) * l.rows;
    out.data.set(l.data.subarray(from + j, from + out.rows), j + j * out.rows);
  }
  return out;
}
