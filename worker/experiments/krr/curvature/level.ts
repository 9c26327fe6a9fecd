// A path of operators H_j = Σ_p mix[j][p] O_p seen through one subspace V, which can be widened.
//
// Every O_p V is kept, so that the pairs of any point cost no product with an operator, and their
// true residuals |H v − θ v| are computed from what is kept, not estimated.
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { normsOfColumns } from "../matrix-parts.ts";
import { innerProducts, product, sideBySide } from "./narrow.ts";
import { orthonormalised } from "./orthonormal.ts";
import { borrowed, giveBack, scratch } from "./scratch.ts";
import { type ExtremePairs, extremePairs } from "./small-eigen.ts";

/** What is asked of every point. */
export interface Wanted {
  readonly dimension: number;
  /** For each point the coefficients of the operators. */
  readonly mix: readonly Float64Array[];
  /**
   * For each wanted pair, from the largest down and from the smallest up, the residual
   * |H v − θ v| at which it counts as found, relative to the largest |eigenvalue| in sight. The
   * first from the top also does where the second shows that it is known well enough.
   */
  readonly top: readonly number[];
  readonly bottom: readonly number[];
  /** Share of its tolerance that a pair may use, by its eigenvalue over the largest; default 1. */
  readonly strictness?: (share: number) => number;
}

/** The extreme pairs of one point within a subspace. */
export interface Evaluated extends ExtremePairs {
  readonly point: number;
  /** Largest residual of a pair, over what it may be. */
  readonly excess: number;
  /** (d, w): residuals of the pairs that are not found yet. To be read before anything else is evaluated. */
  readonly missing: () => Matrix;
}

/**
 * How far the first pair may be off where the second is known: a residual r turns the vector by no
 * more than r over the gap to the second, and moves the value by no more than r² over it (relative
 * to the largest |eigenvalue| in sight).
 */
export const ANGLE_MAX = 1e-4;
export const ERROR_MAX = 1e-8;
/** Vectors that most searches have room for from the start. */
const ROOM = 32;
/**
 * Share of a pair that may be left out of what is narrowed to it, and that over its tolerance where
 * this is more; its residual is examined there.
 */
const NEGLIGIBLE = 1e-6;
const OF_TOLERANCE = 0.1;

export class Level {
  readonly #request: Wanted;
  readonly #linalg: LinalgProvider;
  #size = 0;
  #room = 0;
  /** V and every O_p V, (d, room) each; Vᵀ O_p V, (room, room). */
  #vectors = matrix(0, 0);
  #applied: Matrix[] = [];
  #projected: Matrix[] = [];

  constructor(vectors: Matrix, products: Matrix, request: Wanted, linalg: LinalgProvider, room = ROOM) {
    this.#request = request;
    this.#linalg = linalg;
    this.#reserve(Math.max(vectors.cols, room));
    this.widen(vectors, products);
  }

  get size(): number {
    return this.#size;
  }

  get vectors(): Matrix {
    return columns(this.#vectors, 0, this.#size);
  }

  /** Adds vectors that are orthonormal, to these as well, and their products. */
  widen(vectors: Matrix, products: Matrix): void {
    const [from, to] = [this.#size, this.#size + vectors.cols];
    if (to > this.#room) this.#reserve(2 * to);
    const at = from * vectors.rows;
    this.#vectors.data.set(vectors.data.subarray(0, vectors.rows * vectors.cols), at);
    this.#size = to;
    const blocks = innerProducts(this.vectors, products, this.#linalg);
    this.#applied.forEach((applied, p) => {
      applied.data.set(columns(products, p * vectors.cols, (p + 1) * vectors.cols).data, at);
      const { data, rows } = this.#projected[p]!;
      const block = columns(blocks, p * vectors.cols, (p + 1) * vectors.cols).data;
      for (let j = from; j < to; j++) {
        for (let i = 0; i < to; i++) {
          // Symmetric but for rounding: the mean within the new block, one side elsewhere.
          const own = block[i + (j - from) * to]!;
          const inner = i < from ? own : (own + block[j + (i - from) * to]!) / 2;
          data[i + j * rows] = inner;
          data[j + i * rows] = inner;
        }
      }
    });
  }

  #reserve(room: number): void {
    const operators = this.#request.mix[0]?.length ?? 0;
    const wide = (old: Matrix | undefined): Matrix => {
      const fresh = borrowed(this.#request.dimension, room);
      if (old !== undefined) {
        fresh.data.set(columns(old, 0, this.#size).data);
        giveBack(old);
      }
      return fresh;
    };
    const square = (old: Matrix | undefined): Matrix => {
      const fresh = matrix(room, room);
      if (old === undefined) return fresh;
      for (let j = 0; j < this.#size; j++) {
        fresh.data.set(columns(old, j, j + 1).data.subarray(0, this.#size), j * room);
      }
      return fresh;
    };
    this.#vectors = wide(this.#vectors);
    this.#applied = Array.from({ length: operators }, (_, p) => wide(this.#applied[p]));
    this.#projected = Array.from({ length: operators }, (_, p) => square(this.#projected[p]));
    this.#room = room;
  }

  /** V itself, (d, room), of which as many columns as there are vectors mean anything; for a level that is not used any more. */
  takeVectors(): Matrix {
    this.#applied.forEach(giveBack);
    return this.#vectors;
  }

  /**
   * The pairs of some points seen through those of others, and what is not found there. Null where
   * that is no narrower.
   */
  throughPairs(known: readonly number[], points: readonly number[]): Evaluated[] | null {
    const turn = this.#turn(known);
    if (turn.cols > this.size * WORTH_NARROWING) return null;
    const d = this.#vectors.rows;
    const vectors = scratch("search: narrowed", d, turn.cols);
    this.#linalg.gemm({ a: this.vectors, b: turn, c: vectors });
    const products = scratch("search: narrowed products", d, turn.cols * this.#applied.length);
    this.#applied.forEach((one, p) => this.#linalg.gemm({ a: columns(one, 0, this.#size), b: turn,
      c: columns(products, p * turn.cols, (p + 1) * turn.cols) }));
    const narrow = new Level(vectors, products, this.#request, this.#linalg, 0);
    const found = narrow.evaluate(points);
    const widened = product(turn, sideBySide(found.map(({ vectors }) => vectors)), this.#linalg);
    giveBack(narrow.takeVectors());
    const each = found[0]!.vectors.cols;
    return found.map(({ point, top, bottom, excess, missing }, at) =>
      ({ point, top, bottom, excess, missing, vectors: columns(widened, at * each, (at + 1) * each) }));
  }

  /** (size, w): an orthonormal basis of the pairs of some points. */
  #turn(points: readonly number[]): Matrix {
    const { top, bottom } = this.#request;
    const tolerances = [...top, ...bottom];
    const least = (column: number): number =>
      Math.max(NEGLIGIBLE, OF_TOLERANCE * tolerances[column % tolerances.length]!);
    const pairs = sideBySide(points.map((point) => this.#pairsAt(point).vectors));
    return orthonormalised(pairs, matrix(this.size, 0), this.#linalg, least);
  }

  #pairsAt(point: number, further = 0): ExtremePairs {
    const { mix, top, bottom } = this.#request;
    return extremePairs(mixed(mix[point]!, this.#projected, this.#size),
      { top: top.length + further, bottom: bottom.length }, this.#linalg);
  }

  /** Residuals of the next pairs of a point below those that are wanted from the top, (d, many). */
  further(point: number, many: number): Matrix {
    const { top, bottom, vectors } = this.#pairsAt(point, many);
    const from = top.length - many;
    const pairs = { top: top.subarray(from), bottom: bottom.subarray(0, 0), vectors: columns(vectors, from, top.length) };
    return this.#residuals([point], [pairs]);
  }

  /** Vectors are coefficients: (size, pairs) each. */
  evaluate(points: readonly number[]): Evaluated[] {
    if (points.length === 0) return [];
    const small = points.map((point) => this.#pairsAt(point));
    const each = small[0]!.vectors.cols;
    const residuals = this.#residuals(points, small);
    return points.map((point, at) => ({ point, ...small[at]!,
      ...this.#missingOf(columns(residuals, at * each, (at + 1) * each), small[at]!) }));
  }

  /** Σ_p mix[p] (O_p V) c − θ V c for every pair c of every point, side by side. */
  #residuals(points: readonly number[], small: readonly ExtremePairs[]): Matrix {
    const coefficients = sideBySide(small.map(({ vectors }) => vectors));
    const { rows: k, cols } = coefficients;
    const each = cols / points.length;
    const out = scratch("search: residuals", this.#vectors.rows, cols);
    const scaled = scratch("search: scaled", k, cols);
    const add = (a: Matrix, factor: (column: number) => number, beta: number): void => {
      for (let column = 0, at = 0; column < cols; column++) {
        const own = factor(column);
        for (let i = 0; i < k; i++, at++) scaled.data[at] = own * coefficients.data[at]!;
      }
      this.#linalg.gemm({ a: columns(a, 0, this.#size), b: scaled, c: out, beta });
    };
    const values = small.flatMap(({ top, bottom }) => [...top, ...bottom]);
    add(this.#vectors, (column) => -values[column]!, 0);
    this.#applied.forEach((applied, p) => {
      const factors = points.map((point) => this.#request.mix[point]![p]!);
      if (factors.some((factor) => factor !== 0)) add(applied, (column) => factors[Math.floor(column / each)]!, 1);
    });
    return out;
  }

  #missingOf(residuals: Matrix, { top, bottom }: ExtremePairs): Pick<Evaluated, "excess" | "missing"> {
    const { top: topTolerances, bottom: bottomTolerances, strictness = () => 1 } = this.#request;
    const scale = [top[0] ?? 0, ...bottom].reduce((most, value) => Math.max(most, Math.abs(value)), 1e-290);
    const tolerances = [...topTolerances.slice(0, top.length), ...bottomTolerances.slice(0, bottom.length)];
    const values = [...top, ...bottom];
    const norms = normsOfColumns(residuals).map(Math.sqrt);
    const allowed = tolerances.map((tolerance, j) => tolerance * scale * strictness(values[j]! / scale));
    if (top.length > 1) {
      const gap = top[0]! - top[1]! - norms[1]!;
      if (gap > 0) allowed[0] = Math.max(allowed[0]!, Math.min(ANGLE_MAX * gap, Math.sqrt(ERROR_MAX * scale * gap)));
    }
    const excesses = allowed.map((most, j) => norms[j]! / most);
    const open = [...excesses.keys()].filter((j) => !(excesses[j]! <= 1));
    const isShort = top.length < topTolerances.length || bottom.length < bottomTolerances.length;
    const of = open.length > 0 ? open : [0];
    return { excess: Math.max(isShort ? Infinity : 0, ...excesses),
      missing: () => sideBySide(of.map((j) => columns(residuals, j, j + 1))) };
  }
}

/** Share of a subspace's width from which on a narrower one saves nothing. */
const WORTH_NARROWING = 0.8;

/** Σ_p mix[p] parts[p], of their leading (k, k) blocks, in memory that the next call takes again. */
function mixed(mix: Float64Array, parts: readonly Matrix[], k: number): Matrix {
  const out = scratch("search: mixed", k, k);
  out.data.fill(0);
  parts.forEach(({ data, rows }, p) => {
    const factor = mix[p]!;
    if (factor === 0) return;
    for (let j = 0; j < k; j++) {
      for (let i = 0; i < k; i++) out.data[i + j * k]! += factor * data[i + j * rows]!;
    }
  });
  return out;
}
