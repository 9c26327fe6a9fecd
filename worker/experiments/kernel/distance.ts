// Squared distances between rows, through inner products but without their loss of digits.
//
// Rows are the columns of d × n matrices (row-major data, read as columns). |x|² + |z|² − 2 x·z is
// fast and loses half the digits of small distances, on which near clones rest, so entries far
// below the norms are computed again by differences. Diagonals are exactly 0, results never < 0.
import { type Matrix, matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";

/** Below this share of |x|² + |z|², a squared distance is computed by differences. */
const NEAR_SHARE = 1e-6;

/** |x_i − z_j|², (n, m), for X of (d, n) and Z of (d, m). 2nmd flop. */
export function squaredDistances(x: Matrix, z: Matrix, linalg: LinalgProvider): Matrix {
  const out = innerProducts(x, z, linalg);
  const rowNorms = squaredNorms(x);
  const columnNorms = squaredNorms(z);
  for (let j = 0; j < z.cols; j++) {
    for (let i = 0; i < x.cols; i++) {
      const norms = rowNorms[i]! + columnNorms[j]!;
      const at = i + j * x.cols;
      const square = norms - 2 * out.data[at]!;
      out.data[at] = square < NEAR_SHARE * norms ? squareOfDifference(x, i, z, j) : square;
    }
  }
  return out;
}

/** |x_i − x_j|², (n, n), exactly symmetric with a diagonal of 0, for X of (d, n). n²d flop. */
export function squaredDistancesWithin(x: Matrix, linalg: LinalgProvider): Matrix {
  const out = linalg.gram(x);
  const n = x.cols;
  const norms = Float64Array.from({ length: n }, (_, i) => out.data[i + i * n]!);
  for (let j = 0; j < n; j++) {
    out.data[j + j * n] = 0;
    for (let i = j + 1; i < n; i++) {
      const sum = norms[i]! + norms[j]!;
      const far = sum - 2 * out.data[i + j * n]!;
      const square = far < NEAR_SHARE * sum ? squareOfDifference(x, i, x, j) : far;
      out.data[i + j * n] = square;
      out.data[j + i * n] = square;
    }
  }
  return out;
}

/** x_i·z_j, (n, m). */
export function innerProducts(x: Matrix, z: Matrix, linalg: LinalgProvider): Matrix {
  const out = matrix(x.cols, z.cols);
  linalg.gemm({ a: x, b: z, c: out, transposeA: true });
  return out;
}

/** The mean of the columns of a (d, n) matrix. */
export function columnMean(x: Matrix): Float64Array {
  const mean = new Float64Array(x.rows);
  for (let j = 0; j < x.cols; j++) {
    for (let f = 0; f < x.rows; f++) mean[f]! += x.data[f + j * x.rows]!;
  }
  for (let f = 0; f < x.rows; f++) mean[f]! /= x.cols;
  return mean;
}

/** Takes `shift` off every column of a (d, n) matrix, in place. */
export function shiftColumns(x: Matrix, shift: Float64Array): void {
  for (let j = 0; j < x.cols; j++) {
    for (let f = 0; f < x.rows; f++) x.data[f + j * x.rows]! -= shift[f]!;
  }
}

function squaredNorms(x: Matrix): Float64Array {
  const norms = new Float64Array(x.cols);
  for (let j = 0; j < x.cols; j++) {
    let sum = 0;
    for (let at = j * x.rows; at < (j + 1) * x.rows; at++) sum += x.data[at]! * x.data[at]!;
    norms[j] = sum;
  }
  return norms;
}

function squareOfDifference(x: Matrix, i: number, z: Matrix, j: number): number {
  let sum = 0;
  for (let f = 0; f < x.rows; f++) {
    const difference = x.data[f + i * x.rows]! - z.data[f + j * z.rows]!;
    sum += difference * difference;
  }
  return sum;
}
