// The linear-algebra port: few verbs on column-major float64 matrices.
//
// Every verb is deterministic: the same provider on the same input gives the same bits, whatever
// else runs on the machine. Shapes are checked by the provider and a mismatch throws RangeError
// naming the verb, both shapes and the transpose flags. On finite numbers only `cholesky` can fail;
// the verbs for spectra refuse others with ComputeError numeric not_finite.
import type { ProviderName } from "../../schema/provider.ts";
import type { Device } from "./device.ts";
import type { Matrix } from "./matrix.ts";
import type { SingleFactor } from "./single.ts";

export interface Gemm {
  readonly a: Matrix;
  readonly b: Matrix;
  /** Overwritten. */
  readonly c: Matrix;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Default 1. */
  readonly alpha?: number;
  /** Default 0, and then c is never read (it may hold NaN). */
  readonly beta?: number;
}

/** A = P T Pᵀ with T symmetric tridiagonal and P a product of Householder reflectors. */
export interface Tridiagonal {
  /** n: the diagonal of T. */
  readonly diagonal: Float64Array;
  /** n − 1: its sub-diagonal. */
  readonly offDiagonal: Float64Array;
  /** The reflectors, in the storage of the provider that made them. */
  readonly reflectors: Matrix;
  readonly tau: Float64Array;
}

/** A x = b with A symmetric positive definite. */
export interface DefiniteSystem {
  /** (n, n), of which the lower triangle is read. Overwritten, by nothing of use. */
  readonly a: Matrix;
  /** (n, k). Overwritten by the solution. */
  readonly b: Matrix;
}

export interface LinalgProvider {
  readonly name: ProviderName;
  /** One line for `doctor`: version, core type, where the library was found. */
  readonly detail: string;
  /** Where matrices can stay for a whole job; absent where that is the host's memory anyway. */
  readonly device?: Device;
  /** Who computes beside a device what is too small to be carried there; absent without one. */
  readonly host?: LinalgProvider;

  /** C ← α op(A) op(B) + β C. 2·m·n·k flop. */
  gemm(options: Gemm): void;

  /** AᵀA of an (m, n) matrix: (n, n), both triangles filled, exactly symmetric. m·n² flop. */
  gram(a: Matrix): Matrix;

  /**
   * The lower Cholesky factor of a symmetric positive definite (n, n) matrix, in place. Reads the
   * lower triangle; the strict upper triangle is left as it was. n³/3 flop.
   * @throws ComputeError numeric not_positive_definite, naming size and pivot.
   */
  cholesky(a: Matrix): void;

  /**
   * The lower Cholesky factor of A + shift · I in float32; null where that is not positive definite
   * in float32. Reads the lower triangle of A, (n, n), and modifies nothing. n³/3 flop.
   */
  choleskySingle(a: Matrix, shift: number): SingleFactor | null;

  /** B ← L⁻¹ B, or L⁻ᵀ B with `transpose`; L is (n, n) lower, B is (n, k). n²k flop. */
  solveLower(l: Matrix, b: Matrix, transpose?: boolean): void;

  /**
   * Solves many systems, each of its own order, in less time than one after the other where that
   * can be had. n³/3 + 2n²k flop each.
   * @throws ComputeError numeric not_positive_definite, naming size and pivot of one that is not.
   */
  solveBatch(systems: readonly DefiniteSystem[]): void;

  /** Reduces a symmetric (n, n) matrix, which is overwritten (lower triangle read). 4n³/3 flop. */
  tridiagonalise(a: Matrix): Tridiagonal;

  /** B ← P B, or Pᵀ B with `transpose`; B is (n, k). 2n²k flop. */
  applyReflectors(t: Tridiagonal, b: Matrix, transpose?: boolean): void;

  /** Eigenvalues of T, ascending; the arguments are not modified. O(n²). */
  tridiagonalEigenvalues(diagonal: Float64Array, offDiagonal: Float64Array): Float64Array;

  /** All eigenpairs of a symmetric (n, n) matrix, ascending; `a` is overwritten. About 9n³ flop. */
  symmetricEigen(a: Matrix): { readonly values: Float64Array; readonly vectors: Matrix };
}
