// The native provider: BLAS and LAPACK from the system's library, through koffi without a copy.
//
// Matrices go to the library as they are stored. Bits depend on library, version and core type,
// which `detail` names, but not on other threads: one BLAS thread works unless told otherwise.
import { mirrorLower } from "./mirror.ts";
import { matrix, type Matrix } from "./matrix.ts";
import { findLibrary } from "./openblas/library.ts";
import type { Routines } from "./openblas/routines.ts";
import { choleskySingle } from "./openblas/single.ts";
import type { Gemm, LinalgProvider, Tridiagonal } from "./provider.ts";
import { solveEach } from "./solve-each.ts";
import {
  noConvergence,
  notPositiveDefinite,
  planGemm,
  requireFiniteLower,
  requireFiniteVector,
  requireMatrix,
  requireReflectors,
  requireSolve,
  requireSquare,
  requireTridiagonal,
} from "./shapes.ts";

export interface OpenblasOptions {
  /** Tried before the usual places (NEARCLONE_BLAS). */
  readonly blasPath?: string | undefined;
  /** BLAS threads per call, for the whole process; default 1. */
  readonly threads?: number | undefined;
}

/** The provider, or null; `misses` says for each library tried before why it did not do. */
export interface OpenblasSearch {
  readonly provider: LinalgProvider | null;
  readonly misses: readonly string[];
}

/** Opens the first usable library. Never throws; may be called again, also on other threads. */
export function openOpenblas(options: OpenblasOptions = {}): OpenblasSearch {
  const { blasPath: path, threads = 1 } = options;
  const { library, misses } = findLibrary({ path, threads });
  if (library === null) return { provider: null, misses };
  return { provider: providerOver(library.routines, library.detail), misses };
}

function providerOver(blas: Routines, detail: string): LinalgProvider {
  const factors = {
    cholesky: (a: Matrix) => cholesky(blas, a),
    solveLower: (l: Matrix, b: Matrix, transpose = false) => solveLower(blas, l, b, transpose),
  };
  return {
    name: "openblas",
    detail,
    gemm: (options) => gemm(blas, options),
    gram: (a) => gram(blas, a),
    ...factors,
    solveBatch: (systems) => solveEach(factors, systems),
    choleskySingle: (a, shift) => choleskySingle(blas, a, shift),
    tridiagonalise: (a) => tridiagonalise(blas, a),
    applyReflectors: (t, b, transpose = false) => applyReflectors(blas, t, b, transpose),
    tridiagonalEigenvalues: (d, e) => tridiagonalEigenvalues(blas, d, e),
    symmetricEigen: (a) => symmetricEigen(blas, a),
  };
}

/** BLAS refuses a leading dimension of 0, also for an empty matrix. */
function leading(a: Matrix): number {
  return Math.max(1, a.rows);
}

/**
 * Runs on data that starts at a multiple of 16 bytes, as every new buffer does. Kernels for old
 * processors (Core2, Prescott, Sandybridge) peel off an odd first number, and sum in other order.
 */
function onAligned(data: Float64Array, run: (aligned: Float64Array) => void): void {
  const aligned = alignedCopy(data);
  run(aligned);
  if (aligned !== data) data.set(aligned);
}

/** The array itself if it needs no copy. */
function alignedCopy(data: Float64Array): Float64Array {
  return data.byteOffset % 16 === 0 ? data : data.slice();
}

/** A negative status is our bug; a positive one means what the routine says. */
function statusOf(routine: string, info: Int32Array): number {
  const status = info[0] ?? 0;
  if (status < 0) throw new TypeError(`${routine}: argument ${-status} is illegal`);
  return status;
}

function gemm(blas: Routines, options: Gemm): void {
  const { m, n, k, transposeA, transposeB, alpha, beta } = planGemm(options);
  const { a, b, c } = options;
  if (m === 0 || n === 0) return;
  const [ta, tb] = [transposeA ? "T" : "N", transposeB ? "T" : "N"];
  blas.dgemm(
    ta, tb, m, n, k, alpha, a.data, leading(a), b.data, leading(b), beta, c.data, leading(c),
  );
}

function gram(blas: Routines, a: Matrix): Matrix {
  requireMatrix("gram", a);
  const n = a.cols;
  const product = matrix(n, n);
  if (n === 0 || a.rows === 0) return product;
  blas.dsyrk("L", "T", n, a.rows, 1, a.data, leading(a), 0, product.data, n);
  mirrorLower(product);
  return product;
}

function cholesky(blas: Routines, a: Matrix): void {
  const n = requireSquare("cholesky", a);
  if (n === 0) return;
  const info = Int32Array.of(0);
  onAligned(a.data, (data) => blas.dpotrf("L", n, data, n, info));
  const status = statusOf("dpotrf", info);
  // Some libraries let a NaN pivot pass, and all that follows from it.
  for (let i = 0; i < (status > 0 ? status - 1 : n); i++) {
    const root = a.data[i * n + i]!;
    if (!(root > 0 && root < Infinity)) throw notPositiveDefinite({ size: n, pivot: i + 1 });
  }
  if (status > 0) throw notPositiveDefinite({ size: n, pivot: status });
}

function solveLower(blas: Routines, l: Matrix, b: Matrix, transpose: boolean): void {
  requireSolve(l, b, transpose);
  if (b.rows === 0 || b.cols === 0) return;
  const flag = transpose ? "T" : "N";
  blas.dtrsm("L", "L", flag, "N", b.rows, b.cols, 1, l.data, leading(l), b.data, leading(b));
}

function tridiagonalise(blas: Routines, a: Matrix): Tridiagonal {
  const n = requireSquare("tridiagonalise", a);
  requireFiniteLower("tridiagonalise", a);
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(Math.max(0, n - 1));
  const tau = new Float64Array(Math.max(0, n - 1));
  if (n > 0) {
    const info = Int32Array.of(0);
    const run = (data: Float64Array, work: Float64Array, size: number): void => {
      blas.dsytrd("L", n, data, n, diagonal, offDiagonal, tau, work, size, info);
      statusOf("dsytrd", info);
    };
    onAligned(a.data, (data) => withWorkspace((work, size) => run(data, work, size)));
  }
  return { diagonal, offDiagonal, reflectors: a, tau };
}

function applyReflectors(blas: Routines, t: Tridiagonal, b: Matrix, transpose: boolean): void {
  requireReflectors(t, b, transpose);
  const { rows: n, cols: k } = b;
  if (n === 0 || k === 0) return;
  const info = Int32Array.of(0);
  const flag = transpose ? "T" : "N";
  const reflectors = alignedCopy(t.reflectors.data);
  const run = (data: Float64Array, work: Float64Array, size: number): void => {
    blas.dormtr("L", "L", flag, n, k, reflectors, n, t.tau, data, n, work, size, info);
    statusOf("dormtr", info);
  };
  onAligned(b.data, (data) => withWorkspace((work, size) => run(data, work, size)));
}

/** Asks the routine for its best workspace (LWORK = −1), then runs it with that. */
function withWorkspace(run: (work: Float64Array, size: number) => void): void {
  const answer = new Float64Array(1);
  run(answer, -1);
  const size = Math.max(1, answer[0] ?? 1);
  run(workspaceOf(size), size);
}

/** Numbers of a workspace that is kept for the next call: 512 KiB. Small problems come by the thousand. */
const KEPT_MOST = 2 ** 16;
let keptWorkspace = new Float64Array(0);

function workspaceOf(size: number): Float64Array {
  if (size > KEPT_MOST) return new Float64Array(size);
  if (keptWorkspace.length < size) keptWorkspace = new Float64Array(KEPT_MOST);
  return keptWorkspace;
}

function tridiagonalEigenvalues(
  blas: Routines,
  diagonal: Float64Array,
  offDiagonal: Float64Array,
): Float64Array {
  const n = requireTridiagonal(diagonal, offDiagonal);
  requireFiniteVector("tridiagonalEigenvalues", "diagonal", diagonal);
  requireFiniteVector("tridiagonalEigenvalues", "offDiagonal", offDiagonal);
  const values = diagonal.slice();
  if (n === 0) return values;
  const info = Int32Array.of(0);
  blas.dsterf(n, values, offDiagonal.slice(), info);
  const status = statusOf("dsterf", info);
  if (status > 0) throw noConvergence("tridiagonalEigenvalues", `${status} of ${n} remain`);
  return values;
}

function symmetricEigen(blas: Routines, a: Matrix): { values: Float64Array; vectors: Matrix } {
  const n = requireSquare("symmetricEigen", a);
  requireFiniteLower("symmetricEigen", a);
  const values = new Float64Array(n);
  if (n === 0) return { values, vectors: a };
  const info = Int32Array.of(0);
  onAligned(a.data, (data) => {
    const [answer, answerWhole] = [new Float64Array(1), new Int32Array(1)];
    blas.dsyevd("V", "L", n, data, n, values, answer, -1, answerWhole, -1, info);
    statusOf("dsyevd", info);
    const [size, sizeWhole] = [answer[0] ?? 1, answerWhole[0] ?? 1];
    const [work, whole] = [workspaceOf(size), new Int32Array(sizeWhole)];
    blas.dsyevd("V", "L", n, data, n, values, work, size, whole, sizeWhole, info);
  });
  const status = statusOf("dsyevd", info);
  if (status > 0) throw noConvergence("symmetricEigen", `dsyevd says ${status} at order ${n}`);
  return { values, vectors: a };
}
