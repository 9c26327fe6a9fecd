// What every route offers: systems (K + cI) x = b for many ridges c after one preparation of K.
//
// A route works in an orthonormal basis Q of its own choosing: K = Q T Qᵀ with T easy to solve
// (tridiagonal, diagonal, or K itself with Q = I). Right-hand sides enter the basis once, solving
// there costs little per ridge, and answers leave it together. Inner products are the same in
// every basis, so sᵀs, uᵀα and the like are taken without leaving it.
import type { Matrix } from "../../linalg/matrix.ts";

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

/** K + cI, factorised, in the solver's basis. Both solves are in place on (n, k) matrices. */
export interface Factor {
  /** tr K (K + cI)⁻¹. */
  readonly effectiveDof: number;
  /** B ← H B, where Hᵀ H = (T + cI)⁻¹: the column norms of the result are bᵀ(K + cI)⁻¹b. */
  halfSolve(b: Matrix): void;
  /** B ← (T + cI)⁻¹ B for a B that went through `halfSolve`. */
  finishSolve(b: Matrix): void;
}

/** Pivots up to this size are taken for 0: the rounding error of K + cI's own eigenvalues. */
export function pivotTolerance(trace: number, n: number, c: number): number {
  return Number.EPSILON * (trace + n * c);
}

/** Whether a posterior variance s is lost to cancellation against k(ζ, ζ). */
export function isCancelled(variance: number, self: number): boolean {
  return !(variance >= 1e3 * Number.EPSILON * self);
}
