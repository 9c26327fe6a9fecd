// C ← α A B + β C on strided operands: the one product behind all blocked algorithms here.
//
// Operands are copied into packed panels in the engine's memory (which makes transposes free),
// blocks of C are multiplied there and copied back. A C that already lies in the engine's memory
// is worked on in place. Every entry is a sum over blocks of BLOCK.inner, each summed in order of
// the inner index: the bits do not depend on the shape of the rest.
import { AREA, BLOCK, type Engine } from "./engine.ts";
import { TILE } from "./kernels.ts";

/** Entry (i, j) is `data[offset + i * rowStride + j * columnStride]`. */
export interface Operand {
  readonly data: Float64Array;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** Entry (i, j) is `data[offset + i + j * stride]`. */
export interface Block {
  readonly data: Float64Array;
  readonly offset: number;
  readonly stride: number;
}

export interface Product {
  /** op(A) is (m, inner), op(B) is (inner, n). */
  readonly m: number;
  readonly n: number;
  readonly inner: number;
  readonly a: Operand;
  readonly b: Operand;
  readonly c: Block;
  readonly alpha: number;
  /** With 0, C is not read. */
  readonly beta: number;
  /** Leaves what is strictly above the diagonal of C as it was, and saves half of the work. */
  readonly lower?: boolean;
}

/** The columns of a block as an operand. */
export function plain({ data, offset, stride }: Block): Operand {
  return { data, offset, rowStride: 1, columnStride: stride };
}

/** A block's transpose as an operand. */
export function transposed({ data, offset, stride }: Block): Operand {
  return { data, offset, rowStride: stride, columnStride: 1 };
}

/** The block that starts at (row, column) of another. */
export function blockAt({ data, offset, stride }: Block, row: number, column: number): Block {
  return { data, offset: offset + row + column * stride, stride };
}

/** Columns that share the first row worked on, when only the lower triangle is wanted. */
const STRIP = 32;

/** Part of a product: C's block at (i, j) and the inner indices from k on. */
interface Part {
  readonly i: number;
  readonly j: number;
  readonly k: number;
  readonly rows: number;
  readonly columns: number;
  readonly steps: number;
}

/** C must not overlap A or B; in the engine's memory it is rounded up to whole tiles. */
export function multiply(engine: Engine, product: Product): void {
  const { m, n, a, b, alpha, lower = false } = product;
  if (m === 0 || n === 0) return;
  const inner = alpha === 0 ? 0 : product.inner;
  for (let j = 0; j < n; j += BLOCK.columns) {
    const columns = Math.min(BLOCK.columns, n - j);
    // Once even without inner indices, since C is still to be scaled.
    for (let k = 0; k === 0 || k < inner; k += BLOCK.inner) {
      const steps = Math.min(BLOCK.inner, inner - k);
      pack(engine.numbers(), AREA.b, {
        data: b.data,
        offset: b.offset + k * b.rowStride + j * b.columnStride,
        laneStride: b.columnStride,
        stepStride: b.rowStride,
        lanes: columns,
        steps,
        factor: alpha,
      });
      for (let i = lower ? j - (j % BLOCK.rows) : 0; i < m; i += BLOCK.rows) {
        const rows = Math.min(BLOCK.rows, m - i);
        pack(engine.numbers(), AREA.a, {
          data: a.data,
          offset: a.offset + i * a.rowStride + k * a.columnStride,
          laneStride: a.rowStride,
          stepStride: a.columnStride,
          lanes: rows,
          steps,
          factor: 1,
        });
        multiplyPart(engine, product, { i, j, k, rows, columns, steps });
      }
    }
  }
}

/** Lanes are rows of A or columns of B, steps the inner index. */
interface Packing {
  readonly data: Float64Array;
  readonly offset: number;
  readonly laneStride: number;
  readonly stepStride: number;
  readonly lanes: number;
  readonly steps: number;
  readonly factor: number;
}

function pack(to: Float64Array, place: number, packing: Packing): void {
  const { data, laneStride, stepStride, lanes, steps, factor } = packing;
  let q = place;
  for (let lane = 0; lane < lanes; lane += TILE) {
    const from = packing.offset + lane * laneStride;
    const count = Math.min(TILE, lanes - lane);
    if (count < TILE) {
      to.fill(0, q, q + TILE * steps);
      for (let k = 0; k < steps; k++) {
        for (let l = 0; l < count; l++) {
          to[q + TILE * k + l] = factor * data[from + l * laneStride + k * stepStride]!;
        }
      }
      return;
    }
    let p0 = from;
    let p1 = p0 + laneStride;
    let p2 = p1 + laneStride;
    let p3 = p2 + laneStride;
    for (let k = 0; k < steps; k++) {
      to[q] = factor * data[p0]!;
      to[q + 1] = factor * data[p1]!;
      to[q + 2] = factor * data[p2]!;
      to[q + 3] = factor * data[p3]!;
      p0 += stepStride;
      p1 += stepStride;
      p2 += stepStride;
      p3 += stepStride;
      q += TILE;
    }
  }
}

function multiplyPart(engine: Engine, product: Product, part: Part): void {
  const { c, beta, lower = false } = product;
  const numbers = engine.numbers();
  const corner = blockAt(c, part.i, part.j);
  if (c.data === numbers) {
    runTiles(engine, part, corner, lower);
    return;
  }
  const staged = { data: numbers, offset: AREA.c, stride: BLOCK.rows };
  load(staged, corner, part, part.k === 0 ? beta : 1);
  runTiles(engine, part, staged, lower);
  store(corner, staged, part, lower);
}

function load(staged: Block, c: Block, { rows, columns }: Part, beta: number): void {
  const { data: to } = staged;
  for (let j = 0; j < columns; j++) {
    const q = staged.offset + j * staged.stride;
    const p = c.offset + j * c.stride;
    if (beta === 0) to.fill(0, q, q + rows);
    else if (beta === 1) to.set(c.data.subarray(p, p + rows), q);
    else for (let i = 0; i < rows; i++) to[q + i] = beta * c.data[p + i]!;
  }
}

function store(c: Block, staged: Block, part: Part, lower: boolean): void {
  for (let j = 0; j < part.columns; j++) {
    const first = lower ? Math.max(0, part.j + j - part.i) : 0;
    if (first >= part.rows) return;
    const q = staged.offset + j * staged.stride;
    c.data.set(staged.data.subarray(q + first, q + part.rows), c.offset + j * c.stride + first);
  }
}

function runTiles(engine: Engine, part: Part, c: Block, lower: boolean): void {
  const { steps: inner, rows, columns } = part;
  const width = lower ? STRIP : columns;
  for (let j = 0; j < columns; j += width) {
    const above = lower ? Math.max(0, part.j + j - part.i) : 0;
    const first = above - (above % TILE);
    if (first >= rows) return;
    engine.tiles({
      inner,
      a: AREA.a + first * inner,
      b: AREA.b + j * inner,
      c: c.offset + first + j * c.stride,
      stride: c.stride,
      rows: rows - first,
      columns: Math.min(width, columns - j),
    });
  }
}
