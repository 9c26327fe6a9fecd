// Extreme eigenpairs along a path of operators H_j = Σ_p mix[j][p] O_p, by one shared subspace.
//
// The subspace V is grown by residuals (Davidson without a preconditioner: at a single point this
// spans Lanczos' Krylov space), and every O_p V is kept. So the small problem Vᵀ H_j V of any point
// costs no product, and its true residual |H v − θ v| is computed from what is kept, not
// estimated: neighbours on the path are mostly solved by what one point needed.
//
// A search is a machine that asks for products and is given them, so that a driver can make the
// products of many searches at once, as wide ones.
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { extremePairs } from "./small-eigen.ts";
import { normOf, orthonormalised } from "./orthonormal.ts";

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

/** Of the pairs that are reported as they are; an eigenvalue is off by no more than this. */
export const RESIDUAL_MAX = 1e-6;
/** Points whose residuals grow the subspace together. */
const ANCHORS = 2;

interface Evaluated extends Extremes {
  readonly point: number;
  /** Largest residual of a pair, over what it may be. */
  readonly excess: number;
  /** (d, w): residuals of the pairs that are not found yet. */
  readonly missing: Matrix;
}

export class Search {
  readonly #request: SearchRequest;
  readonly #linalg: LinalgProvider;
  readonly #results: (Extremes | null)[];
  readonly #operators: number;
  #size = 0;
  #room = 0;
  #basis: Matrix;
  #products: Matrix[] = [];
  /** Vᵀ O_p V, (room, room) each. */
  #projected: Matrix[] = [];
  #anchors: number[];
  #asked: Matrix | null;

  constructor(request: SearchRequest, linalg: LinalgProvider) {
    this.#request = request;
    this.#linalg = linalg;
    this.#operators = request.mix[0]?.length ?? 0;
    this.#results = request.mix.map(() => null);
    this.#basis = matrix(request.dimension, 0);
    this.#reserve(32);
    this.#anchors = [...new Set([0, request.mix.length - 1])];
    this.#asked = request.mix.length === 0 ? null : orthonormalised(request.start, this.#basisNow(), linalg);
  }

  /** Orthonormal vectors whose products with every operator are wanted; null when all is found. */
  get asked(): Matrix | null {
    return this.#asked;
  }

  /** By point, once `asked` is null. */
  get results(): readonly Extremes[] {
    return this.#results.flatMap((result) => (result === null ? [] : [result]));
  }

  /** @param products O_p times what was asked, for every p. */
  accept(products: readonly Matrix[]): void {
    const vectors = this.#asked;
    if (vectors === null) throw new RangeError("a search that has ended was given products");
    this.#grow(vectors, products);
    this.#asked = this.#next();
  }

  #basisNow(): Matrix {
    return columns(this.#basis, 0, this.#size);
  }

  #reserve(room: number): void {
    if (room <= this.#room) return;
    const { dimension } = this.#request;
    const grown = Math.min(dimension, Math.max(room, 2 * this.#room));
    const moved = (old: Matrix | undefined): Matrix => {
      const fresh = matrix(dimension, grown);
      if (old !== undefined) fresh.data.set(old.data.subarray(0, dimension * this.#size));
      return fresh;
    };
    const widened = (old: Matrix | undefined): Matrix => {
      const fresh = matrix(grown, grown);
      if (old === undefined) return fresh;
      for (let j = 0; j < this.#size; j++) {
        fresh.data.set(old.data.subarray(j * old.rows, j * old.rows + this.#size), j * grown);
      }
      return fresh;
    };
    this.#basis = moved(this.#basis);
    const each = Array.from({ length: this.#operators }, (_, p) => p);
    this.#products = each.map((p) => moved(this.#products[p]));
    this.#projected = each.map((p) => widened(this.#projected[p]));
    this.#room = grown;
  }

  #grow(vectors: Matrix, products: readonly Matrix[]): void {
    const { dimension } = this.#request;
    const [from, to] = [this.#size, this.#size + vectors.cols];
    this.#reserve(to);
    const length = dimension * vectors.cols;
    this.#basis.data.set(vectors.data.subarray(0, length), from * dimension);
    products.forEach((product, p) => {
      this.#products[p]!.data.set(product.data.subarray(0, length), from * dimension);
    });
    this.#size = to;
    products.forEach((product, p) => {
      const block = matrix(to, vectors.cols);
      this.#linalg.gemm({ a: this.#basisNow(), b: product, c: block, transposeA: true });
      const { data, rows } = this.#projected[p]!;
      for (let j = 0; j < vectors.cols; j++) {
        for (let i = 0; i < to; i++) {
          // Symmetric but for rounding: the mean within the new block, one side elsewhere.
          const inner = i >= from ? (block.data[i + j * to]! + block.data[from + j + (i - from) * to]!) / 2
            : block.data[i + j * to]!;
          data[i + (from + j) * rows] = inner;
          data[from + j + i * rows] = inner;
        }
      }
    });
  }

  #next(): Matrix | null {
    const isWhole = this.#size >= this.#request.dimension;
    const anchored = this.#evaluate(this.#anchors.filter((point) => this.#results[point] === null));
    let missing = this.#settle(anchored, isWhole);
    if (missing.length === 0) {
      const left = [...this.#results.keys()].filter((point) => this.#results[point] === null);
      missing = this.#settle(this.#evaluate(left), isWhole);
      if (missing.length === 0) return null;
      missing.sort((a, b) => b.excess - a.excess || a.point - b.point);
      missing = missing.slice(0, ANCHORS);
      this.#anchors = missing.map(({ point }) => point);
    }
    return this.#directions(missing.map((one) => one.missing));
  }

  /** Keeps what is found; returns the rest. */
  #settle(evaluated: readonly Evaluated[], isWhole: boolean): Evaluated[] {
    const rest: Evaluated[] = [];
    for (const one of evaluated) {
      if (one.missing.cols === 0 || isWhole) {
        const { top, bottom, topVectors } = one;
        this.#results[one.point] = { top, bottom, topVectors };
      } else rest.push(one);
    }
    return rest;
  }

  #directions(residuals: readonly Matrix[]): Matrix {
    const { dimension } = this.#request;
    const width = residuals.reduce((sum, { cols }) => sum + cols, 0);
    const all = matrix(dimension, width);
    let start = 0;
    for (const { data, cols } of residuals) {
      all.data.set(data.subarray(0, dimension * cols), start * dimension);
      start += cols;
    }
    return orthonormalised(all, this.#basisNow(), this.#linalg);
  }

  #evaluate(points: readonly number[]): Evaluated[] {
    const k = this.#size;
    const { top: topTolerances, bottom: bottomTolerances } = this.#request;
    const wanted = { top: topTolerances.length, bottom: bottomTolerances.length };
    const small = points.map((point) => extremePairs(this.#mixed(point), wanted, this.#linalg));
    const each = Math.min(k, wanted.top) + Math.min(k, wanted.bottom);
    const coefficients = matrix(k, each * points.length);
    const values = new Float64Array(each * points.length);
    small.forEach(({ top, bottom, vectors }, at) => {
      coefficients.data.set(vectors.data, at * each * k);
      values.set(top, at * each);
      values.set(bottom, at * each + top.length);
    });
    const vectors = matrix(this.#request.dimension, coefficients.cols);
    if (points.length > 0) this.#linalg.gemm({ a: this.#basisNow(), b: coefficients, c: vectors });
    const residuals = this.#residuals(points, coefficients, vectors, values);
    return points.map((point, at) => {
      const { top, bottom } = small[at]!;
      const topVectors = columns(vectors, at * each, at * each + top.length);
      const own = columns(residuals, at * each, (at + 1) * each);
      const scale = largestOf([...top.subarray(0, 1), ...bottom]);
      const tolerances = [...topTolerances.slice(0, top.length), ...bottomTolerances.slice(0, bottom.length)];
      const allowed = tolerances.map((tolerance) => tolerance * scale);
      return { point, top, bottom, topVectors, ...missingOf(own, allowed) };
    });
  }

  /** Σ_p mix[p] (O_p V) y − θ V y for every point and pair, from the products kept. */
  #residuals(points: readonly number[], coefficients: Matrix, vectors: Matrix, values: Float64Array): Matrix {
    const { mix, dimension } = this.#request;
    const out = matrix(dimension, coefficients.cols);
    const each = points.length === 0 ? 0 : coefficients.cols / points.length;
    for (let j = 0; j < out.cols; j++) {
      for (let i = 0; i < dimension; i++) {
        out.data[i + j * dimension] = -values[j]! * vectors.data[i + j * dimension]!;
      }
    }
    for (let p = 0; p < this.#operators; p++) {
      const used = [...points.keys()].filter((at) => mix[points[at]!]![p] !== 0);
      if (used.length === 0) continue;
      // Runs of neighbours that use the operator, so that a product spans no column it must not.
      const scaled = matrix(coefficients.rows, coefficients.cols);
      points.forEach((point, at) => {
        const factor = mix[point]![p]!;
        const k = coefficients.rows;
        for (let i = at * each * k; i < (at + 1) * each * k; i++) {
          scaled.data[i] = factor * coefficients.data[i]!;
        }
      });
      const [from, to] = [used[0]! * each, (used.at(-1)! + 1) * each];
      this.#linalg.gemm({ a: columns(this.#products[p]!, 0, this.#size), b: columns(scaled, from, to),
        c: columns(out, from, to), beta: 1 });
    }
    return out;
  }

  #mixed(point: number): Matrix {
    const k = this.#size;
    const out = matrix(k, k);
    const mix = this.#request.mix[point]!;
    this.#projected.forEach(({ data, rows }, p) => {
      const factor = mix[p]!;
      if (factor === 0) return;
      for (let j = 0; j < k; j++) {
        for (let i = 0; i < k; i++) out.data[i + j * k]! += factor * data[i + j * rows]!;
      }
    });
    return out;
  }
}

function largestOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-290);
}

function missingOf(residuals: Matrix, allowed: readonly number[]): { excess: number; missing: Matrix } {
  const excesses = allowed.map((most, j) => normOf(columns(residuals, j, j + 1).data) / most);
  const open = [...excesses.keys()].filter((j) => !(excesses[j]! <= 1));
  const missing = matrix(residuals.rows, open.length);
  open.forEach((j, at) => missing.data.set(columns(residuals, j, j + 1).data, at * residuals.rows));
  return { excess: Math.max(0, ...excesses), missing };
}
