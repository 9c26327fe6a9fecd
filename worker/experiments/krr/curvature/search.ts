// Extreme eigenpairs along a path of operators H_j = Σ_p mix[j][p] O_p, by one shared subspace.
//
// The subspace is grown by residuals (Davidson without a preconditioner: at a single point this
// spans Lanczos' Krylov space), and neighbours on the path are mostly solved by what one point
// needed.
//
// A search asks for products and is given them, so that a driver can make the products of many
// searches at once, as wide ones.
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { type Evaluated, Level, type Wanted } from "./level.ts";
import { innerProducts, product, sideBySide } from "./narrow.ts";
import { orthonormalised } from "./orthonormal.ts";
import { giveBack } from "./scratch.ts";

export interface SearchRequest extends Wanted {
  /** (d, w): where to start; need not be orthonormal, must not be empty. */
  readonly start: Matrix;
}

/** What was found at one point. */
export interface Extremes {
  /** Descending from the largest, and ascending from the smallest. */
  readonly top: Float64Array;
  readonly bottom: Float64Array;
  /** (k, top): the top unit eigenvectors in the first k vectors of the search's basis. */
  readonly coefficients: Matrix;
}

/** What a search found: a basis, (d, room), and by point the pairs. */
export interface Found {
  readonly basis: Matrix;
  readonly results: readonly Extremes[];
}

/**
 * Asks for products with every operator, is given them in order side by side, to be read before
 * it asks again, and ends with what was found.
 */
export type Search = Generator<Matrix, Found, Matrix>;

/** Of the pairs that are reported as they are; an eigenvalue is off by no more than this. */
export const RESIDUAL_MAX = 1e-6;
/** Points whose residuals grow the subspace together. */
const ANCHORS = 2;
/** Further pairs of a single point whose residuals grow the subspace as well. */
const FURTHER = 3;

/** @see SearchRequest; all in the order of its points. */
export function* searchPath(request: SearchRequest, linalg: LinalgProvider): Search {
  const { dimension, mix, start } = request;
  const results: (Extremes | null)[] = mix.map(() => null);
  if (mix.length === 0) return { basis: matrix(dimension, 0), results: [] };
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
      return { basis: level.takeVectors(), results: results.flatMap((result) => (result === null ? [] : [result])) };
    }
    anchors = missing.map(({ point }) => point);
    const residuals = sideBySide(missing.map((one) => one.missing()));
    // The two passes over the rows take as long for few vectors as for a few more.
    const isAlone = mix.length === 1 && level.size > request.top.length + FURTHER;
    asked = orthonormalised(isAlone ? sideBySide([residuals, level.further(0, FURTHER)]) : residuals, level.vectors, linalg);
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
    const narrow = level.throughPairs(known, rest);
    if (narrow === null) return evaluated(rest);
    looked = settle(narrow, false, results).slice(0, SPREAD).map(({ point }) => point);
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

/** Keeps what is found; returns the rest, the worst first. */
function settle(evaluated: readonly Evaluated[], isWhole: boolean, results: (Extremes | null)[]): Evaluated[] {
  const rest: Evaluated[] = [];
  for (const one of evaluated) {
    const { top, bottom, vectors } = one;
    if (one.excess <= 1 || isWhole) results[one.point] = { top, bottom, coefficients: columns(vectors, 0, top.length) };
    else rest.push(one);
  }
  return rest.toSorted((a, b) => b.excess - a.excess || a.point - b.point);
}

/** The first `most` top unit eigenvectors of a point, (d, w). */
export function topVectors({ basis, results }: Found, point: number, most: number, linalg: LinalgProvider): Matrix {
  const { coefficients } = results[point]!;
  return product(columns(basis, 0, coefficients.rows), columns(coefficients, 0, Math.min(most, coefficients.cols)), linalg);
}

/** Inner products of a vector, (d), with each vector of the basis. */
export function alongBasis({ basis }: Found, vector: Float64Array, linalg: LinalgProvider): Float64Array {
  return innerProducts(basis, matrix(vector.length, 1, vector), linalg).data;
}

/** Squared inner products of a vector, given along the basis, with the first `most` top eigenvectors. */
export function squaredProducts({ coefficients: { rows: k, cols, data } }: Extremes, along: Float64Array, most: number): Float64Array {
  const out = new Float64Array(Math.min(most, cols));
  for (let j = 0; j < out.length; j++) {
    let inner = 0;
    for (let i = 0; i < k; i++) inner += along[i]! * data[i + j * k]!;
    out[j] = inner * inner;
  }
  return out;
}

/** For what nothing reads any more. */
export function releaseFound({ basis }: Found): void {
  giveBack(basis);
}
