// Extreme eigenpairs along a path of operators H_j = Σ_p mix[j][p] O_p, by one shared subspace.
//
// The subspace V is grown by residuals (Davidson without a preconditioner: at a single point this
// spans Lanczos' Krylov space), and every O_p V is kept. So the small problem Vᵀ H_j V of any point
// costs no product, and its true residual |H v − θ v| is computed from what is kept, not
// estimated: neighbours on the path are mostly solved by what one point needed.
//
// A search asks for products and is given them, so that a driver can make the products of many
// searches at once, as wide ones.
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { innerProducts, product, sideBySide } from "./narrow.ts";
import { normOf, orthonormalised } from "./orthonormal.ts";
import { borrowed, giveBack, scratch } from "./scratch.ts";
import { type ExtremePairs, extremePairs } from "./small-eigen.ts";

export interface SearchRequest {
  readonly dimension: number;
  /** For each point the coefficients of the operators. */
  readonly mix: readonly Float64Array[];
  /**
   * For each wanted pair, from the largest down and from the smallest up, the residual
   * |H v − θ v| at which it counts as found, relative to the largest |eigenvalue| in sight.
   */
  readonly top: readonly number[];
  readonly bottom: readonly number[];
  /** Share of its tolerance that a pair may use, by its eigenvalue over the largest; default 1. */
  readonly strictness?: (share: number) => number;
  /** (d, w): where to start; need not be orthonormal, must not be empty. */
  readonly start: Matrix;
}

/** What was found at one point. */
export interface Extremes {
  /** Descending from the largest, and ascending from the smallest. */
  readonly top: Float64Array;
  readonly bottom: Float64Array;
  /** (d, top): unit eigenvectors. */
  readonly topVectors: Matrix;
}

/**
 * Asks for products with every operator, is given them in order side by side, to be read before
 * it asks again, and ends with what was found, by point.
 */
export type Search = Generator<Matrix, readonly Extremes[], Matrix>;

/** Of the pairs that are reported as they are; an eigenvalue is off by no more than this. */
export const RESIDUAL_MAX = 1e-6;
/** Points whose residuals grow the subspace together. */
const ANCHORS = 2;
/** Vectors that most searches have room for from the start. */
const ROOM = 32;
/** Share of a pair that may be left out of what is narrowed to it; its residual is examined there. */
const NEGLIGIBLE = 1e-6;

interface Evaluated extends Extremes {
  readonly point: number;
  /** Largest residual of a pair, over what it may be. */
  readonly excess: number;
  /** (d, w): residuals of the pairs that are not found yet. To be read before anything else is evaluated. */
  readonly missing: () => Matrix;
}

/** @see SearchRequest; all in the order of its points. */
export function* searchPath(request: SearchRequest, linalg: LinalgProvider): Search {
  const { dimension, mix, start } = request;
  const results: (Extremes | null)[] = mix.map(() => null);
  if (mix.length === 0) return [];
  const isOpen = (point: number): boolean => results[point] === null;
  let anchors = [...new Set([0, mix.length - 1])];
  let asked = orthonormalised(start, matrix(dimension, 0), linalg);
  const level = new Level(asked, yield asked, request, linalg);
  const evaluated = (points: readonly number[]): Evaluated[] =>
    settle(level.evaluate(points.filter(isOpen)), level.size >= dimension, results);
  for (;;) {
    let missing = evaluated(anchors);
    if (missing.length === 0) missing = settleRest(level, mix, evaluated, results).slice(0, ANCHORS);
    if (missing.length === 0) {
      level.giveBack();
      return results.flatMap((result) => (result === null ? [] : [result]));
    }
    anchors = missing.map(({ point }) => point);
    asked = orthonormalised(sideBySide(missing.map((one) => one.missing())), level.vectors, linalg);
    level.widen(asked, yield asked);
  }
}

/**
 * Settles all points, or returns some that the subspace does not hold yet. A few are looked at
 * first: most others are as well solved by what the pairs of these span, which is much narrower.
 */
function settleRest(
  level: Level,
  mix: readonly Float64Array[],
  evaluated: (points: readonly number[]) => Evaluated[],
  results: (Extremes | null)[],
): Evaluated[] {
  const known = spread(mix);
  let looked: readonly number[] = known;
  for (;;) {
    const missing = evaluated(looked);
    const rest = [...results.keys()].filter((point) => results[point] === null);
    if (missing.length > 0 || rest.length === 0) return missing;
    const narrow = level.narrowed(known);
    if (narrow.size > level.size * WORTH_NARROWING) return evaluated(rest);
    looked = settle(narrow.evaluate(rest), false, results).slice(0, SPREAD).map(({ point }) => point);
    narrow.giveBack();
    known.push(...looked);
  }
}

/** Points along a path, both ends among them, at like distances of their coefficients. */
function spread(mix: readonly Float64Array[]): number[] {
  let length = 0;
  const lengths = mix.map((own, point) => {
    const last = mix[point - 1] ?? own;
    length += Math.sqrt(own.reduce((sum, value, p) => sum + (value - last[p]!) ** 2, 0));
    return length;
  });
  const wanted = Array.from({ length: SPREAD }, (_, i) => (i * length) / (SPREAD - 1));
  const nearest = wanted.map((at) => lengths.reduce((best, own, point) =>
    (Math.abs(own - at) < Math.abs(lengths[best]! - at) ? point : best), 0));
  return [...new Set([...nearest, mix.length - 1])];
}
const SPREAD = 4;
/** Share of a subspace's width from which on a narrower one saves nothing. */
const WORTH_NARROWING = 0.8;

/** Keeps what is found; returns the rest, the worst first. */
function settle(evaluated: readonly Evaluated[], isWhole: boolean, results: (Extremes | null)[]): Evaluated[] {
  const rest: Evaluated[] = [];
  for (const one of evaluated) {
    if (one.excess <= 1 || isWhole) results[one.point] = one;
    else rest.push(one);
  }
  return rest.toSorted((a, b) => b.excess - a.excess || a.point - b.point);
}

/** The path seen through one subspace, which can be widened. */
class Level {
  readonly #request: SearchRequest;
  readonly #linalg: LinalgProvider;
  #size = 0;
  #room = 0;
  /** V and every O_p V, (d, room) each; Vᵀ O_p V, (room, room). */
  #vectors = matrix(0, 0);
  #applied: Matrix[] = [];
  #projected: Matrix[] = [];

  constructor(vectors: Matrix, products: Matrix, request: SearchRequest, linalg: LinalgProvider, room = ROOM) {
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

  /** For a level that is not used any more. */
  giveBack(): void {
    [this.#vectors, ...this.#applied].forEach(giveBack);
  }

  /** The path seen through the pairs of some points. */
  narrowed(points: readonly number[]): Level {
    const pairs = sideBySide(points.map((point) => this.#pairsAt(point).vectors));
    const turn = orthonormalised(pairs, matrix(this.size, 0), this.#linalg, NEGLIGIBLE);
    const products = matrix(this.#vectors.rows, turn.cols * this.#applied.length);
    this.#applied.forEach((one, p) => this.#linalg.gemm({ a: columns(one, 0, this.#size), b: turn,
      c: columns(products, p * turn.cols, (p + 1) * turn.cols) }));
    return new Level(product(this.vectors, turn, this.#linalg), products, this.#request, this.#linalg, 0);
  }

  #pairsAt(point: number): ExtremePairs {
    const { mix, top, bottom } = this.#request;
    return extremePairs(mixed(mix[point]!, this.#projected, this.#size), { top: top.length, bottom: bottom.length }, this.#linalg);
  }

  evaluate(points: readonly number[]): Evaluated[] {
    if (points.length === 0) return [];
    const small = points.map((point) => this.#pairsAt(point));
    const each = small[0]!.vectors.cols;
    const coefficients = sideBySide(small.map(({ vectors }) => vectors));
    const vectors = product(this.vectors, coefficients, this.#linalg);
    const residuals = this.#products(points, coefficients);
    const [rest, from, rows] = [residuals.data, vectors.data, vectors.rows];
    small.forEach(({ top, bottom }, at) => [...top, ...bottom].forEach((value, i) => {
      const start = (at * each + i) * rows;
      for (let row = start; row < start + rows; row++) rest[row]! -= value * from[row]!;
    }));
    return points.map((point, at) => {
      const { top, bottom } = small[at]!;
      return { point, top, bottom, topVectors: columns(vectors, at * each, at * each + top.length),
        ...this.#missingOf(columns(residuals, at * each, (at + 1) * each), top, bottom) };
    });
  }

  /** Σ_p mix[p] (O_p V) c for every point and pair. */
  #products(points: readonly number[], coefficients: Matrix): Matrix {
    const out = scratch("search: residuals", this.vectors.rows, coefficients.cols);
    out.data.fill(0);
    const length = coefficients.data.length / points.length;
    const each = coefficients.cols / points.length;
    this.#applied.forEach((applied, p) => {
      const factors = points.map((point) => this.#request.mix[point]![p]!);
      const from = factors.findIndex((factor) => factor !== 0);
      if (from < 0) return;
      const to = 1 + factors.findLastIndex((factor) => factor !== 0);
      const scaled = matrix(coefficients.rows, (to - from) * each);
      for (let at = from; at < to; at++) {
        for (let i = at * length; i < (at + 1) * length; i++) {
          scaled.data[i - from * length] = factors[at]! * coefficients.data[i]!;
        }
      }
      this.#linalg.gemm({ a: columns(applied, 0, this.#size), b: scaled, c: columns(out, from * each, to * each), beta: 1 });
    });
    return out;
  }

  #missingOf(residuals: Matrix, top: Float64Array, bottom: Float64Array): Pick<Evaluated, "excess" | "missing"> {
    const { top: topTolerances, bottom: bottomTolerances, strictness = () => 1 } = this.#request;
    const scale = [top[0] ?? 0, ...bottom].reduce((most, value) => Math.max(most, Math.abs(value)), 1e-290);
    const tolerances = [...topTolerances.slice(0, top.length), ...bottomTolerances.slice(0, bottom.length)];
    const values = [...top, ...bottom];
    const excesses = tolerances.map((tolerance, j) =>
      normOf(columns(residuals, j, j + 1).data) / (tolerance * scale * strictness(values[j]! / scale)));
    const open = [...excesses.keys()].filter((j) => !(excesses[j]! <= 1));
    const isShort = top.length < topTolerances.length || bottom.length < bottomTolerances.length;
    const of = open.length > 0 ? open : [0];
    return { excess: Math.max(isShort ? Infinity : 0, ...excesses),
      missing: () => sideBySide(of.map((j) => columns(residuals, j, j + 1))) };
  }
}

/** Σ_p mix[p] parts[p], of their leading (k, k) blocks. */
function mixed(mix: Float64Array, parts: readonly Matrix[], k: number): Matrix {
  const out = matrix(k, k);
  parts.forEach(({ data, rows }, p) => {
    const factor = mix[p]!;
    if (factor === 0) return;
    for (let j = 0; j < k; j++) {
      for (let i = 0; i < k; i++) out.data[i + j * k]! += factor * data[i + j * rows]!;
    }
  });
  return out;
}
