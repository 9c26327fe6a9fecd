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

/** The square block of A at `rows`. */
export function takeBlock(a: Matrix, rows: Int32Array): Matrix {
  const out = matrix(rows.length, rows.length);
  rows.forEach((row, j) => {
    out.data.set(takeRows(columns(a, row, row + 1), rows).data, j * rows.length);
  });
  return out;
}

export function rowOf(a: Matrix, row: number): Float64Array {
  return Float64Array.from({ length: a.cols }, (_, j) => a.data[row + j * a.rows]!);
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

/** Squared norm of each column. */
export function normsOfColumns(a: Matrix): Float64Array {
  return Float64Array.from({ length: a.cols }, (_, j) => {
    const column = columns(a, j, j + 1).data;
    return dot(column, column);
  });
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
