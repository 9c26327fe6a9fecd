// How the vectors, blocks and products of many applications are packed, so that each moves as one copy.
import { CURVED_COLUMNS_MOST } from "../../../../schema/experiments/krr-curvature-cost.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import { type Application, blockProducts } from "../curvature/operators.ts";

/** Where each application's columns and blocks lie in what all are packed into. */
export interface Places {
  readonly of: readonly Place[];
  /** Columns of all products; numbers of all (f, w) and (P B, w) blocks, f the frame's width. */
  readonly products: number;
  readonly framed: number;
  readonly crossed: number;
}

export interface Place {
  /** Columns of the vectors, and of the products: P w of these. */
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
  /** Numbers ahead of its blocks. */
  readonly frame: number;
  readonly cross: number;
}

/** @see Places */
export function placesOf(some: readonly Application[]): Places {
  let [from, start, frame, cross] = [0, 0, 0, 0];
  const of = some.map((one) => {
    const [w, p] = [one.vectors.cols, one.operators.length];
    const place = { from, to: from + w, start, end: start + p * w, frame, cross };
    from += w;
    start += p * w;
    frame += one.frame.cols * w;
    if (hasCross(one)) cross += p * one.set.probes.cols * w;
    return place;
  });
  return { of, products: start, framed: frame, crossed: cross };
}

function hasCross({ operators }: Application): boolean {
  return operators.some(({ cross }) => cross !== null);
}

/** In order, of so many columns of products that a chunk's memory is bounded; at least one each. */
export function chunksOf(applications: readonly Application[]): Application[][] {
  const chunks: Application[][] = [];
  let width = Infinity;
  for (const one of applications) {
    const own = one.operators.length * one.vectors.cols;
    if (width + own > CURVED_COLUMNS_MOST) {
      chunks.push([]);
      width = 0;
    }
    chunks.at(-1)!.push(one);
    width += own;
  }
  return chunks;
}

/** What X' and a frame are applied to, of one application. */
export interface InFrame {
  /** S Fᵀ v − [0; Cᵀ y] of every operator side by side, (f, P w). */
  readonly block: Matrix;
  /** y_B repeated, @see repeatedBlocks; nothing where there is no C. */
  readonly probes: Matrix;
}

/** @param onFrames Fᵀ v of all, packed. @param onCross Cᵀ y, packed. */
export function inFrames(
  some: readonly Application[],
  places: readonly Place[],
  onFrames: Float64Array,
  onCross: Float64Array,
): InFrame[] {
  return some.map((one, at): InFrame => {
    const { operators, frame, vectors, set } = one;
    const [w, f, b] = [vectors.cols, frame.cols, set.probes.cols];
    const onFrame = matrix(f, w, onFrames.subarray(places[at]!.frame, places[at]!.frame + f * w));
    const block = matrix(f, operators.length * w);
    operators.forEach(({ blocks }, p) => blockProducts(blocks, onFrame, columns(block, p * w, (p + 1) * w)));
    if (!hasCross(one)) return { block, probes: matrix(0, 0) };
    const crossed = operators.length * b;
    const onProbes = matrix(b, w);
    for (let j = 0; j < w; j++) {
      onProbes.data.set(onFrame.data.subarray((j + 1) * f - b, (j + 1) * f), j * b);
      for (let p = 0; p < operators.length; p++) {
        const [to, from] = [(p * w + j + 1) * f - b, places[at]!.cross + j * crossed + p * b];
        for (let i = 0; i < b; i++) block.data[to + i]! -= onCross[from + i]!;
      }
    }
    return { block, probes: repeatedBlocks(onProbes, operators.length) };
  });
}

/** y (B, w) as P blocks on the diagonal of a (P B, P w) matrix: [C_1 … C_P] times it is [C_1 y … C_P y]. */
function repeatedBlocks(y: Matrix, many: number): Matrix {
  const out = matrix(many * y.rows, many * y.cols);
  for (let p = 0; p < many; p++) {
    for (let j = 0; j < y.cols; j++) {
      out.data.set(columns(y, j, j + 1).data, p * y.rows + (p * y.cols + j) * out.rows);
    }
  }
  return out;
}

/** The numbers of all matrices, one behind the other. */
export function packed(parts: readonly Matrix[]): Matrix {
  const out = matrix(parts.reduce((sum, { rows, cols }) => sum + rows * cols, 0), 1);
  let start = 0;
  for (const { data, rows, cols } of parts) {
    out.data.set(data.subarray(0, rows * cols), start);
    start += rows * cols;
  }
  return out;
}
