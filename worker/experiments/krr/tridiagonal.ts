// The tridiagonal route: K = P T Pᵀ once (4n³/3 flop), then O(n) per ridge and right-hand side.
//
// T + cI = L D Lᵀ from the top. The diagonal of its inverse comes from meeting a second
// factorisation from the bottom: 1 / (T + cI)⁻¹_ii = c + δ_i with δ_i = t_ii − p_i − q_i, where
// p_i and q_i are what the eliminations above and below take off. Hence
// tr K (K + cI)⁻¹ = Σ δ_i / (c + δ_i), which loses no digits for tiny or for huge c.
import type { Matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider, Tridiagonal } from "../../linalg/provider.ts";
import { type Factor, factorOf, pivotTolerance, type RidgeSolver } from "./solver.ts";

export function tridiagonalSolver(k: Matrix, linalg: LinalgProvider): RidgeSolver {
  const t = linalg.tridiagonalise(k);
  return {
    bytes: 8 * (t.reflectors.data.length + 3 * k.rows),
    toBasis(b) {
      linalg.applyReflectors(t, b, true);
      return b;
    },
    fromBasis(b) {
      linalg.applyReflectors(t, b);
      return b;
    },
    factor: (c) => factor(t, c),
  };
}

interface Elimination {
  /** Sub-diagonal of L, n − 1. */
  readonly lower: Float64Array;
  /** 1/√D, n. */
  readonly scale: Float64Array;
  /** p: what elimination from the top takes off each diagonal entry. */
  readonly taken: Float64Array;
}

function factor(t: Tridiagonal, c: number): Factor | null {
  const n = t.diagonal.length;
  let trace = 0;
  for (let i = 0; i < n; i++) trace += t.diagonal[i]!;
  const tolerance = pivotTolerance(trace, n, c);
  const elimination = eliminate(t, c, tolerance);
  if (elimination === null) return null;
  const { lower, scale } = elimination;
  return factorOf(traceOfSmoother(t, c, elimination.taken), {
    halfSolve(b) {
      for (let j = 0; j < b.cols; j++) solveDown(b.data, j * n, n, lower, scale);
    },
    finishSolve(b) {
      for (let j = 0; j < b.cols; j++) solveUp(b.data, j * n, n, lower, scale);
    },
  });
}

function eliminate(t: Tridiagonal, c: number, tolerance: number): Elimination | null {
  const n = t.diagonal.length;
  const lower = new Float64Array(n);
  const scale = new Float64Array(n);
  const taken = new Float64Array(n);
  let take = 0;
  for (let i = 0; i < n; i++) {
    const pivot = t.diagonal[i]! + c - take;
    // Written so that a NaN pivot is refused too.
    if (!(pivot > tolerance)) return null;
    taken[i] = take;
    scale[i] = 1 / Math.sqrt(pivot);
    if (i === n - 1) break;
    const off = t.offDiagonal[i]!;
    lower[i] = off / pivot;
    take = off * lower[i]!;
  }
  return { lower, scale, taken };
}

function traceOfSmoother(t: Tridiagonal, c: number, taken: Float64Array): number {
  let sum = 0;
  let take = 0;
  for (let i = t.diagonal.length - 1; i >= 0; i--) {
    const delta = t.diagonal[i]! - taken[i]! - take;
    sum += delta / (c + delta);
    if (i === 0) break;
    const off = t.offDiagonal[i - 1]!;
    take = (off * off) / (t.diagonal[i]! + c - take);
  }
  return sum;
}

/** x ← D^(−1/2) L⁻¹ x */
function solveDown(
  x: Float64Array,
  start: number,
  n: number,
  lower: Float64Array,
  scale: Float64Array,
): void {
  let value = x[start]!;
  x[start] = value * scale[0]!;
  for (let i = 1; i < n; i++) {
    value = x[start + i]! - lower[i - 1]! * value;
    x[start + i] = value * scale[i]!;
  }
}

/** x ← L⁻ᵀ D^(−1/2) x */
function solveUp(
  x: Float64Array,
  start: number,
  n: number,
  lower: Float64Array,
  scale: Float64Array,
): void {
  let value = x[start + n - 1]! * scale[n - 1]!;
  x[start + n - 1] = value;
  for (let i = n - 2; i >= 0; i--) {
    value = x[start + i]! * scale[i]! - lower[i]! * value;
    x[start + i] = value;
  }
}
