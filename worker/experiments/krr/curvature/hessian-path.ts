// The batch-mean input Hessian along γ as few fixed operators and their coefficients.
//
// For given labels H = H0 + γ H1 + γ² H2, exactly. Predicted labels change at some γ: each run of
// points with the same labels has its own H0 and H1; H2 knows no labels. Where a run has one or
// two points, their own Hessians cost less than three powers.
//
// The second derivatives of f enter as a sum of kernel Hessians with weights ω = A ε, A the weights
// of the q functions and ε, (q, B), what the loss makes of each at each probe:
//   ε0 = [e; 0],  ε1 = [r g; e·r],  ε2 = [0; |r|² g],   e = f0 − y by contrast.
import { type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { contrastsOf } from "./contrasts.ts";
import type { View } from "./model.ts";
import { combined, type Operator } from "./operators.ts";
import { scratch } from "./scratch.ts";

export interface HessianPath {
  readonly operators: readonly Operator[];
  /** For each point, the coefficient of each operator. */
  readonly mix: readonly Float64Array[];
  /** For each point. */
  readonly traces: Float64Array;
}

export interface PathRequest {
  readonly view: View;
  readonly gammas: readonly number[];
  /** For each γ the class of each probe, (B). */
  readonly labels: readonly Int32Array[];
}

export function hessianPath({ view, gammas, labels }: PathRequest, linalg: LinalgProvider): HessianPath {
  const gauss = gaussBlocks(view);
  const quadratic = operatorOf(view, quadraticErrors(view), gauss[2], linalg);
  const runs = new Map<string, number[]>();
  labels.forEach((own, point) => {
    const key = own.join(" ");
    runs.set(key, [...(runs.get(key) ?? []), point]);
  });
  const operators: Operator[] = [];
  const mixed: { point: number; parts: (readonly [number, number])[] }[] = [];
  const traces = new Float64Array(gammas.length);
  let square: number | null = null;
  for (const points of runs.values()) {
    const [zeroth, first] = linearErrors(view, labels[points[0]!]!);
    const powers = [operatorOf(view, zeroth, gauss[0], linalg), operatorOf(view, first, gauss[1], linalg), quadratic];
    for (const point of points) {
      traces[point] = powers.reduce((sum, { trace }, p) => sum + gammas[point]! ** p * trace, 0);
    }
    if (points.length <= 2) {
      for (const point of points) {
        mixed.push({ point, parts: [[operators.length, 1]] });
        operators.push(combined(powers.map((of, p) => ({ of, factor: gammas[point]! ** p }))));
      }
      continue;
    }
    const start = operators.push(powers[0]!) - 1;
    operators.push(powers[1]!);
    square ??= operators.push(quadratic) - 1;
    for (const point of points) {
      const gamma = gammas[point]!;
      mixed.push({ point, parts: [[start, 1], [start + 1, gamma], [square, gamma * gamma]] });
    }
  }
  const mix = gammas.map(() => new Float64Array(operators.length));
  for (const { point, parts } of mixed) for (const [p, factor] of parts) mix[point]![p] = factor;
  return { operators, mix, traces };
}

/** Gauss-Newton's share of S by power of γ, (q, q B): of the mean of JᵀJ in coordinates of J. */
export function gaussBlocks({ turned, square, g }: View): readonly [Matrix, Matrix, Matrix] {
  const q = turned.length + 1;
  const scale = 1 / g.length;
  const powers = [matrix(q, q * g.length), matrix(q, q * g.length), matrix(q, q * g.length)] as const;
  for (let b = 0; b < g.length; b++) {
    const at = (i: number, j: number): number => b * q * q + i + j * q;
    for (let k = 0; k < q - 1; k++) {
      powers[0].data[at(k, k)] = scale;
      powers[1].data[at(k, q - 1)] = scale * turned[k]!;
      powers[1].data[at(q - 1, k)] = scale * turned[k]!;
    }
    powers[2].data[at(q - 1, q - 1)] = scale * square;
  }
  return powers;
}

/** ε2. */
function quadraticErrors({ g, square, turned }: View): Matrix {
  const q = turned.length + 1;
  const out = matrix(q, g.length);
  g.forEach((value, b) => {
    out.data[q - 1 + b * q] = square * value;
  });
  return out;
}

/** ε0 and ε1. @param labels (B). */
function linearErrors({ scores, g, r, turned }: View, labels: Int32Array): [Matrix, Matrix] {
  const [b, q] = [scores.rows, scores.cols];
  const [zeroth, first] = [matrix(q, b), matrix(q, b)];
  for (let j = 0; j < b; j++) {
    const error = Float64Array.from({ length: q }, (_, k) =>
      scores.data[j + k * b]! - ((labels[j] === k ? 1 : 0) - 1 / q));
    zeroth.data.set(contrastsOf(error), j * q);
    for (let k = 0; k < q - 1; k++) first.data[k + j * q] = turned[k]! * g[j]!;
    first.data[q - 1 + j * q] = error.reduce((sum, value, k) => sum + value * r[k]!, 0);
  }
  return [zeroth, first];
}

/** The batch mean's second derivatives with weights A ε, and Gauss-Newton's share beside them. */
function operatorOf(
  { set: { profile }, weights, own, sums, grams }: View,
  errors: Matrix,
  gauss: Matrix,
  linalg: LinalgProvider,
): Operator {
  const [n, q] = [weights.rows, weights.cols];
  const b = errors.cols;
  const scale = 1 / b;
  const omega = scratch("weights", n, b);
  linalg.gemm({ a: weights, b: errors, c: omega, alpha: scale });
  const { crossShare } = profile;
  const blocks = matrix(q + 1, (q + 1) * b);
  let [shift, trace] = [0, 0];
  for (let j = 0; j < b; j++) {
    const at = (i: number, k: number): number => j * (q + 1) ** 2 + i + k * (q + 1);
    let [itself, shared] = [0, 0];
    for (let k = 0; k < q; k++) {
      const epsilon = scale * errors.data[k + j * q]!;
      itself += epsilon * sums.probeProbe.data[k + j * q]!;
      shift += epsilon * sums.identity.data[k + j * q]!;
      trace += epsilon * sums.trace.data[k + j * q]!;
      shared += epsilon * own.data[k + j * q]!;
      for (let i = 0; i < q; i++) {
        const of = (j * q + k) * q + i;
        blocks.data[at(i, k)] = gauss.data[of]!;
        trace += gauss.data[of]! * grams.data[of]!;
      }
      if (crossShare === null) continue;
      blocks.data[at(k, q)] = -crossShare * epsilon;
      blocks.data[at(q, k)] = -crossShare * epsilon;
    }
    blocks.data[at(q, q)] = itself + 2 * (crossShare ?? 0) * shared;
  }
  const cross = crossShare === null ? hadamard(omega, profile.rowProbe) : null;
  return { rows: rowSums(omega, profile.rowRow), blocks, cross, shift, trace };
}

/** Σ_b A_ib B_ib. */
function rowSums(a: Matrix, b: Matrix): Float64Array {
  const out = new Float64Array(a.rows);
  const [left, right] = [a.data, b.data];
  for (let j = 0, at = 0; j < a.cols; j++) {
    for (let i = 0; i < a.rows; i++, at++) out[i]! += left[at]! * right[at]!;
  }
  return out;
}

function hadamard(a: Matrix, b: Matrix): Matrix {
  const out = matrix(a.rows, a.cols);
  for (let at = 0; at < out.data.length; at++) out.data[at] = a.data[at]! * b.data[at]!;
  return out;
}
