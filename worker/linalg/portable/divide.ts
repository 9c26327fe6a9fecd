// All eigenpairs of a symmetric tridiagonal matrix by divide and conquer.
//
// Tearing the coupling out of the middle leaves two halves and a correction of rank one. With both
// halves solved, Q (D + z zᵀ) Qᵀ remains: most entries of z are often negligible or their poles
// equal (deflation), the rest are roots of a secular equation. Vectors from the rounded z would not
// be orthogonal; those from the z that has the computed roots exactly are (Gu and Eisenstat, 1995).
// The work is in products of halves: 4n³/3 flop at most.
import { matrix, type Matrix } from "../matrix.ts";
import { scaleFor } from "./eigenvalues.ts";
import type { Engine } from "./engine.ts";
import { solveLeaf } from "./leaf.ts";
import { merge, type Desk } from "./merge.ts";
import { blockAt } from "./multiply.ts";
import { sortColumns } from "./sort-columns.ts";

const LEAF = 32;

/**
 * Ascending eigenvalues and their vectors; the arguments, of finite numbers, are not modified.
 * Takes 2n² doubles of working memory besides the vectors.
 */
export function eigenOfTridiagonal(
  engine: Engine,
  diagonal: Float64Array,
  offDiagonal: Float64Array,
): { readonly values: Float64Array; readonly vectors: Matrix } {
  const n = diagonal.length;
  const scale = scaleFor(diagonal, offDiagonal);
  const vectors = matrix(n, n);
  const e = new Float64Array(n);
  offDiagonal.forEach((value, i) => (e[i] = value * scale));
  const desk = {
    engine,
    d: diagonal.map((value) => value * scale),
    vectors: { data: vectors.data, offset: 0, stride: n },
    gathered: new Float64Array(n * n),
    mixing: new Float64Array(n * n),
  };
  solveRange(desk, e, { first: 0, last: n });
  return { values: desk.d.map((value) => value / scale), vectors };
}

/** Rows and columns [first, last): leaves d ascending there and its block of vectors filled. */
function solveRange(
  desk: Desk,
  e: Float64Array,
  { first, last }: { readonly first: number; readonly last: number },
): void {
  const { d } = desk;
  if (last - first <= LEAF) {
    const { data, offset, stride } = blockAt(desk.vectors, first, first);
    for (let i = 0; i < last - first; i++) data[offset + i * (stride + 1)] = 1;
    solveLeaf(d.subarray(first, last), e.subarray(first, last), { data, offset, stride });
    sortColumns(d.subarray(first, last), { data, offset, stride });
    return;
  }
  const middle = first + ((last - first) >> 1);
  const coupling = e[middle - 1]!;
  d[middle - 1]! -= Math.abs(coupling);
  d[middle]! -= Math.abs(coupling);
  solveRange(desk, e, { first, last: middle });
  solveRange(desk, e, { first: middle, last });
  merge(desk, { first, middle, last, coupling });
}
