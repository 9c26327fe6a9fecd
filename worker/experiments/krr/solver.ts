// What every route offers: systems (K + cI) x = b for many ridges c after one preparation of K.
//
// A route works in an orthonormal basis Q of its own choosing: K = Q T Qᵀ with T easy to solve
// (tridiagonal, diagonal, or K itself with Q = I). Right-hand sides enter the basis once, solving
// there costs little per ridge, and answers leave it together. Inner products are the same in
// every basis, so sᵀs, uᵀα and the like are taken without leaving it.
import type { Matrix } from "../../linalg/matrix.ts";
import { normsOfColumns } from "./matrix-parts.ts";

export interface RidgeSolver {
  /** Bytes it holds between calls. */
  readonly bytes: number;
  /** Qᵀ B of an (n, k) matrix; may reuse the memory of `b`. */
  toBasis(b: Matrix): Matrix;
  /** Q B of an (n, k) matrix; may reuse the memory of `b`. */
  fromBasis(b: Matrix): Matrix;
  /** Factorises K + cI; null where it is not positive definite to working precision. */
  factor(c: number): Factor | null;
}

/** K + cI, factorised, in the solver's basis. Solves are in place on (n, k) matrices. */
export interface Factor {
  /** tr K (K + cI)⁻¹. */
  readonly effectiveDof: number;
  /**
   * B ← (T + cI)⁻¹ B.
   *
   * @returns bᵀ (T + cI)⁻¹ b of each column.
   * @throws RefinementStalled if the factor is in float32 and does not do.
   */
  solve(b: Matrix): Float64Array;
  /** null where the factor is in float32, whose halves are no better than that. */
  readonly halves: Halves | null;
  /** What rows say of a float32 factor; null where none was asked for. */
  readonly precision: SolvedPrecision | null;
  /** The same system in float64; absent where this is it. */
  readonly exact?: () => Factor | null;
}

export interface SolvedPrecision {
  /** Corrections made so far, at most for one right-hand side; 0: in float64. */
  readonly steps: number;
  /** NaN where it was not estimated. */
  readonly condition: number;
}

/** Both halves of a solve. */
export interface Halves {
  /** B ← H B, where Hᵀ H = (T + cI)⁻¹: the column norms of the result are bᵀ(K + cI)⁻¹b. */
  halfSolve(b: Matrix): void;
  /** B ← (T + cI)⁻¹ B for a B that went through `halfSolve`. */
  finishSolve(b: Matrix): void;
}

/** A factor in float64 from its halves. */
export function factorOf(effectiveDof: number, halves: Halves): Factor {
  return {
    effectiveDof,
    halves,
    precision: null,
    solve(b) {
      halves.halfSolve(b);
      const energies = normsOfColumns(b);
      halves.finishSolve(b);
      return energies;
    },
  };
}

/** A float32 factor could not be refined to float64's accuracy. */
export class RefinementStalled extends Error {}

/** What `run` makes of the factor or, where its refinement stalls, of the one in float64. */
export function onFactor<T>(solver: RidgeSolver, c: number, run: (factor: Factor) => T): T | null {
  const factor = solver.factor(c);
  if (factor === null) return null;
  try {
    return run(factor);
  } catch (error) {
    if (!(error instanceof RefinementStalled) || factor.exact === undefined) throw error;
  }
  const exact = factor.exact();
  return exact === null ? null : run(exact);
}

/** Pivots up to this size are taken for 0: the rounding error of K + cI's own eigenvalues. */
export function pivotTolerance(trace: number, n: number, c: number): number {
  return Number.EPSILON * (trace + n * c);
}

/** Whether a posterior variance s is lost to cancellation against k(ζ, ζ). */
export function isCancelled(variance: number, self: number): boolean {
  return !(variance >= 1e3 * Number.EPSILON * self);
}
