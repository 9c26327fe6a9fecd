// The port of a provider whose matrices can stay where it computes, for a job's whole length.
//
// A provider offers it as `device`; without one, matrices of the host are where it computes. Verbs
// take and leave matrices on the device; what comes back are columns, diagonals and small
// products. Column-major as in matrix.ts. Shapes that do not fit throw RangeError; memory that does
// not, ComputeError resource out_of_memory with the sizes. Deterministic like the provider's verbs.
import type { Matrix } from "./matrix.ts";
import type { SingleFactor } from "./single.ts";

/** A matrix on the device. Only the device that made it can read it. */
export interface DeviceMatrix {
  readonly rows: number;
  readonly cols: number;
}

/** Device memory for one purpose. */
export interface Workspace {
  /** Bytes held. */
  readonly bytes: number;
  /** A new matrix, its content arbitrary. */
  matrix(rows: number, cols: number): DeviceMatrix;
  upload(a: Matrix): DeviceMatrix;
  /** Frees one matrix of this workspace. */
  drop(a: DeviceMatrix): void;
  /** Frees all of it; again does nothing. */
  release(): void;
}

/** Entry by entry: what a kernel function makes of squared distances or inner products. */
export interface ElementMap {
  readonly name: "rbf" | "laplace" | "matern32" | "matern52" | "linear" | "polynomial" | "nngp" | "ntk";
  /** What the measure, or for laplace its root, is multiplied by; polynomial: gamma. */
  readonly scale: number;
  readonly offset: number;
  readonly degree: number;
}

export interface DeviceGemm {
  readonly a: DeviceMatrix;
  readonly b: DeviceMatrix;
  /** Overwritten. */
  readonly c: DeviceMatrix;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Default 1. */
  readonly alpha?: number;
  /** Default 0, and then c is never read. */
  readonly beta?: number;
}

export interface SpectrumDivision {
  /** B, (n, k). */
  readonly source: DeviceMatrix;
  /** λ, (n, 1). */
  readonly values: DeviceMatrix;
  /** c_s. */
  readonly shifts: readonly number[];
  /** Divides by √(λ + c) instead. */
  readonly half: boolean;
  /** (n, systems · k): per system, B's columns divided row by row by λ + c_s. */
  readonly out: DeviceMatrix;
}

export interface Device {
  /** Bytes, whoever took the rest. */
  memory(): { readonly free: number; readonly total: number };
  /** Throws out_of_memory if this many bytes are not free; takes nothing. */
  require(bytes: number, what: string): void;
  /** @param purpose What failures call it: "the kernel of 2000 rows". */
  open(purpose: string): Workspace;

  /** A new matrix or, of the same shape, `into`. */
  download(a: DeviceMatrix, into?: Matrix): Matrix;
  /** Over what is there. */
  write(a: Matrix, to: DeviceMatrix): void;
  /** Columns [from, to) as a view on the same memory. */
  columns(a: DeviceMatrix, from: number, to: number): DeviceMatrix;
  /** The numbers of A from number `start` on as a matrix of another shape: a view as well. */
  part(a: DeviceMatrix, start: number, shape: { readonly rows: number; readonly cols: number }): DeviceMatrix;
  copy(from: DeviceMatrix, to: DeviceMatrix): void;

  /** C ← α op(A) op(B) + β C. */
  gemm(options: DeviceGemm): void;
  /** AᵀA into (n, n) `out`, both triangles. */
  gram(a: DeviceMatrix, out: DeviceMatrix): void;
  /** Per block s of equal ranges of columns A_sᵀ B_s, side by side: (k, blocks · l), on the host. */
  blockProducts(a: DeviceMatrix, b: DeviceMatrix, blocks: number): Matrix;
  /** For A (n, w) and B (n, b) A_k ∘ B_j, entry by entry, as column j w + k of `out` (n, b w). */
  entryProducts(a: DeviceMatrix, b: DeviceMatrix, out: DeviceMatrix): void;
  /** Squared norm of each column. */
  columnNorms(a: DeviceMatrix): Float64Array;

  /** |x_i − z_j|² of the columns of X (d, n) and Z (d, m) into `out` (n, m). */
  squaredDistances(x: DeviceMatrix, z: DeviceMatrix, out: DeviceMatrix): void;
  /** The same within one set: exactly symmetric, the diagonal 0. */
  squaredDistancesWithin(x: DeviceMatrix, out: DeviceMatrix): void;
  /** In place. */
  map(a: DeviceMatrix, map: ElementMap): void;
  /** Whether no entry is NaN or infinite. */
  isFinite(a: DeviceMatrix): boolean;

  /** The square block of A at `rows` into `out`. */
  takeBlock(a: DeviceMatrix, rows: Int32Array, out: DeviceMatrix): void;
  diagonal(a: DeviceMatrix): Float64Array;
  addToDiagonal(a: DeviceMatrix, value: number): void;
  /** A ← I. */
  identity(a: DeviceMatrix): void;
  /** Σ_j |A_ij| for each row i of a square matrix. */
  rowSums(a: DeviceMatrix): Float64Array;
  /** Σ_{j<i} A_ij² for each row i of a square matrix. */
  rowSquaresBelow(a: DeviceMatrix): Float64Array;

  /** As the provider's verb; the upper triangle is left arbitrary. */
  cholesky(a: DeviceMatrix): void;
  /** As the provider's verb; the factor is the workspace's. Right-hand sides are of the host. */
  choleskySingle(a: DeviceMatrix, shift: number, into: Workspace): SingleFactor | null;
  /** As the provider's verb. */
  solveLower(l: DeviceMatrix, b: DeviceMatrix, transpose?: boolean): void;
  /** Eigenvectors over A; eigenvalues ascending into `values` (n, 1). */
  symmetricEigen(a: DeviceMatrix, values: DeviceMatrix): void;
  divideBySpectrum(division: SpectrumDivision): void;
}
