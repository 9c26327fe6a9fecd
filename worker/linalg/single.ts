// A Cholesky factor in float32: half the memory of one in float64, and on processors half the time.
//
// It is good to about 10⁻⁷ times the condition of its matrix; refine.ts makes answers of it that
// are as good as those of a float64 factor.
import type { Matrix } from "./matrix.ts";

/** L in float32, with L Lᵀ = A + shift · I to float32's precision. */
export interface SingleFactor {
  /** B ← (L Lᵀ)⁻¹ B of an (n, k) matrix: rounded to float32, solved there, widened. 2n²k flop. */
  solve(b: Matrix): void;
  /** About n³/2 flop, for the inverse. */
  sums(): SingleSums;
  /** Frees memory outside of JavaScript's; the factor is not used again. */
  release(): void;
}

/** What the trace of (A + shift · I)⁻¹ is made of, summed in float64. */
export interface SingleSums {
  /** L_ii. */
  readonly roots: Float64Array;
  /** Σ_{j<i} L_ij² of each row i. */
  readonly rowSquares: Float64Array;
  /** Σ_{i>j} (L⁻¹)_ij². */
  readonly inverseSquares: number;
}

/** Whether a factor's diagonal is one: some libraries let a NaN pivot pass. */
export function hasRoots(root: (i: number) => number, n: number): boolean {
  for (let i = 0; i < n; i++) if (!(root(i) > 0 && root(i) < Infinity)) return false;
  return true;
}
