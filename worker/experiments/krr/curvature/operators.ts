// Symmetric d × d operators that are applied without being formed: Hessians of the batch-mean loss.
//
//   v ↦ X' (ρ ∘ y − C y_B) + F (S Fᵀ v − [0; Cᵀ y]) + τ v,   y = X'ᵀ v,  y_B = X_Bᵀ v,
// with the frame F of model.ts and S block-diagonal, a small symmetric matrix for each probe. The
// weights of all probes are summed before any row of X' is touched, so that one product costs two
// passes over X', O(n'd), whatever the number of probes. C is absent where F holds what it would
// add (profile.ts).
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import type { RowsOnDevice } from "./rows-on-device.ts";
import { scratch } from "./scratch.ts";

/** The rows that a set of probes is examined with; rows are columns of d × count matrices. */
export interface ProbeRows {
  /** X' = [X, Z], (d, n'). */
  readonly rows: Matrix;
  /** X_B, (d, B). */
  readonly probes: Matrix;
  /** Who makes the products with X', where it also lies on a device. */
  readonly device?: RowsOnDevice | undefined;
}

export interface Operator {
  /** ρ, (n'). */
  readonly rows: Float64Array;
  /** S, (q + 1, (q + 1) B): for each probe on its q slopes and itself. */
  readonly blocks: Matrix;
  /** C, (n', B), or null. */
  readonly cross: Matrix | null;
  /** τ. */
  readonly shift: number;
  readonly trace: number;
}

/** Σ factor · operator, of one set of probes. */
export function combined(parts: readonly { readonly factor: number; readonly of: Operator }[]): Operator {
  const [first] = parts;
  if (first === undefined) throw new RangeError("a sum of no operators");
  const { rows, blocks, cross } = first.of;
  const total = {
    rows: new Float64Array(rows.length),
    blocks: matrix(blocks.rows, blocks.cols),
    cross: cross === null ? null : matrix(cross.rows, cross.cols),
    shift: 0,
    trace: 0,
  };
  for (const { factor, of } of parts) {
    accumulate(total.rows, of.rows, factor);
    accumulate(total.blocks.data, of.blocks.data, factor);
    if (total.cross !== null && of.cross !== null) accumulate(total.cross.data, of.cross.data, factor);
    total.shift += factor * of.shift;
    total.trace += factor * of.trace;
  }
  return total;
}

function accumulate(out: Float64Array, values: Float64Array, factor: number): void {
  for (let i = 0; i < out.length; i++) out[i]! += factor * values[i]!;
}

export interface Application {
  readonly operators: readonly Operator[];
  readonly set: ProbeRows;
  /** F, (d, (q + 1) B). */
  readonly frame: Matrix;
  /** V, (d, w). */
  readonly vectors: Matrix;
}

/**
 * The products of each application, (d, w) for every operator side by side, in memory that the
 * next call takes again. Those with the same X' share its two passes as wide products.
 */
export function applyMany(applications: readonly Application[], linalg: LinalgProvider): Matrix[] {
  const results: Matrix[] = [];
  const byRows = new Map<Matrix, number[]>();
  applications.forEach(({ set }, index) => {
    byRows.set(set.rows, [...(byRows.get(set.rows) ?? []), index]);
  });
  for (const [rows, members] of byRows) {
    const some = members.map((index) => applications[index]!);
    const { device } = some[0]!.set;
    // Named by the first of its members, so that no two groups share memory.
    const products = device === undefined ? applyTogether(rows, some, `products ${members[0]!}`, linalg) : device.apply(some);
    products.forEach((result, at) => {
      results[members[at]!] = result;
    });
  }
  return results;
}

function applyTogether(rows: Matrix, some: readonly Application[], name: string, linalg: LinalgProvider): Matrix[] {
  const widths = some.map(({ operators, vectors }) => vectors.cols * operators.length);
  const starts = widths.map((_, at) => widths.slice(0, at).reduce((sum, width) => sum + width, 0));
  const width = widths.reduce((sum, own) => sum + own, 0);
  const onRows = productsOnRows(rows, some, linalg);
  const inner = scratch("products: inner", rows.cols, width);
  const out = scratch(name, rows.rows, width);
  const applied = onFrames(some, onRows, linalg);
  some.forEach((application, at) => {
    rowWeights(application, applied[at]!, columns(inner, starts[at]!, starts[at]! + widths[at]!), linalg);
  });
  if (width > 0) linalg.gemm({ a: rows, b: inner, c: out });
  return some.map((application, at) => {
    const own = columns(out, starts[at]!, starts[at]! + widths[at]!);
    addFramed(application, applied[at]!, own, linalg);
    return own;
  });
}

/** What every operator of one application reads of its vectors. */
interface Applied {
  /** X'ᵀ V, (n', w). */
  readonly onRows: Matrix;
  /** Fᵀ V, ((q + 1) B, w). */
  readonly onFrame: Matrix;
}

function productsOnRows(rows: Matrix, some: readonly Application[], linalg: LinalgProvider): Matrix {
  const width = some.reduce((sum, { vectors }) => sum + vectors.cols, 0);
  const all = scratch("products: vectors", rows.rows, width);
  let start = 0;
  for (const { vectors } of some) {
    all.data.set(vectors.data.subarray(0, vectors.rows * vectors.cols), start * rows.rows);
    start += vectors.cols;
  }
  const out = scratch("products: onRows", rows.cols, width);
  linalg.gemm({ a: rows, b: all, c: out, transposeA: true });
  return out;
}

function onFrames(some: readonly Application[], onRows: Matrix, linalg: LinalgProvider): Applied[] {
  const memory = scratch("products: onFrames", 1, some.reduce((sum, { frame, vectors }) => sum + frame.cols * vectors.cols, 0)).data;
  let [start, taken] = [0, 0];
  return some.map(({ frame, vectors }) => {
    const w = vectors.cols;
    const onFrame = matrix(frame.cols, w, memory.subarray(taken, taken + frame.cols * w));
    linalg.gemm({ a: frame, b: vectors, c: onFrame, transposeA: true });
    [start, taken] = [start + w, taken + frame.cols * w];
    return { onRows: columns(onRows, start - w, start), onFrame };
  });
}

/** X_Bᵀ V, (B, w), out of Fᵀ V. */
function onProbes({ rows, cols, data }: Matrix, probes: number): Matrix {
  const out = matrix(probes, cols);
  for (let j = 1; j <= cols; j++) out.data.set(data.subarray(j * rows - probes, j * rows), (j - 1) * probes);
  return out;
}

/** ρ ∘ y − C y_B of every operator side by side into `out`: what X' is then applied to. */
function rowWeights(
  { operators, set }: Application,
  { onRows, onFrame }: Applied,
  out: Matrix,
  linalg: LinalgProvider,
): void {
  const { rows: n, cols: w } = onRows;
  operators.forEach(({ rows, cross }, p) => {
    const own = columns(out, p * w, (p + 1) * w);
    const [to, from] = [own.data, onRows.data];
    for (let j = 0; j < w; j++) {
      for (let i = 0, at = j * n; i < n; i++, at++) to[at] = rows[i]! * from[at]!;
    }
    if (cross === null) return;
    linalg.gemm({ a: cross, b: onProbes(onFrame, set.probes.cols), c: own, alpha: -1, beta: 1 });
  });
}

/** Adds F (S Fᵀ v − [0; Cᵀ y]) + τ v of every operator to `out`. */
function addFramed(
  { operators, frame, vectors, set }: Application,
  { onRows, onFrame }: Applied,
  out: Matrix,
  linalg: LinalgProvider,
): void {
  const w = vectors.cols;
  const b = set.probes.cols;
  const small = scratch("products: small", frame.cols, w * operators.length);
  operators.forEach(({ blocks, cross }, p) => {
    const own = columns(small, p * w, (p + 1) * w);
    blockProducts(blocks, onFrame, own);
    if (cross === null) return;
    const pulled = matrix(b, w);
    linalg.gemm({ a: cross, b: onRows, c: pulled, transposeA: true });
    for (let j = 0; j < w; j++) {
      for (let i = 0; i < b; i++) own.data[(j + 1) * frame.cols - b + i]! -= pulled.data[i + j * b]!;
    }
  });
  linalg.gemm({ a: frame, b: small, c: out, beta: 1 });
  const [length, from] = [out.rows * w, vectors.data];
  operators.forEach(({ shift }, p) => {
    const to = columns(out, p * w, (p + 1) * w).data;
    for (let at = 0; at < length; at++) to[at]! += shift * from[at]!;
  });
}

/** S z into `out`, both ((q + 1) B, w): slopes first, probe by probe, then the probes themselves. */
export function blockProducts({ rows: size, cols, data }: Matrix, z: Matrix, out: Matrix): void {
  const q = size - 1;
  const probes = cols / size;
  const [from, to] = [z.data, out.data];
  for (let column = 0; column < z.cols; column++) {
    for (let b = 0; b < probes; b++) {
      const [slopes, last] = [column * z.rows + b * q, column * z.rows + probes * q + b];
      const block = b * size * size;
      let own = 0;
      for (let i = 0; i < q; i++) {
        let sum = data[block + i + q * size]! * from[last]!;
        for (let j = 0; j < q; j++) sum += data[block + i + j * size]! * from[slopes + j]!;
        to[slopes + i] = sum;
        own += data[block + q + i * size]! * from[slopes + i]!;
      }
      to[last] = own + data[block + q + q * size]! * from[last]!;
    }
  }
}
