// The checks that every provider makes before it touches memory.
//
// Native code handed a short array writes over whatever lies behind it, so each verb checks that
// a matrix's data is as long as its shape claims, that shapes agree, and that an output does not
// overlap an input. All throw RangeError naming verb, shapes and flags: they are our bugs.
import { ComputeError } from "../../schema/failure.ts";
import type { Matrix } from "./matrix.ts";
import type { Gemm, Tridiagonal } from "./provider.ts";

/** Fortran integers are 32 bits wide. */
const SIDE_MAX = 2 ** 31 - 1;

/** "3 × 4" */
export function shapeOf(a: Matrix): string {
  return `${a.rows} × ${a.cols}`;
}

function requireStored(verb: string, name: string, a: Matrix): void {
  for (const side of [a.rows, a.cols]) {
    if (!Number.isInteger(side) || side < 0 || side > SIDE_MAX) {
      throw new RangeError(
        `${verb}: ${name} is ${shapeOf(a)}, sides must be integers below 2³¹`,
      );
    }
  }
  if (a.data.length < a.rows * a.cols) {
    throw new RangeError(`${verb}: ${name} is ${shapeOf(a)} but holds ${a.data.length} numbers`);
  }
}

function overlap(a: Matrix, b: Matrix): boolean {
  if (a.data.buffer !== b.data.buffer) return false;
  const from = Math.max(a.data.byteOffset, b.data.byteOffset);
  const aEnd = a.data.byteOffset + 8 * a.rows * a.cols;
  const bEnd = b.data.byteOffset + 8 * b.rows * b.cols;
  return from < Math.min(aEnd, bEnd);
}

type Named = readonly [name: string, a: Matrix];

function requireApart(verb: string, [writtenName, written]: Named, [name, read]: Named): void {
  if (!overlap(written, read)) return;
  throw new RangeError(`${verb}: ${writtenName} is overwritten and shares memory with ${name}`);
}

/** Sizes and defaults of `C ← α op(A) op(B) + β C`: op(A) is (m, k), op(B) is (k, n). */
export interface GemmPlan {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly alpha: number;
  readonly beta: number;
}

export function planGemm(options: Gemm): GemmPlan {
  const { a, b, c, transposeA = false, transposeB = false, alpha = 1, beta = 0 } = options;
  requireStored("gemm", "a", a);
  requireStored("gemm", "b", b);
  requireStored("gemm", "c", c);
  const [m, k] = transposeA ? [a.cols, a.rows] : [a.rows, a.cols];
  const [kOfB, n] = transposeB ? [b.cols, b.rows] : [b.rows, b.cols];
  if (k !== kOfB || c.rows !== m || c.cols !== n) {
    throw new RangeError(
      `gemm: inner sizes ${k} and ${kOfB}, product ${m} × ${n} into ${shapeOf(c)}: ` +
        `a is ${shapeOf(a)} (transposeA ${transposeA}), ` +
        `b is ${shapeOf(b)} (transposeB ${transposeB})`,
    );
  }
  requireApart("gemm", ["c", c], ["a", a]);
  requireApart("gemm", ["c", c], ["b", b]);
  return { m, n, k, transposeA, transposeB, alpha, beta };
}

export function requireMatrix(verb: string, a: Matrix): void {
  requireStored(verb, "a", a);
}

/** The side of a square matrix. */
export function requireSquare(verb: string, a: Matrix): number {
  requireStored(verb, "a", a);
  if (a.rows !== a.cols) throw new RangeError(`${verb}: a is ${shapeOf(a)}, must be square`);
  return a.rows;
}

export function requireSolve(l: Matrix, b: Matrix, transpose: boolean): void {
  requireStored("solveLower", "l", l);
  requireStored("solveLower", "b", b);
  if (l.rows !== l.cols || b.rows !== l.rows) {
    throw new RangeError(
      `solveLower: l is ${shapeOf(l)}, b is ${shapeOf(b)} (transpose ${transpose}): ` +
        "l must be square with as many rows as b",
    );
  }
  requireApart("solveLower", ["b", b], ["l", l]);
}

export function requireReflectors(t: Tridiagonal, b: Matrix, transpose: boolean): void {
  requireStored("applyReflectors", "reflectors", t.reflectors);
  requireStored("applyReflectors", "b", b);
  const n = t.reflectors.rows;
  if (t.reflectors.cols !== n || b.rows !== n || t.tau.length < n - 1) {
    throw new RangeError(
      `applyReflectors: reflectors are ${shapeOf(t.reflectors)} with ${t.tau.length} scalars, ` +
        `b is ${shapeOf(b)} (transpose ${transpose}): b needs as many rows`,
    );
  }
  requireApart("applyReflectors", ["b", b], ["reflectors", t.reflectors]);
}

/** The order of a tridiagonal matrix given by its two diagonals. */
export function requireTridiagonal(diagonal: Float64Array, offDiagonal: Float64Array): number {
  const n = diagonal.length;
  if (offDiagonal.length === Math.max(0, n - 1)) return n;
  throw new RangeError(
    `tridiagonalEigenvalues: a diagonal of ${n} needs an off-diagonal of ${Math.max(0, n - 1)}, ` +
      `got ${offDiagonal.length}`,
  );
}

/**
 * Refuses NaN and infinities, on which iterations for eigenvalues do not end. x − x is 0 for
 * finite x and NaN otherwise, so one sum without branches decides; n²/2 reads.
 * @throws ComputeError numeric not_finite
 */
export function requireFiniteLower(verb: string, a: Matrix): void {
  const { rows: n, data } = a;
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let p = j * n + j; p < j * n + n; p++) sum += data[p]! - data[p]!;
    if (sum !== 0) throw notFinite(verb, `column ${j} of ${shapeOf(a)}`);
  }
}

/** @throws ComputeError numeric not_finite */
export function requireFiniteVector(verb: string, name: string, values: Float64Array): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw notFinite(verb, `${name}[${at}]`);
}

function notFinite(verb: string, where: string): ComputeError {
  return new ComputeError("numeric", "not_finite", `${verb}: ${where} is not finite`);
}

/** A Cholesky factorisation failed at this pivot, counted from 1 as in LAPACK. */
export function notPositiveDefinite(where: { size: number; pivot: number }): ComputeError {
  const { size, pivot } = where;
  return new ComputeError(
    "numeric",
    "not_positive_definite",
    `cholesky: a ${size} × ${size} matrix is not positive definite at pivot ${pivot}`,
  );
}

/** An iteration for eigenvalues did not end, which no finite input should cause. */
export function noConvergence(verb: string, detail: string): ComputeError {
  return new ComputeError("numeric", "no_convergence", `${verb}: ${detail}`);
}
