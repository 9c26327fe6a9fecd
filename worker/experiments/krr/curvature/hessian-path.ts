// The batch-mean input Hessian along γ as few fixed operators and their coefficients.
//
// For given labels H = H0 + γ H1 + γ² H2, exactly. Predicted labels change at some γ: each run of
// points with the same labels has its own H0 and H1; H2 knows no labels. Where a run has one or
// two points, their own Hessians cost less than three powers.
import { type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { type CleanView, gaussPowers, gaussTraces, type PoisonView, type ProbeSet } from "./model.ts";
import { combined, type GaussTerm, type Operator, type Residual, residualOf } from "./operators.ts";
import { scratch } from "./scratch.ts";

export interface HessianPath {
  readonly operators: readonly Operator[];
  /** For each point, the coefficient of each operator. */
  readonly mix: readonly Float64Array[];
  /** For each point. */
  readonly traces: Float64Array;
}

export interface PathRequest {
  readonly set: ProbeSet;
  readonly clean: CleanView;
  readonly poison: PoisonView;
  readonly gammas: readonly number[];
  /** For each γ the class of each probe, (B). */
  readonly labels: readonly Int32Array[];
}

export function hessianPath(request: PathRequest, linalg: LinalgProvider): HessianPath {
  const { gammas, labels, clean, poison } = request;
  const gauss = gaussPowers(clean, poison);
  const gaussTrace = gaussTraces(gauss);
  const shared = quadraticPart(request);
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
    const [zeroth, first] = linearParts(request, labels[points[0]!]!, linalg);
    const powers = [zeroth, first, shared];
    for (const point of points) {
      traces[point] = powers.reduce((sum, { trace }, p) =>
        sum + gammas[point]! ** p * (trace + gaussTrace[p]!), 0);
    }
    if (points.length <= 2) {
      for (const point of points) {
        mixed.push({ point, parts: [[operators.length, 1]] });
        operators.push(operatorAt(gammas[point]!, powers, gauss));
      }
      continue;
    }
    const start = operators.push({ residual: zeroth, gauss: gauss[0]! }) - 1;
    operators.push({ residual: first, gauss: gauss[1]! });
    square ??= operators.push({ residual: shared, gauss: gauss[2]! }) - 1;
    for (const point of points) {
      const gamma = gammas[point]!;
      mixed.push({ point, parts: [[start, 1], [start + 1, gamma], [square, gamma * gamma]] });
    }
  }
  const mix = gammas.map(() => new Float64Array(operators.length));
  for (const { point, parts } of mixed) for (const [p, factor] of parts) mix[point]![p] = factor;
  return { operators, mix, traces };
}

/** The whole Hessian at one γ, as one operator. */
function operatorAt(
  gamma: number,
  powers: readonly Residual[],
  gauss: readonly (readonly GaussTerm[])[],
): Operator {
  const factors = [1, gamma, gamma * gamma];
  return {
    residual: combined(powers.map((of, p) => ({ of, factor: factors[p]! }))),
    gauss: gauss.flatMap((terms, p) =>
      factors[p] === 0 ? [] : terms.map((term) => ({ ...term, scale: term.scale * factors[p]! }))),
  };
}

/** ω2 = |r|² a gᵀ. */
function quadraticPart({ set, poison }: PathRequest): Residual {
  const { weights, g, square } = poison;
  const omega = emptied(weights.length, g.length);
  addOuter(omega, weights, g, square);
  return residualOf(set.profile, omega, 1 / g.length);
}

/** ω0 = A0 e0ᵀ and ω1 = a (e0 r)ᵀ + (A0 r) gᵀ, with e0 = f0 − y. */
function linearParts(
  { set, clean, poison }: PathRequest,
  labels: Int32Array,
  linalg: LinalgProvider,
): [Residual, Residual] {
  const { weights, scores } = clean;
  const [n, q] = [weights.rows, weights.cols];
  const b = labels.length;
  const errors = matrix(b, q);
  for (let k = 0; k < q; k++) {
    for (let j = 0; j < b; j++) {
      errors.data[j + k * b] = scores.data[j + k * b]! - ((labels[j] === k ? 1 : 0) - 1 / q);
    }
  }
  const omega = emptied(n, b);
  linalg.gemm({ a: weights, b: errors, c: omega, transposeB: true });
  const zeroth = residualOf(set.profile, omega, 1 / b);
  const r = matrix(q, 1, poison.r);
  const [errorPull, weightPull] = [matrix(b, 1), matrix(n, 1)];
  linalg.gemm({ a: errors, b: r, c: errorPull });
  linalg.gemm({ a: weights, b: r, c: weightPull });
  emptied(n, b);
  addOuter(omega, poison.weights, errorPull.data, 1);
  addOuter(omega, weightPull.data, poison.g, 1);
  return [zeroth, residualOf(set.profile, omega, 1 / b)];
}

/** A matrix of zeros, on memory that the next call takes again. */
function emptied(rows: number, cols: number): Matrix {
  const out = scratch("weights", rows, cols);
  out.data.fill(0);
  return out;
}

function addOuter(out: Matrix, left: Float64Array, right: Float64Array, scale: number): void {
  const [to, n] = [out.data, out.rows];
  for (let j = 0; j < out.cols; j++) {
    const [factor, at] = [scale * right[j]!, j * n];
    for (let i = 0; i < n; i++) to[at + i]! += factor * left[i]!;
  }
}
