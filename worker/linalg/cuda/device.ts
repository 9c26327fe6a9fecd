// The device port on one GPU: shapes checked, then cuBLAS, cuSOLVER or a kernel of ours.
import type { Device, DeviceGemm, DeviceMatrix, ElementMap, SpectrumDivision } from "../device.ts";
import { matrix, type Matrix } from "../matrix.ts";
import {
  blockProducts, cholesky, copyWithin, gemm, gramLower, requirePivots, sizeOf, solveLower,
  symmetricEigen, toDevice, toHost,
} from "./arithmetic.ts";
import type { Session } from "./session.ts";
import { choleskySingle } from "./single.ts";
import { CudaMatrix, CudaWorkspace, placed, withWorkspace } from "./workspace.ts";

/** Below this share of |x|² + |z|², a squared distance is computed by differences. */
const NEAR_SHARE = 1e-6;

export function createDevice(session: Session): Device {
  return {
    memory: () => session.memory.info(),
    require: (bytes, what) => session.memory.require(bytes, what),
    open: (purpose) => new CudaWorkspace(session, purpose),
    download: (a, into) => download(session, a, into),
    write(a, to) {
      requireShape("write", to, a.rows, a.cols);
      toDevice(session, a.data, placed(to));
    },
    columns: (a, from, to) => columns(placed(a), from, to),
    part: (a, start, shape) => part(placed(a), start, shape),
    copy(from, to) {
      requireShape("copy", to, from.rows, from.cols);
      copyWithin(session, placed(from), placed(to));
    },
    gemm: (options) => deviceGemm(session, options),
    gram(a, out) {
      requireShape("gram", out, a.cols, a.cols);
      gramLower(session, placed(a), placed(out));
      session.kernels().launch("mirror_lower", a.cols ** 2, placed(out).address, a.cols);
    },
    blockProducts: (a, b, blocks) => products(session, { a, b, blocks }),
    entryProducts: (a, b, out) => entryProducts(session, { a, b, out }),
    columnNorms: (a) => products(session, { a, b: a, blocks: a.cols }).data,
    squaredDistances: (x, z, out) => squaredDistances(session, { x, z, out }),
    squaredDistancesWithin: (x, out) => squaredDistancesWithin(session, x, out),
    map: (a, map) => mapEntries(session, a, map),
    isFinite: (a) => isFinite(session, a),
    takeBlock: (a, rows, out) => takeBlock(session, { a, rows, out }),
    diagonal: (a) => diagonal(session, a),
    addToDiagonal(a, value) {
      requireShape("addToDiagonal", a, a.rows, a.rows);
      session.kernels().launch("add_to_diagonal", a.rows, placed(a).address, a.rows, value);
    },
    identity(a) {
      requireShape("identity", a, a.rows, a.rows);
      const { address } = placed(a);
      if (address !== 0) session.libraries.runtime.call("cudaMemset", address, 0, sizeOf(a));
      session.kernels().launch("add_to_diagonal", a.rows, address, a.rows, 1);
    },
    rowSquaresBelow: (a) => vectorOf(session, a, (out) =>
      session.kernels().launch("row_squares_below", a.rows, out, placed(a).address, a.rows)),
    ...factors(session),
  };
}

type Factors = Pick<Device,
  "cholesky" | "choleskySingle" | "rowSums" | "solveLower" | "symmetricEigen" | "divideBySpectrum">;

function factors(session: Session): Factors {
  return {
    cholesky(a) {
      requireShape("cholesky", a, a.rows, a.rows);
      const refused = cholesky(session, placed(a));
      const pivots = diagonal(session, a);
      requirePivots(refused, a.rows, (i) => pivots[i]!);
    },
    choleskySingle(a, shift, into) {
      requireShape("choleskySingle", a, a.rows, a.rows);
      return choleskySingle(session, { a: placed(a), shift, into });
    },
    rowSums: (a) => vectorOf(session, a, (out) =>
      session.kernels().launch("row_sums", a.rows, out, placed(a).address, a.rows)),
    solveLower(l, b, transpose = false) {
      requireShape("solveLower", l, b.rows, b.rows);
      solveLower(session, placed(l), placed(b), transpose);
    },
    symmetricEigen(a, values) {
      requireShape("symmetricEigen", a, a.rows, a.rows);
      requireShape("symmetricEigen", values, a.rows, 1);
      symmetricEigen(session, placed(a), placed(values));
    },
    divideBySpectrum: (division) => divideBySpectrum(session, division),
  };
}

/** Throws RangeError naming verb, shape and what it must be. */
function requireShape(verb: string, a: DeviceMatrix, rows: number, cols: number): void {
  if (a.rows === rows && a.cols === cols) return;
  const { rows: r, cols: c } = a;
  throw new RangeError(`${verb}: a matrix is ${r} × ${c}, must be ${rows} × ${cols}`);
}

function download(session: Session, a: DeviceMatrix, into?: Matrix): Matrix {
  const out = into ?? matrix(a.rows, a.cols);
  requireShape("download", a, out.rows, out.cols);
  toHost(session, placed(a), out.data);
  return out;
}

function columns(a: CudaMatrix, from: number, to: number): CudaMatrix {
  if (!(from >= 0 && from <= to && to <= a.cols)) {
    throw new RangeError(`columns: ${from} to ${to} of ${a.rows} × ${a.cols}`);
  }
  return new CudaMatrix(a.rows, to - from, a.address + 8 * from * a.rows);
}

function part(a: CudaMatrix, start: number, { rows, cols }: Pick<DeviceMatrix, "rows" | "cols">): CudaMatrix {
  if (!(start >= 0 && start + rows * cols <= a.rows * a.cols)) {
    throw new RangeError(`part: ${rows} × ${cols} from number ${start} of ${a.rows} × ${a.cols}`);
  }
  return new CudaMatrix(rows, cols, a.address + 8 * start);
}

interface Block {
  readonly a: DeviceMatrix;
  readonly rows: Int32Array;
  readonly out: DeviceMatrix;
}

function takeBlock(session: Session, { a, rows, out }: Block): void {
  requireShape("takeBlock", a, a.rows, a.rows);
  requireShape("takeBlock", out, rows.length, rows.length);
  const outside = rows.find((row) => !(row >= 0 && row < a.rows));
  if (outside !== undefined) throw new RangeError(`takeBlock: row ${outside} of ${a.rows}`);
  withWorkspace(session, "rows of a block", (workspace) => {
    const places = workspace.upload(matrix(rows.length, 1, Float64Array.from(rows)));
    session.kernels().launch("take_block", rows.length ** 2, placed(out).address, placed(a).address,
      places.address, rows.length, a.rows);
  });
}

interface Entries {
  readonly a: DeviceMatrix;
  readonly b: DeviceMatrix;
  readonly out: DeviceMatrix;
}

function entryProducts(session: Session, { a, b, out }: Entries): void {
  requireShape("entryProducts", b, a.rows, b.cols);
  requireShape("entryProducts", out, a.rows, a.cols * b.cols);
  session.kernels().launch("entry_products", out.rows * out.cols, placed(out).address,
    placed(a).address, placed(b).address, a.rows, a.cols, b.cols);
}

function deviceGemm(session: Session, options: DeviceGemm): void {
  const { a, b, c, transposeA = false, transposeB = false, alpha = 1, beta = 0 } = options;
  const [m, k] = transposeA ? [a.cols, a.rows] : [a.rows, a.cols];
  const [kOfB, n] = transposeB ? [b.cols, b.rows] : [b.rows, b.cols];
  requireShape("gemm", c, m, n);
  if (k !== kOfB || k === 0) throw new RangeError(`gemm: inner sizes ${k} and ${kOfB}`);
  gemm(session, { a: placed(a), b: placed(b), c: placed(c), transposeA, transposeB, alpha, beta });
}

interface Blocks {
  readonly a: DeviceMatrix;
  readonly b: DeviceMatrix;
  readonly blocks: number;
}

function products(session: Session, { a, b, blocks }: Blocks): Matrix {
  if (a.rows !== b.rows || a.cols % blocks !== 0 || b.cols % blocks !== 0) {
    throw new RangeError(`blockProducts: ${a.rows} × ${a.cols} and ${b.rows} × ${b.cols} in ${blocks} blocks`);
  }
  if (a.cols === 0 || b.cols === 0) return matrix(0, 0);
  return withWorkspace(session, "products of columns", (workspace) => {
    const c = workspace.matrix(a.cols / blocks, b.cols);
    blockProducts(session, { a: placed(a), b: placed(b), c, blocks });
    return download(session, c);
  });
}

/** A vector that `run` fills on the device, of one number for each row. */
function vectorOf(session: Session, a: DeviceMatrix, run: (out: number) => void): Float64Array {
  requireShape("rows of a square matrix", a, a.rows, a.rows);
  return withWorkspace(session, "a vector", (workspace) => {
    const out = workspace.matrix(a.rows, 1);
    run(out.address);
    return download(session, out).data;
  });
}

function diagonal(session: Session, a: DeviceMatrix): Float64Array {
  return vectorOf(session, a, (out) =>
    session.kernels().launch("take_diagonal", a.rows, out, placed(a).address, a.rows));
}

interface Pair {
  /** (d, n) and (d, m). */
  readonly x: DeviceMatrix;
  readonly z: DeviceMatrix;
  /** (n, m). */
  readonly out: DeviceMatrix;
}

function squaredDistances(session: Session, { x, z, out }: Pair): void {
  if (x.cols === 0 || z.cols === 0) return;
  deviceGemm(session, { a: x, b: z, c: out, transposeA: true });
  withWorkspace(session, "squared norms", (workspace) => {
    const norms = (a: DeviceMatrix): CudaMatrix => columnNormsInto(session, a, workspace.matrix(a.cols, 1));
    session.kernels().launch("squared_distances", x.cols * z.cols, placed(out).address,
      placed(x).address, placed(z).address, norms(x).address, norms(z).address,
      x.cols, z.cols, x.rows, NEAR_SHARE);
  });
}

function columnNormsInto(session: Session, a: DeviceMatrix, out: CudaMatrix): CudaMatrix {
  const row = new CudaMatrix(1, a.cols, out.address);
  blockProducts(session, { a: placed(a), b: placed(a), c: row, blocks: a.cols });
  return out;
}

function squaredDistancesWithin(session: Session, x: DeviceMatrix, out: DeviceMatrix): void {
  const [d, n] = [x.rows, x.cols];
  requireShape("squaredDistancesWithin", out, n, n);
  gramLower(session, placed(x), placed(out));
  withWorkspace(session, "squared norms", (workspace) => {
    const norms = workspace.matrix(n, 1).address;
    session.kernels().launch("take_diagonal", n, norms, placed(out).address, n);
    session.kernels().launch("squared_distances_within", n * n, placed(out).address,
      placed(x).address, norms, n, d, NEAR_SHARE);
  });
}

const KINDS = ["rbf", "laplace", "matern32", "matern52", "linear", "polynomial", "nngp", "ntk"] as const;

function mapEntries(session: Session, a: DeviceMatrix, { name, scale, offset, degree }: ElementMap): void {
  const count = a.rows * a.cols;
  session.kernels().launch("kernel_values", count, placed(a).address, count, KINDS.indexOf(name),
    scale, offset, degree);
}

function isFinite(session: Session, a: DeviceMatrix): boolean {
  if (a.rows === 0 || a.cols === 0) return true;
  return withWorkspace(session, "a flag", (workspace) => {
    const flag = workspace.upload(matrix(1, 1));
    session.kernels().launch("find_not_finite", a.rows * a.cols, flag.address, placed(a).address,
      a.rows, a.cols, 0);
    return download(session, flag).data[0] === 0;
  });
}

function divideBySpectrum(session: Session, { source, values, shifts, half, out }: SpectrumDivision): void {
  const { rows: n, cols: k } = source;
  requireShape("divideBySpectrum", values, n, 1);
  requireShape("divideBySpectrum", out, n, k * shifts.length);
  withWorkspace(session, "shifts", (workspace) => {
    const c = workspace.matrix(shifts.length, 1);
    toDevice(session, Float64Array.from(shifts), c);
    session.kernels().launch("divide_by_spectrum", n * k * shifts.length, placed(out).address,
      placed(source).address, placed(values).address, c.address, n, k, shifts.length, half ? 1 : 0);
  });
}
