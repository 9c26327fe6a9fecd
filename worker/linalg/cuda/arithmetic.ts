// Dense float64 arithmetic on matrices that lie in device memory: cuBLAS and cuSOLVER, checked.
//
// Shapes are the caller's to get right (device.ts and ../cuda.ts check them). Column-major, the
// leading dimension always the number of rows.
import { noConvergence, notPositiveDefinite } from "../shapes.ts";
import { CONSTANTS } from "./constants.ts";
import type { Session } from "./session.ts";

/** A matrix in device memory; its memory belongs to whoever allocated it. */
export interface Placed {
  readonly rows: number;
  readonly cols: number;
  readonly address: number;
}

const {
  CUBLAS_FILL_MODE_LOWER: LOWER, CUBLAS_SIDE_LEFT: LEFT, CUBLAS_DIAG_NON_UNIT: NON_UNIT,
  CUSOLVER_EIG_MODE_VECTOR: VECTORS, CUDA_R_32F: REAL_32, CUDA_R_64F: REAL_64,
} = CONSTANTS;
const OP = { none: CONSTANTS.CUBLAS_OP_N, transposed: CONSTANTS.CUBLAS_OP_T };
export const BYTES = 8;

export function sizeOf({ rows, cols }: Pick<Placed, "rows" | "cols">): number {
  return BYTES * rows * cols;
}

/** cuBLAS refuses a leading dimension of 0, also for an empty matrix. */
function leading(a: Placed): number {
  return Math.max(1, a.rows);
}

export interface PlacedGemm {
  readonly a: Placed;
  readonly b: Placed;
  readonly c: Placed;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly alpha: number;
  readonly beta: number;
}

/** C ← α op(A) op(B) + β C. The inner size is not 0. */
export function gemm({ libraries, blas }: Session, options: PlacedGemm): void {
  const { a, b, c, transposeA, transposeB, alpha, beta } = options;
  if (c.rows === 0 || c.cols === 0) return;
  const inner = transposeA ? a.rows : a.cols;
  libraries.blas.call("cublasDgemm_v2", blas, opOf(transposeA), opOf(transposeB),
    c.rows, c.cols, inner, Float64Array.of(alpha), a.address, leading(a), b.address, leading(b),
    Float64Array.of(beta), c.address, leading(c));
}

function opOf(isTransposed: boolean): number {
  return isTransposed ? OP.transposed : OP.none;
}

/** For each of `blocks` equal ranges of columns C_s ← A_sᵀ B_s, side by side in C. */
export function blockProducts(
  { libraries, blas }: Session,
  { a, b, c, blocks }: { readonly a: Placed; readonly b: Placed; readonly c: Placed; readonly blocks: number },
): void {
  const [wide, narrow] = [a.cols / blocks, b.cols / blocks];
  if (wide === 0 || narrow === 0 || a.rows === 0) return;
  libraries.blas.call("cublasDgemmStridedBatched", blas, OP.transposed, OP.none,
    wide, narrow, a.rows, Float64Array.of(1), a.address, leading(a), a.rows * wide,
    b.address, leading(b), b.rows * narrow, Float64Array.of(0), c.address, Math.max(1, wide),
    wide * narrow, blocks);
}

/** The lower triangle of C ← AᵀA. */
export function gramLower({ libraries, blas }: Session, a: Placed, c: Placed): void {
  if (a.rows === 0 || a.cols === 0) return;
  libraries.blas.call("cublasDsyrk_v2", blas, LOWER, OP.transposed, a.cols, a.rows,
    Float64Array.of(1), a.address, leading(a), Float64Array.of(0), c.address, leading(c));
}

/** B ← L⁻¹ B or L⁻ᵀ B. */
export function solveLower({ libraries, blas }: Session, l: Placed, b: Placed, transpose: boolean): void {
  if (b.rows === 0 || b.cols === 0) return;
  libraries.blas.call("cublasDtrsm_v2", blas, LEFT, LOWER, opOf(transpose), NON_UNIT, b.rows,
    b.cols, Float64Array.of(1), l.address, leading(l), b.address, leading(b));
}

/**
 * The lower Cholesky factor, in place.
 *
 * @returns the pivot that cuSOLVER refused, from 1, or 0. A NaN may pass it: check the diagonal.
 */
export function cholesky(session: Session, a: Placed, type: number = REAL_64): number {
  const { libraries: { solver }, solver: handle, params } = session;
  const n = a.rows;
  if (n === 0) return 0;
  const where = [LOWER, n, type, a.address, n, type] as const;
  return withWorkspace(session, `the workspace of a Cholesky factor of order ${n}`,
    (device, host) => solver.call("cusolverDnXpotrf_bufferSize", handle, params, ...where, device, host),
    ({ device, deviceBytes, host, hostBytes }) => {
      solver.call("cusolverDnXpotrf", handle, params, ...where, device, deviceBytes, host, hostBytes,
        session.verdict);
      return verdictOf(session, "cusolverDnXpotrf");
    });
}

/** The same of a matrix in float32; its memory holds floats. */
export function choleskySingle(session: Session, a: Placed): number {
  return cholesky(session, a, REAL_32);
}

/** B ← L⁻¹ B or L⁻ᵀ B, all in float32. */
export function solveLowerSingle({ libraries, blas }: Session, l: Placed, b: Placed, transpose: boolean): void {
  if (b.rows === 0 || b.cols === 0) return;
  libraries.blas.call("cublasStrsm_v2", blas, LEFT, LOWER, opOf(transpose), NON_UNIT, b.rows,
    b.cols, Float32Array.of(1), l.address, leading(l), b.address, leading(b));
}

/** Systems of one order: device addresses of lists of device addresses. */
export interface Batch {
  readonly order: number;
  readonly width: number;
  readonly count: number;
  readonly a: number;
  readonly b: number;
}

/** Lower Cholesky factors in place; refused pivots, from 1, or 0 into `count` ints at `verdicts`. */
export function factoriseBatch({ libraries, solver }: Session, { order, count, a }: Batch, verdicts: number): void {
  libraries.solver.call("cusolverDnDpotrfBatched", solver, LOWER, order, a, order, verdicts, count);
}

/** B ← L⁻¹ B or L⁻ᵀ B of each. */
export function solveLowerBatch({ libraries, blas }: Session, { order, width, count, a, b }: Batch, transpose: boolean): void {
  libraries.blas.call("cublasDtrsmBatched", blas, LEFT, LOWER, opOf(transpose), NON_UNIT, order, width,
    Float64Array.of(1), a, order, b, order, count);
}

/** The first refused pivot or, from the factor's diagonal, the first that is no positive number. */
export function requirePivots(refused: number, size: number, diagonal: (i: number) => number): void {
  for (let i = 0; i < (refused > 0 ? refused - 1 : size); i++) {
    const root = diagonal(i);
    if (!(root > 0 && root < Infinity)) throw notPositiveDefinite({ size, pivot: i + 1 });
  }
  if (refused > 0) throw notPositiveDefinite({ size, pivot: refused });
}

/** Eigenvectors over the lower triangle of A, eigenvalues into (n) `values`, ascending. */
export function symmetricEigen(session: Session, a: Placed, values: Placed): void {
  const { libraries: { solver }, solver: handle, params } = session;
  const n = a.rows;
  if (n === 0) return;
  const where = [VECTORS, LOWER, n, REAL_64, a.address, n, REAL_64, values.address, REAL_64] as const;
  const failed = withWorkspace(session, `the workspace of an eigendecomposition of order ${n}`,
    (device, host) => solver.call("cusolverDnXsyevd_bufferSize", handle, params, ...where, device, host),
    ({ device, deviceBytes, host, hostBytes }) => {
      solver.call("cusolverDnXsyevd", handle, params, ...where, device, deviceBytes, host, hostBytes,
        session.verdict);
      return verdictOf(session, "cusolverDnXsyevd");
    });
  if (failed > 0) throw noConvergence("symmetricEigen", `${failed} off-diagonals of ${n} remain`);
}

export interface PlacedTridiagonal {
  /** (n, n): the reflectors, below the diagonal. */
  readonly reflectors: Placed;
  readonly diagonal: Placed;
  readonly offDiagonal: Placed;
  readonly tau: Placed;
}

/** Reduces the lower triangle of `reflectors` in place. */
export function tridiagonalise(session: Session, t: PlacedTridiagonal): void {
  const { libraries: { solver }, solver: handle } = session;
  const n = t.reflectors.rows;
  const where = [LOWER, n, t.reflectors.address, n, t.diagonal.address, t.offDiagonal.address,
    t.tau.address] as const;
  withWork(session, `the workspace of a tridiagonal form of order ${n}`,
    (size) => solver.call("cusolverDnDsytrd_bufferSize", handle, ...where, size),
    (work, size) => solver.call("cusolverDnDsytrd", handle, ...where, work, size, session.verdict));
  verdictOf(session, "cusolverDnDsytrd");
}

/** B ← P B or Pᵀ B. */
export function applyReflectors(
  session: Session,
  { reflectors, tau }: Pick<PlacedTridiagonal, "reflectors" | "tau">,
  b: Placed,
  transpose: boolean,
): void {
  const { libraries: { solver }, solver: handle } = session;
  const where = [LEFT, LOWER, opOf(transpose), b.rows, b.cols, reflectors.address, b.rows,
    tau.address, b.address, b.rows] as const;
  withWork(session, `the workspace of ${b.cols} reflected columns of ${b.rows}`,
    (size) => solver.call("cusolverDnDormtr_bufferSize", handle, ...where, size),
    (work, size) => solver.call("cusolverDnDormtr", handle, ...where, work, size, session.verdict));
  verdictOf(session, "cusolverDnDormtr");
}

interface Workspaces {
  readonly device: number;
  readonly deviceBytes: number;
  readonly host: Uint8Array;
  readonly hostBytes: number;
}

function withWorkspace(
  { memory }: Session,
  what: string,
  ask: (device: BigUint64Array, host: BigUint64Array) => void,
  run: (workspaces: Workspaces) => number,
): number {
  const [device, host] = [new BigUint64Array(1), new BigUint64Array(1)];
  ask(device, host);
  const [deviceBytes, hostBytes] = [Number(device[0]!), Number(host[0]!)];
  const address = memory.allocate(deviceBytes, what);
  try {
    return run({ device: address, deviceBytes, host: new Uint8Array(Math.max(1, hostBytes)), hostBytes });
  } finally {
    memory.free(address);
  }
}

/** The older calls count their workspace in numbers, on the device alone. */
function withWork(
  { memory }: Session,
  what: string,
  ask: (size: Int32Array) => void,
  run: (work: number, size: number) => void,
): void {
  const size = new Int32Array(1);
  ask(size);
  const address = memory.allocate(BYTES * size[0]!, what);
  try {
    run(address, size[0]!);
  } finally {
    memory.free(address);
  }
}

/** A negative verdict is our bug; a positive one means what the routine says. */
function verdictOf({ libraries: { runtime }, verdict }: Session, routine: string): number {
  const info = new Int32Array(1);
  runtime.call("cudaMemcpy to host", info, verdict, 4, DEVICE_TO_HOST);
  if (info[0]! < 0) throw new TypeError(`${routine}: argument ${-info[0]!} is illegal`);
  return info[0]!;
}

const {
  cudaMemcpyHostToDevice: HOST_TO_DEVICE, cudaMemcpyDeviceToHost: DEVICE_TO_HOST,
  cudaMemcpyDeviceToDevice: DEVICE_TO_DEVICE,
} = CONSTANTS;

export function toDevice({ libraries: { runtime } }: Session, from: Float64Array, to: Placed): void {
  if (sizeOf(to) === 0) return;
  runtime.call("cudaMemcpy to device", to.address, from, sizeOf(to), HOST_TO_DEVICE);
}

export function toHost({ libraries: { runtime } }: Session, from: Placed, to: Float64Array): void {
  if (sizeOf(from) === 0) return;
  runtime.call("cudaMemcpy to host", to, from.address, sizeOf(from), DEVICE_TO_HOST);
}

export function copyWithin({ libraries: { runtime } }: Session, from: Placed, to: Placed): void {
  if (sizeOf(to) === 0) return;
  runtime.call("cudaMemcpy within", to.address, from.address, sizeOf(to), DEVICE_TO_DEVICE);
}
