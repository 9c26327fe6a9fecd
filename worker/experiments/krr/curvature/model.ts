// A poisoned model along γ, seen from one set of probes: f = f0 + γ g r with all its derivatives.
//
// Scores are (B, q) as `scores[b + k B]`. Derivatives are kept by contrast (contrasts.ts), in one
// frame F = [J, X_B] of d-vectors: for each probe its q slopes, ∇f0 by contrast and then ∇g, and
// after all of these the probes themselves. Everything that is low-rank about a Hessian is written
// in coordinates of that frame (hessian-path.ts), Gauss-Newton in those of J (gauss-path.ts).
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { contrastsOf, helmert } from "./contrasts.ts";
import { gradientsInto } from "./jacobian.ts";
import { innerProducts } from "./narrow.ts";
import type { ProbeRows } from "./operators.ts";
import type { Profile } from "./profile.ts";
import { borrowed, giveBack } from "./scratch.ts";

/** What is looked at: one set of probes under one kernel. */
export interface ProbeSet {
  readonly rows: ProbeRows;
  readonly profile: Profile;
  /** (B): true classes. */
  readonly labels: Int32Array;
}

/** Weights of the functions that a model along γ is made of. */
export interface ModelWeights {
  /** A0 by contrast and last the poison's a, (n', q): f = f0 + γ g r. */
  readonly weights: Matrix;
  /** r = y_t − f0(ζ), (q). */
  readonly r: Float64Array;
}

/** A model seen from a probe set. */
export interface View {
  readonly set: ProbeSet;
  readonly weights: Matrix;
  readonly r: Float64Array;
  /** r by contrast, (q − 1), and |r|². */
  readonly turned: Float64Array;
  readonly square: number;
  /** f0, (B, q), in the outputs themselves, and g, (B). */
  readonly scores: Matrix;
  readonly g: Float64Array;
  /** F, (d, (q + 1) B): column b q + k is slope k of probe b, column B q + b is x_b. */
  readonly frame: Matrix;
  /** Share of x_b in each slope, (q, B). */
  readonly own: Matrix;
  /** Inner products of the slopes of each probe, (q, q B). */
  readonly grams: Matrix;
  /** JᵀJ, (q B, q B), where there are fewer gradients by contrast than dimensions, for gauss-path.ts; else null. */
  readonly gram: Matrix | null;
  /** Sums over the rows, weighted by each function's weights, of the profile's parts: (q, B). */
  readonly sums: Readonly<Record<"probeProbe" | "identity" | "trace", Matrix>>;
}

/** @param clean A0, (n', q), whose rows sum to zero. @param pull a, (n'). */
export function modelWeights(clean: Matrix, pull: Float64Array, linalg: LinalgProvider): Matrix {
  const { rows: n, cols: q } = clean;
  const weights = matrix(n, q);
  linalg.gemm({ a: clean, b: helmert(q), c: columns(weights, 0, q - 1) });
  weights.data.set(pull, n * (q - 1));
  return weights;
}

export function viewOf(set: ProbeSet, { weights, r }: ModelWeights, linalg: LinalgProvider): View {
  const { profile, rows: { probes } } = set;
  const q = r.length;
  const [d, b] = [probes.rows, probes.cols];
  const frame = borrowed(d, (q + 1) * b);
  const own = gradientsInto(columns(frame, 0, q * b), weights, profile, set.rows, linalg);
  frame.data.set(probes.data.subarray(0, d * b), q * b * d);
  const gram = (q - 1) * b < d ? linalg.gram(columns(frame, 0, q * b)) : null;
  const grams = matrix(q, q * b);
  for (let j = 0; j < b; j++) {
    const [slopes, block] = [columns(frame, j * q, (j + 1) * q), columns(grams, j * q, (j + 1) * q)];
    if (gram === null) linalg.gemm({ a: slopes, b: slopes, c: block, transposeA: true });
    else for (let at = 0; at < q * q; at++) block.data[at] = gram.data[j * q + (at % q) + (j * q + Math.floor(at / q)) * q * b]!;
  }
  const summed = (part: Matrix): Matrix => innerProducts(weights, part, linalg);
  const values = summed(profile.kernel);
  const scores = matrix(b, q);
  linalg.gemm({ a: matrix(b, q - 1, byContrast(values)), b: helmert(q), c: scores, transposeB: true });
  return {
    set, weights, r, frame, own, grams, gram, scores,
    turned: contrastsOf(r),
    square: r.reduce((sum, value) => sum + value * value, 0),
    g: Float64Array.from({ length: b }, (_, j) => values.data[q - 1 + j * q]!),
    sums: { probeProbe: summed(profile.probeProbe), identity: summed(profile.identity), trace: summed(profile.trace) },
  };
}

/** (q, B) without its last row, as (B, q − 1). */
function byContrast({ rows: q, cols: b, data }: Matrix): Float64Array {
  return Float64Array.from({ length: b * (q - 1) }, (_, at) => data[Math.floor(at / b) + (at % b) * q]!);
}

/** For a view that nothing reads any more. */
export function releaseView({ frame }: View): void {
  giveBack(frame);
}

/** J: the slopes of all probes, (d, q B). */
export function slopesOf({ frame, r, g }: View): Matrix {
  return columns(frame, 0, r.length * g.length);
}

/** ∇g at one probe, (d). */
export function pullSlope({ frame, r }: View, probe: number): Float64Array {
  const at = (probe + 1) * r.length - 1;
  return columns(frame, at, at + 1).data;
}

/** |∇g|² at each probe. */
export function pullNorms({ grams, r, g }: View): Float64Array {
  const q = r.length;
  return Float64Array.from(g, (_, b) => grams.data[q - 1 + (b * q + q - 1) * q]!);
}

/** f at γ, (B, q). */
export function scoresAt({ scores, g, r }: View, gamma: number): Matrix {
  const out = matrix(scores.rows, scores.cols);
  for (let k = 0; k < out.cols; k++) {
    for (let b = 0; b < out.rows; b++) {
      const at = b + k * out.rows;
      out.data[at] = scores.data[at]! + gamma * g[b]! * r[k]!;
    }
  }
  return out;
}

/** The class of the highest score of each row; the first of equals. */
export function predicted(scores: Matrix): Int32Array {
  return Int32Array.from({ length: scores.rows }, (_, b) => {
    let best = 0;
    for (let k = 1; k < scores.cols; k++) {
      if (scores.data[b + k * scores.rows]! > scores.data[b + best * scores.rows]!) best = k;
    }
    return best;
  });
}
