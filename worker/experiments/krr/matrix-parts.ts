// Parts of matrices by index, and the small products between them.
import { columns, type Matrix, matrix } from "../../linalg/matrix.ts";

/** The rows of A at `rows`, in that order. */
export function takeRows(a: Matrix, rows: Int32Array): Matrix {
  const out = matrix(rows.length, a.cols);
  for (let j = 0; j < a.cols; j++) {
    for (let i = 0; i < rows.length; i++) {
      out.data[i + j * rows.length] = a.data[rows[i]! + j * a.rows]!;
    }
  }
  return out;
}

/** The columns of A at `chosen`, in that order. */
export function takeColumns(a: Matrix, chosen: Int32Array): Matrix {
  const out = matrix(a.rows, chosen.length);
  chosen.forEach((column, j) => out.data.set(columns(a, column, column + 1).data, j * a.rows));
  return out;
}

/** The square block of A at `rows`. */
export function takeBlock(a: Matrix, rows: Int32Array): Matrix {
  const out = matrix(rows.length, rows.length);
  rows.forEach((row, j) => {
    out.data.set(takeRows(columns(a, row, row + 1), rows).data, j * rows.length);
  });
  return out;
}

export function rowOf(a: Matrix, row: number): Float64Array {
  const out = new Float64Array(a.cols);
  for (let j = 0; j < a.cols; j++) out[j] = a.data[row + j * a.rows]!;
  return out;
}

export function diagonalOf(a: Matrix): Float64Array {
  return Float64Array.from({ length: a.rows }, (_, i) => a.data[i + i * a.rows]!);
}

/** AᵀB for matrices of few columns. */
export function transposedProduct(a: Matrix, b: Matrix): Matrix {
  const out = matrix(a.cols, b.cols);
  for (let j = 0; j < b.cols; j++) {
    const right = columns(b, j, j + 1).data;
    for (let i = 0; i < a.cols; i++) {
      out.data[i + j * a.cols] = dot(columns(a, i, i + 1).data, right);
    }
  }
  return out;
}

/** The first `count` columns of B behind those of A. */
export function beside(a: Matrix, b: Matrix | null, count: number): Matrix {
  if (b === null) return a;
  const out = matrix(a.rows, a.cols + count);
  out.data.set(a.data.subarray(0, a.rows * a.cols));
  out.data.set(columns(b, 0, count).data, a.rows * a.cols);
  return out;
}

/** A with zeros below and right of it. */
export function padded(a: Matrix, rows: number, cols: number): Matrix {
  const out = matrix(rows, cols);
  for (let j = 0; j < a.cols; j++) out.data.set(columns(a, j, j + 1).data, j * rows);
  return out;
}

/** A ← A − B. */
export function subtract(a: Matrix, b: Matrix): void {
  for (let i = 0; i < a.data.length; i++) a.data[i]! -= b.data[i]!;
}

/** Squared norm of each column. */
export function normsOfColumns({ rows, cols, data }: Matrix): Float64Array {
  const out = new Float64Array(cols);
  for (let j = 0, at = 0; j < cols; j++) {
    let sum = 0;
    for (const end = at + rows; at < end; at++) sum += data[at]! * data[at]!;
    out[j] = sum;
  }
  return out;
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Whether no entry is NaN or infinite. */
export function isFiniteMatrix({ data }: Matrix): boolean {
  // x − x is 0 unless x is NaN or infinite. Four sums, so that additions need not wait in line.
  let [a, b, c, d] = [0, 0, 0, 0];
  const end = data.length - 3;
  let i = 0;
  for (; i < end; i += 4) {
    a += data[i]! - data[i]!;
    b += data[i + 1]! - data[i + 1]!;
    c += data[i + 2]! - data[i + 2]!;
    d += data[i + 3]! - data[i + 3]!;
  }
  for (; i < data.length; i++) a += data[i]! - data[i]!;
  return a + b + c + d === 0;
}
