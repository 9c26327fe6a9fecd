// Products of Householder reflectors, a block at a time: H₁…H_k = I − V T Vᵀ (compact WY).
//
// V is unit lower trapezoidal, one reflector a column, T upper triangular (Schreiber and Van Loan,
// A storage-efficient WY representation, 1989). Reflector j leaves rows 0 … j alone; its entries
// from row j + 2 on are stored below the sub-diagonal, its entry 1 in row j + 1 is not.
import { matrix, type Matrix } from "../matrix.ts";
import type { Tridiagonal } from "../provider.ts";
import type { Engine } from "./engine.ts";
import { blockAt, multiply, plain, transposed, type Block } from "./multiply.ts";

/** Reflectors in a block: the inner size of the product that updates B. */
const WIDTH = 64;

/** B ← P B or Pᵀ B; shapes are checked. */
export function applyBlocks(engine: Engine, t: Tridiagonal, b: Matrix, transpose: boolean): void {
  const count = b.rows - 1;
  const blocks = Math.ceil(count / WIDTH);
  for (let step = 0; step < blocks; step++) {
    const first = WIDTH * (transpose ? step : blocks - 1 - step);
    applyBlock(engine, t, b, { first, width: Math.min(WIDTH, count - first), transpose });
  }
}

interface Part {
  readonly first: number;
  readonly width: number;
  readonly transpose: boolean;
}

function applyBlock(engine: Engine, t: Tridiagonal, b: Matrix, part: Part): void {
  const { first, width, transpose } = part;
  const rows = b.rows - 1 - first;
  const v = wholeBlock(reflectorsOf(t, { first, width, rows }));
  const scale = { alpha: 1, beta: 0 };
  const factor = wholeBlock(triangularFactor(engine, v, t.tau.subarray(first), { width, rows }));
  const affected = blockAt(wholeBlock(b), first + 1, 0);
  const projected = wholeBlock(matrix(width, b.cols));
  multiply(engine, {
    m: width, n: b.cols, inner: rows, a: transposed(v), b: plain(affected), c: projected, ...scale,
  });
  const weighted = wholeBlock(matrix(width, b.cols));
  const left = transpose ? transposed(factor) : plain(factor);
  multiply(engine, {
    m: width, n: b.cols, inner: width, a: left, b: plain(projected), c: weighted, ...scale,
  });
  multiply(engine, {
    m: rows, n: b.cols, inner: width, a: plain(v), b: plain(weighted), c: affected,
    alpha: -1, beta: 1,
  });
}

function wholeBlock({ data, rows }: Matrix): Block {
  return { data, offset: 0, stride: rows };
}

/** V with its ones and zeros, (rows, width). */
function reflectorsOf(
  { reflectors: { data, rows: n } }: Tridiagonal,
  { first, width, rows }: { readonly first: number; readonly width: number; readonly rows: number },
): Matrix {
  const v = matrix(rows, width);
  for (let j = 0; j < width; j++) {
    const column = (first + j) * n;
    v.data[j + j * rows] = 1;
    v.data.set(data.subarray(column + first + j + 2, column + n), j + 1 + j * rows);
  }
  return v;
}

/** T from T⁻¹ + T⁻ᵀ = VᵀV, column by column: t_j = −τ_j T (VᵀV)_j above the diagonal. */
function triangularFactor(
  engine: Engine,
  v: Block,
  tau: Float64Array,
  { width, rows }: { readonly width: number; readonly rows: number },
): Matrix {
  const products = matrix(width, width);
  multiply(engine, {
    m: width, n: width, inner: rows, a: transposed(v), b: plain(v), c: wholeBlock(products),
    alpha: 1, beta: 0,
  });
  const factor = matrix(width, width);
  for (let j = 0; j < width; j++) {
    for (let i = 0; i < j; i++) {
      let sum = 0;
      for (let k = i; k < j; k++) {
        sum += factor.data[i + k * width]! * products.data[k + j * width]!;
      }
      factor.data[i + j * width] = -tau[j]! * sum;
    }
    factor.data[j + j * width] = tau[j]!;
  }
  return factor;
}
