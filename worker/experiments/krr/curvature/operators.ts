// Symmetric d × d operators that are applied without being formed: Hessians of the batch-mean loss.
//
// An operator is a residual part (a weighted sum of kernel Hessians, see profile.ts) plus
// Gauss-Newton terms of low rank. The weights are summed over the batch before any row of X' is
// touched, so that one product costs two passes over X', O(n'd), whatever the number of probes.
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { innerProducts } from "./narrow.ts";
import type { Profile } from "./profile.ts";
import { scratch } from "./scratch.ts";

/** The rows that a set of probes is examined with; rows are columns of d × count matrices. */
export interface ProbeRows {
  /** X' = [X, Z], (d, n'). */
  readonly rows: Matrix;
  /** X_B, (d, B). */
  readonly probes: Matrix;
}

/** A weighted sum of kernel Hessians; the letters are those of profile.ts. */
export interface Residual {
  /** ρ, (n'). */
  readonly rows: Float64Array;
  /** C, (n', B). */
  readonly cross: Matrix;
  /** σ, (B). */
  readonly probes: Float64Array;
  /** τ. */
  readonly shift: number;
  readonly trace: number;
}

/** v ↦ scale · left (rightᵀ v), both (d, r). Terms come in pairs that make the sum symmetric. */
export interface GaussTerm {
  readonly left: Matrix;
  readonly right: Matrix;
  readonly scale: number;
}

export interface Operator {
  readonly residual: Residual | null;
  readonly gauss: readonly GaussTerm[];
}

/** The residual part of weights ω (n', B), times `scale`. */
export function residualOf(profile: Profile, weights: Matrix, scale: number): Residual {
  const { rows: n, cols: b } = weights;
  const rows = new Float64Array(n);
  const cross = matrix(n, b);
  const probes = new Float64Array(b);
  const [rowRow, rowProbe, probeProbe] = [profile.rowRow.data, profile.rowProbe.data, profile.probeProbe.data];
  const [identity, trace, all, crossed] = [profile.identity.data, profile.trace.data, weights.data, cross.data];
  let [shift, sum] = [0, 0];
  for (let j = 0; j < b; j++) {
    let own = 0;
    for (let i = 0, at = j * n; i < n; i++, at++) {
      const omega = scale * all[at]!;
      rows[i]! += omega * rowRow[at]!;
      crossed[at] = omega * rowProbe[at]!;
      own += omega * probeProbe[at]!;
      shift += omega * identity[at]!;
      sum += omega * trace[at]!;
    }
    probes[j] = own;
  }
  return { rows, cross, probes, shift, trace: sum };
}

/** Σ factor · residual. */
export function combined(parts: readonly { readonly factor: number; readonly of: Residual }[]): Residual {
  const [first] = parts;
  if (first === undefined) throw new RangeError("a sum of no residuals");
  const total = {
    rows: new Float64Array(first.of.rows.length),
    cross: matrix(first.of.cross.rows, first.of.cross.cols),
    probes: new Float64Array(first.of.probes.length),
    shift: 0,
    trace: 0,
  };
  for (const { factor, of } of parts) {
    accumulate(total.rows, of.rows, factor);
    accumulate(total.cross.data, of.cross.data, factor);
    accumulate(total.probes, of.probes, factor);
    total.shift += factor * of.shift;
    total.trace += factor * of.trace;
  }
  return total;
}

function accumulate(out: Float64Array, values: Float64Array, factor: number): void {
  for (let i = 0; i < out.length; i++) out[i]! += factor * values[i]!;
}

/** Vectors and what every operator of one search reads of them. */
interface Applied {
  /** (d, w). */
  readonly vectors: Matrix;
  /** X'ᵀ V, (n', w), and X_Bᵀ V, (B, w). */
  readonly onRows: Matrix;
  readonly onProbes: Matrix;
  /** Rᵀ V for the right side of a Gauss-Newton term. */
  readonly onRight: (right: Matrix) => Matrix;
}

/** ρ ∘ y − C y_B into `out` (n', w): what X' is then applied to. */
function rowWeights(
  { rows, cross }: Residual,
  { onRows, onProbes }: Applied,
  out: Matrix,
  linalg: LinalgProvider,
): void {
  const n = out.rows;
  const [to, from] = [out.data, onRows.data];
  for (let j = 0; j < out.cols; j++) {
    for (let i = 0, at = j * n; i < n; i++, at++) to[at] = rows[i]! * from[at]!;
  }
  linalg.gemm({ a: cross, b: onProbes, c: out, alpha: -1, beta: 1 });
}

/** Adds X_B (σ ∘ y_B − Cᵀ y) + τ v and the Gauss-Newton terms to `out` (d, w). */
function addRest(
  { residual, gauss }: Operator,
  { vectors, onRows, onProbes, onRight }: Applied,
  probes: Matrix,
  out: Matrix,
  linalg: LinalgProvider,
): void {
  if (residual !== null) {
    const inner = matrix(onProbes.rows, onProbes.cols);
    const b = inner.rows;
    for (let at = 0; at < inner.data.length; at++) {
      inner.data[at] = residual.probes[at % b]! * onProbes.data[at]!;
    }
    linalg.gemm({ a: residual.cross, b: onRows, c: inner, transposeA: true, alpha: -1, beta: 1 });
    linalg.gemm({ a: probes, b: inner, c: out, beta: 1 });
    const [length, shift, to, from] = [out.rows * out.cols, residual.shift, out.data, vectors.data];
    for (let at = 0; at < length; at++) to[at]! += shift * from[at]!;
  }
  for (const { left, right, scale } of gauss) {
    linalg.gemm({ a: left, b: onRight(right), c: out, alpha: scale, beta: 1 });
  }
}

export interface Application {
  readonly operators: readonly Operator[];
  readonly set: ProbeRows;
  readonly vectors: Matrix;
}

/** Many applications at once: those with the same X' share its two passes as wide products. */
export function applyMany(applications: readonly Application[], linalg: LinalgProvider): Matrix[][] {
  const results: Matrix[][] = applications.map(() => []);
  const byRows = new Map<Matrix, number[]>();
  applications.forEach(({ set }, index) => {
    byRows.set(set.rows, [...(byRows.get(set.rows) ?? []), index]);
  });
  for (const [rows, members] of byRows) {
    const some = members.map((index) => applications[index]!);
    applyTogether(rows, some, linalg).forEach((result, at) => {
      results[members[at]!] = result;
    });
  }
  return results;
}

function applyTogether(rows: Matrix, some: readonly Application[], linalg: LinalgProvider): Matrix[][] {
  const onRows = productsOnRows(rows, some, linalg);
  const width = some.reduce((sum, { operators, vectors }) =>
    sum + vectors.cols * operators.filter(({ residual }) => residual !== null).length, 0);
  const inner = scratch("products: inner", rows.cols, width);
  const applied: Applied[] = [];
  let start = 0;
  let read = 0;
  for (const { operators, set, vectors } of some) {
    const w = vectors.cols;
    const own = { vectors, onRows: columns(onRows, read, read + w),
      onProbes: innerProducts(set.probes, vectors, linalg), onRight: remembered((right) => innerProducts(right, vectors, linalg)) };
    read += w;
    applied.push(own);
    for (const { residual } of operators) {
      if (residual === null) continue;
      rowWeights(residual, own, columns(inner, start, start + w), linalg);
      start += w;
    }
  }
  const outer = matrix(rows.rows, width);
  if (width > 0) linalg.gemm({ a: rows, b: inner, c: outer });
  start = 0;
  return some.map(({ operators, set, vectors }, index) =>
    operators.map((operator) => {
      const w = vectors.cols;
      const out = operator.residual === null ? matrix(rows.rows, w) : columns(outer, start, start + w);
      if (operator.residual !== null) start += w;
      addRest(operator, applied[index]!, set.probes, out, linalg);
      return out;
    }));
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

/** The same value for the same matrix, made once. */
function remembered(make: (key: Matrix) => Matrix): (key: Matrix) => Matrix {
  const known = new Map<Matrix, Matrix>();
  return (key) => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
}
