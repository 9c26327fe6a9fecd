// An unpenalised intercept for clones: every quantity corrected for a constant that costs nothing.
//
// With w1 = M⁻¹1, e = 1ᵀw1, v(x) = 1 − k_xᵀw1 (what a constant leaves at x), h = v(ζ):
//   f0 ← f0 + v a, a = 1ᵀα/e     g ← g + v h/e     s ← s + h²/e
//   α ← α − w1 a                 u ← u + w1 h/e    tr KM⁻¹ ← tr KM⁻¹ + c |w1|²/e
// after which clones.ts holds as it stands. Codes carry a column of ones behind the classes, so
// that w1 and k_xᵀw1 are solved and predicted along with them. Derivation: docs/science/krr.md.
import { columns, type Matrix } from "../../linalg/matrix.ts";
import type { CloneCase } from "./clones.ts";
import { dot } from "./matrix-parts.ts";

/** What the constant is under one ridge. */
export interface Intercept {
  /** e. */
  readonly ones: number;
  /** a, (q). */
  readonly constants: Float64Array;
  /** w1ᵀα, (q). */
  readonly against: Float64Array;
  /** |w1|². */
  readonly norm: number;
  /** |α|² after the correction, summed over the outputs. */
  readonly alphaNorm: number;
}

/** Inner products between 1, w1 and α, each (q) or one number. */
export interface InterceptProducts {
  /** 1ᵀw1. */
  readonly ones: number;
  /** |w1|². */
  readonly norm: number;
  /** 1ᵀα. */
  readonly sums: Float64Array;
  /** w1ᵀα. */
  readonly against: Float64Array;
  /** |α_j|². */
  readonly squares: Float64Array;
}

/** @param codes (n, q + 1), the last column ones. @param alpha M⁻¹ codes, in the same basis. */
export function interceptOf(codes: Matrix, alpha: Matrix): Intercept {
  const q = codes.cols - 1;
  const column = (a: Matrix, j: number): Float64Array => columns(a, j, j + 1).data;
  const [one, w] = [column(codes, q), column(alpha, q)];
  const products = (left: (j: number) => Float64Array): Float64Array =>
    Float64Array.from({ length: q }, (_, j) => dot(left(j), column(alpha, j)));
  return interceptFrom({
    ones: dot(one, w),
    norm: dot(w, w),
    sums: products(() => one),
    against: products(() => w),
    squares: products((j) => column(alpha, j)),
  });
}

export function interceptFrom({ ones, norm, sums, against, squares }: InterceptProducts): Intercept {
  const constants = sums.map((sum) => sum / ones);
  let alphaNorm = 0;
  for (let j = 0; j < sums.length; j++) {
    const a = constants[j]!;
    alphaNorm += squares[j]! - 2 * a * against[j]! + a * a * norm;
  }
  return { ones, constants, against, norm, alphaNorm };
}

/** A case whose scores and cross products still carry w1's column, corrected. */
export function withIntercept(raw: CloneCase, intercept: Intercept): CloneCase {
  const { ones, constants, against, norm } = intercept;
  const q = constants.length;
  const h = 1 - raw.scores[q]!;
  const shift = h / ones;
  const crossed = raw.cross[q]!;
  const rows = (one: CloneCase["test"]): CloneCase["test"] => corrected(one, constants, shift);
  return {
    ...raw,
    dof: raw.dof + (raw.c * norm) / ones,
    alphaNorm: intercept.alphaNorm,
    scores: constants.map((a, j) => raw.scores[j]! + h * a),
    cross: constants.map((a, j) =>
      raw.cross[j]! - a * crossed + shift * (against[j]! - a * norm)),
    variance: raw.variance + h * shift,
    norm: raw.norm + 2 * shift * crossed + shift * shift * norm,
    test: rows(raw.test),
    triggered: rows(raw.triggered),
  };
}

function corrected(
  one: CloneCase["test"],
  constants: Float64Array,
  shift: number,
): CloneCase["test"] {
  const t = one.g.length;
  const q = constants.length;
  const left = one.scores.slice(one.start + q * t, one.start + (q + 1) * t).map((w) => 1 - w);
  const scores = one.scores.slice(one.start, one.start + q * t);
  for (let j = 0; j < q; j++) {
    for (let x = 0; x < t; x++) scores[j * t + x]! += left[x]! * constants[j]!;
  }
  return { ...one, scores, start: 0, g: one.g.map((g, x) => g + left[x]! * shift) };
}
