// Joins the eigenpairs of two halves into those of the whole: see divide.ts for the idea.
import { deflate, type Pole, type Support } from "./deflate.ts";
import type { Engine } from "./engine.ts";
import { blockAt, multiply, plain, type Block } from "./multiply.ts";
import { secularRoot } from "./secular.ts";
import { sortColumns } from "./sort-columns.ts";

/** What merges share. */
export interface Desk {
  readonly engine: Engine;
  /** The eigenvalues so far, those of each solved part ascending. */
  readonly d: Float64Array;
  /** Their vectors, n × n, in blocks on the diagonal. */
  readonly vectors: Block;
  /** Working memory, n² numbers each. */
  readonly gathered: Float64Array;
  readonly mixing: Float64Array;
}

/** Two neighbouring solved parts, [first, middle) and [middle, last). */
export interface Seam {
  readonly first: number;
  readonly middle: number;
  readonly last: number;
  /** The entry beside the diagonal between them, whose size was taken off the diagonal. */
  readonly coupling: number;
}

export function merge(desk: Desk, seam: Seam): void {
  const { d, vectors } = desk;
  const { first, last } = seam;
  const { kept, settled } = deflate(polesOf(desk, seam), ({ left, right, c, s }) => {
    rotate(blockAt(vectors, first, 0), { left, right, c, s, rows: last - first });
  });
  const grouped = [...having(kept, "top"), ...having(kept, "both"), ...having(kept, "bottom")];
  const block = blockAt(vectors, first, first);
  const sources = gather(desk, seam, { grouped, settled });
  const roots = mix(desk.mixing, kept, grouped);
  expand(desk, seam, { grouped, sources });
  copyColumns(sources.settled, blockAt(block, 0, kept.length), last - first, settled.length);
  d.set(roots, first);
  d.set(settled.map((pole) => pole.d), first + kept.length);
  sortColumns(d.subarray(first, last), block);
}

function having(poles: readonly Pole[], support: Support): readonly Pole[] {
  return poles.filter((pole) => pole.support === support);
}

/** The eigenvalues of both parts with √|coupling| times the rows of their vectors at the seam. */
function polesOf({ d, vectors }: Desk, { first, middle, last, coupling }: Seam): readonly Pole[] {
  const root = Math.sqrt(Math.abs(coupling));
  return Array.from({ length: last - first }, (_, i): Pole => {
    const column = first + i;
    const isTop = column < middle;
    const row = isTop ? middle - 1 : middle;
    const weight = isTop || coupling > 0 ? root : -root;
    const z = weight * vectors.data[vectors.offset + row + column * vectors.stride]!;
    return { d: d[column]!, z, column, support: isTop ? "top" : "bottom" };
  });
}

function rotate(
  { data, offset, stride }: Block,
  turn: { left: number; right: number; c: number; s: number; rows: number },
): void {
  const { c, s, rows } = turn;
  const left = offset + turn.left * stride;
  const right = offset + turn.right * stride;
  for (let i = 0; i < rows; i++) {
    const x = data[left + i]!;
    const y = data[right + i]!;
    data[left + i] = c * x + s * y;
    data[right + i] = c * y - s * x;
  }
}

interface Sources {
  /** The rows of the first part of columns with support there; and of the second part. */
  readonly top: Block;
  readonly bottom: Block;
  readonly topCount: number;
  readonly bottomCount: number;
  /** Whole columns of settled pairs. */
  readonly settled: Block;
}

/** Copies the columns together that the products read, since these overwrite their places. */
function gather(
  { vectors, gathered: data }: Desk,
  { first, middle, last }: Seam,
  { grouped, settled }: { grouped: readonly Pole[]; settled: readonly Pole[] },
): Sources {
  const inTop = grouped.filter((pole) => pole.support !== "bottom");
  const inBottom = grouped.filter((pole) => pole.support !== "top");
  const top = { data, offset: 0, stride: middle - first };
  const bottom = { data, offset: inTop.length * top.stride, stride: last - middle };
  const end = bottom.offset + inBottom.length * bottom.stride;
  const whole = { data, offset: end, stride: last - first };
  const take = (poles: readonly Pole[], row: number, to: Block): void =>
    poles.forEach(({ column }, j) => {
      copyColumns(blockAt(vectors, row, column), blockAt(to, 0, j), to.stride, 1);
    });
  take(inTop, first, top);
  take(inBottom, middle, bottom);
  take(settled, first, whole);
  return {
    top, bottom, topCount: inTop.length, bottomCount: inBottom.length, settled: whole,
  };
}

function copyColumns(from: Block, to: Block, rows: number, count: number): void {
  for (let j = 0; j < count; j++) {
    const p = from.offset + j * from.stride;
    to.data.set(from.data.subarray(p, p + rows), to.offset + j * to.stride);
  }
}

/**
 * Solves the secular equation: returns its roots, and leaves in `mixing` (k × k, rows as in
 * `grouped`) the unit vectors that combine the kept columns into eigenvectors.
 */
function mix(
  mixing: Float64Array,
  kept: readonly Pole[],
  grouped: readonly Pole[],
): Float64Array {
  const k = kept.length;
  const d = Float64Array.from(kept, (pole) => pole.d);
  const z = Float64Array.from(kept, (pole) => pole.z);
  const roots = new Float64Array(k);
  for (let j = 0; j < k; j++) {
    roots[j] = secularRoot({ d, z }, j, mixing.subarray(j * k, j * k + k));
  }
  const exact = weightsOf(mixing, d, z);
  const rowOf = new Map(grouped.map((pole, row) => [pole, row]));
  const rows = Int32Array.from(kept, (pole) => rowOf.get(pole) ?? -1);
  const column = new Float64Array(k);
  for (let j = 0; j < k; j++) {
    let squares = 0;
    for (let i = 0; i < k; i++) {
      const entry = exact[i]! / mixing[i + j * k]!;
      column[rows[i]!] = entry;
      squares += entry * entry;
    }
    const norm = Math.sqrt(squares);
    for (let i = 0; i < k; i++) mixing[i + j * k] = column[i]! / norm;
  }
  return roots;
}

/** The z for which the computed roots are exact: zᵢ² = Π (λⱼ − dᵢ) / Π (dⱼ − dᵢ). */
function weightsOf(differences: Float64Array, d: Float64Array, z: Float64Array): Float64Array {
  const k = d.length;
  const squares = new Float64Array(k).fill(-1);
  for (let j = 0; j < k; j++) {
    for (let i = 0; i < k; i++) {
      const difference = differences[i + j * k]!;
      squares[i]! *= i === j ? difference : difference / (d[i]! - d[j]!);
    }
  }
  return squares.map((square, i) => (z[i]! < 0 ? -Math.sqrt(square) : Math.sqrt(square)));
}

/** The first k columns of the block: gathered columns times their part of the mixing vectors. */
function expand(
  { engine, vectors, mixing }: Desk,
  { first, middle, last }: Seam,
  { grouped, sources }: { grouped: readonly Pole[]; sources: Sources },
): void {
  const k = grouped.length;
  const { top, bottom, topCount, bottomCount } = sources;
  const combine = { n: k, alpha: 1, beta: 0 };
  const upper = { data: mixing, offset: 0, stride: k };
  multiply(engine, {
    ...combine, m: middle - first, inner: topCount,
    a: plain(top), b: plain(upper), c: blockAt(vectors, first, first),
  });
  multiply(engine, {
    ...combine, m: last - middle, inner: bottomCount,
    a: plain(bottom), b: plain(blockAt(upper, k - bottomCount, 0)),
    c: blockAt(vectors, middle, first),
  });
}
