// The metrics of one point: a ridge c, a κ and m clones, from what their curve says.
//
// With P = (B + κG)⁻¹, in which G counts the clones' gradients but B not their labels,
//   u = Pφ(ζ), s = c φ(ζ)ᵀu, f0 = φᵀPΦᵀY, g(x) = c φ(x)ᵀu, r = y_t − f0(ζ), γ = m / (c + m s)
// and f = f0 + γ g r as without the penalty. The labels enter by a rank-one update, exactly.
import { columns, type Matrix } from "../../../linalg/matrix.ts";
import { countWithin, winningIntervals } from "../intervals.ts";
import { dot } from "../matrix-parts.ts";
import type { PointMetrics } from "../rows.ts";
import { atKappa, type Curve } from "./curve.ts";
import type { Span } from "./span.ts";

/** A block of κ under one ridge, m clones (m = 0: none) and one target. */
export interface PenaltyCase {
  readonly span: Span;
  readonly c: number;
  readonly count: number;
  readonly target: number;
  /** Right-hand sides: ΦᵀY, then φ(ζ) unless m = 0. */
  readonly curve: Curve;
  /** φ(ζ)ᵀ(B + κG)⁻¹φ(ζ) c, plus what the span leaves open: s at κ number k. */
  readonly variance: (k: number) => number;
  /** k(ζ, ζ), and its mean over the asked rows: of the law. */
  readonly self: number;
  readonly lawKernel: number;
  readonly test: PenaltyRows;
  readonly triggered: PenaltyRows;
  /** Scores of the model without poison at the triggered rows, (t, K q). */
  readonly before: Matrix;
}

export interface PenaltyRows {
  /** f0 and, unless m = 0, φ(x)ᵀu at t rows: (t, K q) or (t, K (q + 1)). */
  readonly scores: Matrix;
  /** The class each row is asked about; −1 leaves it out. */
  readonly claimed: Int32Array;
}

/** Metrics of κ number k of the block. */
export function penaltyPoint(one: PenaltyCase, k: number): PointMetrics {
  const { span, c, count: m, target, curve } = one;
  const q = span.codes.cols;
  const s = one.variance(k);
  const gamma = m === 0 ? 0 : m / (c + m * s);
  const r = residualsOf(one, k);
  const clean = span.half.rows;
  // The residual at each clone is (1 − γ s) r.
  const left = m === 0 ? 0 : c / (c + m * s);
  const square = dot(r, r);
  const pushes = r.map((residual) => c * gamma * residual);
  const before = atKappa(one.before, curve, k);
  return {
    clean_accuracy: shareOfWins(one.test, { one, k, r, gamma }),
    attack_success_rate: shareOfWins(one.triggered, { one, k, r, gamma }),
    delta_f: meanShift(one, k, { push: pushes[target] ?? 0, before }),
    delta_f_law: m === 0 ? 0 : (one.lawKernel * (1 - 1 / q) * m) / (c + one.self * m),
    posterior_variance: s,
    gamma,
    effective_dof: dofOf(one, k, { s, gamma }),
    train_mse: (squaredErrors(one, k, pushes) + m * left * left * square) / (clean + m),
    gradient_mean_square: squaredGradients(one, k, pushes) / (clean + m),
  };
}

/** r = y_t − f0(ζ), (q); zeros without clones. */
function residualsOf({ curve, span, target, count }: PenaltyCase, k: number): Float64Array {
  const q = span.codes.cols;
  if (count === 0) return new Float64Array(q);
  const poison = columns(curve.sides, q, q + 1).data;
  const damped = atKappa(curve.damped, curve, k);
  return Float64Array.from({ length: q }, (_, j) =>
    (j === target ? 1 : 0) - 1 / q - dot(poison, columns(damped, j, j + 1).data));
}

interface Asked {
  readonly one: PenaltyCase;
  readonly k: number;
  readonly r: Float64Array;
  readonly gamma: number;
}

function shareOfWins({ scores, claimed }: PenaltyRows, { one, k, r, gamma }: Asked): number {
  const t = scores.rows;
  const q = r.length;
  const own = atKappa(scores, one.curve, k).data;
  const g = one.count === 0 ? new Float64Array(t) : own.slice(q * t).map((value) => one.c * value);
  const intervals = { lo: new Float64Array(t), hi: new Float64Array(t) };
  winningIntervals({ scores: own, start: 0, g, r }, claimed, intervals);
  const wins = countWithin(intervals, Float64Array.of(gamma))[0] ?? Number.NaN;
  return wins / claimed.reduce((sum, label) => sum + (label >= 0 ? 1 : 0), 0);
}

/** Mean over the asked rows of the target's score with the poison minus without it. */
function meanShift(
  { curve, triggered, target, span, count }: PenaltyCase,
  k: number,
  { push, before }: { readonly push: number; readonly before: Matrix },
): number {
  if (count === 0) return 0;
  const now = atKappa(triggered.scores, curve, k);
  const t = now.rows;
  const q = span.codes.cols;
  let sum = 0;
  let asked = 0;
  for (let x = 0; x < t; x++) {
    if (triggered.claimed[x]! < 0) continue;
    asked++;
    sum += now.data[target * t + x]! - before.data[target * t + x]! + push * now.data[q * t + x]!;
  }
  return sum / asked;
}

/** Trace of the smoother of all n + m rows. */
function dofOf(
  { curve, span, c, count }: PenaltyCase,
  k: number,
  { s, gamma }: { readonly s: number; readonly gamma: number },
): number {
  const { values, smoothing } = curve.pencil;
  const kappa = curve.kappas[k] ?? Number.NaN;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += smoothing[i]! / (1 + kappa * values[i]!);
  if (count === 0) return sum;
  const q = span.codes.cols;
  const u = columns(atKappa(curve.weights, curve, k), q, q + 1).data;
  let fitted = 0;
  span.spectrum.forEach((value, i) => {
    fitted += value * u[i]! * u[i]!;
  });
  return sum + gamma * (s - c * fitted);
}

/** Squared residuals of the clean rows, summed over the outputs. */
function squaredErrors({ span, curve, count }: PenaltyCase, k: number, pushes: Float64Array): number {
  const { spectrum, codes } = span;
  const weights = atKappa(curve.weights, curve, k);
  const p = weights.rows;
  const u = pushes.length * p;
  let sum = span.unreachable;
  for (let j = 0; j < pushes.length; j++) {
    for (let i = 0; i < spectrum.length; i++) {
      const moved = count === 0 ? 0 : pushes[j]! * weights.data[u + i]!;
      const b = weights.data[j * p + i]! + moved;
      sum += (codes.data[j * codes.rows + i]! - Math.sqrt(spectrum[i]!) * b) ** 2;
    }
  }
  return sum;
}

/** bᵀGb, summed over the outputs: the penalty itself, over κ. */
function squaredGradients({ curve, count }: PenaltyCase, k: number, pushes: Float64Array): number {
  const { values } = curve.pencil;
  const damped = atKappa(curve.damped, curve, k);
  const p = damped.rows;
  let sum = 0;
  for (let j = 0; j < pushes.length; j++) {
    for (let i = 0; i < p; i++) {
      const moved = count === 0 ? 0 : pushes[j]! * damped.data[pushes.length * p + i]!;
      sum += values[i]! * (damped.data[j * p + i]! + moved) ** 2;
    }
  }
  return sum;
}
