// The Cholesky factorisation, by halves: A₁₁ = L₁₁L₁₁ᵀ, L₂₁ = A₂₁L₁₁⁻ᵀ, A₂₂ − L₂₁L₂₁ᵀ = L₂₂L₂₂ᵀ.
//
// Nearly all work is in products. No block is inverted: on badly conditioned kernel matrices that
// would cost digits which substitution keeps.
import { notPositiveDefinite } from "../shapes.ts";
import type { Engine } from "./engine.ts";
import { halfOf, LEAF } from "./halves.ts";
import { blockAt, multiply, plain, transposed, type Block } from "./multiply.ts";

/** Overwrites the lower triangle of the block of order n by its factor. */
export function factorise(engine: Engine, a: Block, n: number): void {
  factoriseFrom(engine, a, { n, done: 0, size: n });
}

interface Stage {
  /** The order of the block. */
  readonly n: number;
  /** How many pivots of the whole came before. */
  readonly done: number;
  /** The order of the whole. */
  readonly size: number;
}

function factoriseFrom(engine: Engine, a: Block, { n, done, size }: Stage): void {
  if (n <= LEAF) {
    factoriseLeaf(a, { n, done, size });
    return;
  }
  const half = halfOf(n);
  const rest = n - half;
  const below = blockAt(a, half, 0);
  const corner = blockAt(a, half, half);
  factoriseFrom(engine, a, { n: half, done, size });
  solveFromRight(engine, a, below, { n: half, rows: rest });
  multiply(engine, {
    m: rest,
    n: rest,
    inner: half,
    a: plain(below),
    b: transposed(below),
    c: corner,
    alpha: -1,
    beta: 1,
    lower: true,
  });
  factoriseFrom(engine, corner, { n: rest, done: done + half, size });
}

function factoriseLeaf({ data, offset, stride }: Block, { n, done, size }: Stage): void {
  for (let j = 0; j < n; j++) {
    const column = offset + j * stride;
    for (let k = 0; k < j; k++) {
      const factor = data[offset + j + k * stride]!;
      const source = offset + k * stride;
      for (let i = j; i < n; i++) data[column + i]! -= factor * data[source + i]!;
    }
    const pivot = data[column + j]!;
    if (!(pivot > 0 && pivot < Infinity)) throw notPositiveDefinite({ size, pivot: done + j + 1 });
    const root = Math.sqrt(pivot);
    data[column + j] = root;
    for (let i = j + 1; i < n; i++) data[column + i]! /= root;
  }
}

/** B ← B L⁻ᵀ with L lower of order n, B of `rows` × n. */
function solveFromRight(
  engine: Engine,
  l: Block,
  b: Block,
  { n, rows }: { readonly n: number; readonly rows: number },
): void {
  if (n <= LEAF) {
    solveLeafFromRight(l, b, { n, rows });
    return;
  }
  const half = halfOf(n);
  const right = blockAt(b, 0, half);
  solveFromRight(engine, l, b, { n: half, rows });
  multiply(engine, {
    m: rows,
    n: n - half,
    inner: half,
    a: plain(b),
    b: transposed(blockAt(l, half, 0)),
    c: right,
    alpha: -1,
    beta: 1,
  });
  solveFromRight(engine, blockAt(l, half, half), right, { n: n - half, rows });
}

function solveLeafFromRight(
  l: Block,
  { data, offset, stride }: Block,
  { n, rows }: { readonly n: number; readonly rows: number },
): void {
  for (let j = 0; j < n; j++) {
    const target = offset + j * stride;
    for (let k = 0; k < j; k++) {
      const factor = l.data[l.offset + j + k * l.stride]!;
      const source = offset + k * stride;
      for (let i = 0; i < rows; i++) data[target + i]! -= factor * data[source + i]!;
    }
    const pivot = l.data[l.offset + j + j * l.stride]!;
    for (let i = 0; i < rows; i++) data[target + i]! /= pivot;
  }
}
