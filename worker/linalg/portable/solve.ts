// Triangular solves by halves: all but the leaves on the diagonal is products.
import type { Engine } from "./engine.ts";
import { halfOf, LEAF } from "./halves.ts";
import { blockAt, multiply, plain, transposed, type Block } from "./multiply.ts";

/** Right-hand sides that share one pass over the triangle. */
const SIDES = 4;

interface Size {
  /** The order of the triangle. */
  readonly n: number;
  /** The right-hand sides. */
  readonly k: number;
}

/** B ← L⁻¹ B for a lower L. */
export function solve(engine: Engine, l: Block, b: Block, { n, k }: Size): void {
  if (n <= LEAF) {
    for (let j = 0; j < k; j += SIDES) forward(l, blockAt(b, 0, j), { n, k: k - j });
    return;
  }
  const half = halfOf(n);
  const rest = blockAt(b, half, 0);
  solve(engine, l, b, { n: half, k });
  multiply(engine, {
    m: n - half,
    n: k,
    inner: half,
    a: plain(blockAt(l, half, 0)),
    b: plain(b),
    c: rest,
    alpha: -1,
    beta: 1,
  });
  solve(engine, blockAt(l, half, half), rest, { n: n - half, k });
}

/** B ← L⁻ᵀ B for a lower L. */
export function solveTransposed(engine: Engine, l: Block, b: Block, { n, k }: Size): void {
  if (n <= LEAF) {
    for (let j = 0; j < k; j += SIDES) backward(l, blockAt(b, 0, j), { n, k: k - j });
    return;
  }
  const half = halfOf(n);
  const rest = blockAt(b, half, 0);
  solveTransposed(engine, blockAt(l, half, half), rest, { n: n - half, k });
  multiply(engine, {
    m: half,
    n: k,
    inner: n - half,
    a: transposed(blockAt(l, half, 0)),
    b: plain(rest),
    c: b,
    alpha: -1,
    beta: 1,
  });
  solveTransposed(engine, l, b, { n: half, k });
}

/** The first SIDES columns of b, or fewer if there are fewer: then one is worked on repeatedly. */
function forward(l: Block, b: Block, { n, k }: Size): void {
  const { data } = b;
  if (k < SIDES) {
    for (let side = 0; side < k; side++) forwardOne(l, blockAt(b, 0, side), n);
    return;
  }
  const p0 = b.offset;
  const p1 = p0 + b.stride;
  const p2 = p1 + b.stride;
  const p3 = p2 + b.stride;
  for (let j = 0; j < n; j++) {
    const column = l.offset + j * l.stride;
    const pivot = l.data[column + j]!;
    const x0 = (data[p0 + j]! /= pivot);
    const x1 = (data[p1 + j]! /= pivot);
    const x2 = (data[p2 + j]! /= pivot);
    const x3 = (data[p3 + j]! /= pivot);
    for (let i = j + 1; i < n; i++) {
      const factor = l.data[column + i]!;
      data[p0 + i]! -= factor * x0;
      data[p1 + i]! -= factor * x1;
      data[p2 + i]! -= factor * x2;
      data[p3 + i]! -= factor * x3;
    }
  }
}

function forwardOne(l: Block, { data, offset }: Block, n: number): void {
  for (let j = 0; j < n; j++) {
    const column = l.offset + j * l.stride;
    const x = (data[offset + j]! /= l.data[column + j]!);
    for (let i = j + 1; i < n; i++) data[offset + i]! -= l.data[column + i]! * x;
  }
}

function backward(l: Block, b: Block, { n, k }: Size): void {
  const { data } = b;
  if (k < SIDES) {
    for (let side = 0; side < k; side++) backwardOne(l, blockAt(b, 0, side), n);
    return;
  }
  const p0 = b.offset;
  const p1 = p0 + b.stride;
  const p2 = p1 + b.stride;
  const p3 = p2 + b.stride;
  for (let j = n - 1; j >= 0; j--) {
    const column = l.offset + j * l.stride;
    const pivot = l.data[column + j]!;
    let x0 = data[p0 + j]!;
    let x1 = data[p1 + j]!;
    let x2 = data[p2 + j]!;
    let x3 = data[p3 + j]!;
    for (let i = j + 1; i < n; i++) {
      const factor = l.data[column + i]!;
      x0 -= factor * data[p0 + i]!;
      x1 -= factor * data[p1 + i]!;
      x2 -= factor * data[p2 + i]!;
      x3 -= factor * data[p3 + i]!;
    }
    data[p0 + j] = x0 / pivot;
    data[p1 + j] = x1 / pivot;
    data[p2 + j] = x2 / pivot;
    data[p3 + j] = x3 / pivot;
  }
}

function backwardOne(l: Block, { data, offset }: Block, n: number): void {
  for (let j = n - 1; j >= 0; j--) {
    const column = l.offset + j * l.stride;
    let x = data[offset + j]!;
    for (let i = j + 1; i < n; i++) x -= l.data[column + i]! * data[offset + i]!;
    data[offset + j] = x / l.data[column + j]!;
  }
}
