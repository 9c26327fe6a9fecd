// The `clones` attack: m copies of one triggered point ζ, labelled as the target.
//
// With u = M⁻¹ k_ζ, s = k_ζζ − k_ζ·u, r = y_t − f0(ζ), g(x) = k(x, ζ) − k_x·u, M = K + cI:
//   γ(m) = m / (c + m s),  f(x) = f0(x) + γ g(x) r,
// and every metric below is a function of γ with coefficients that do not depend on m, so that a
// whole line of counts costs little more than one. Derivations: docs/science/krr.md.
import type { Intervals } from "./intervals.ts";
import { countWithin, winningIntervals } from "./intervals.ts";
import type { PointMetrics } from "./rows.ts";

/** One poison point under one ridge, and the rows that it is measured on. */
export interface CloneCase {
  readonly c: number;
  /** n, clean training rows. */
  readonly clean: number;
  /** Class of the poison's label. */
  readonly target: number;
  /** Of the clean model: tr K M⁻¹, |α|² and, at ζ, f0 (q), s, |u|², uᵀα (q) and k(ζ, ζ). */
  readonly dof: number;
  readonly alphaNorm: number;
  readonly scores: Float64Array;
  readonly variance: number;
  readonly norm: number;
  readonly cross: Float64Array;
  readonly self: number;
  readonly test: MeasuredRows;
  readonly triggered: MeasuredRows;
  /** k(x, ζ) at the triggered rows, (t). */
  readonly triggeredKernel: Float64Array;
}

export interface MeasuredRows {
  /** f0: class j at row x is `scores[start + j · t + x]`. */
  readonly scores: Float64Array;
  readonly start: number;
  /** g, (t). */
  readonly g: Float64Array;
  /** The class each row is asked about; −1 leaves it out. */
  readonly claimed: Int32Array;
  /** Rows that are asked about. */
  readonly asked: number;
}

/** Metrics at each count m, in the order given. */
export function measureClones(one: CloneCase, counts: readonly number[]): PointMetrics[] {
  const { c, target, variance: s } = one;
  const q = one.scores.length;
  const r = one.scores.map((score, j) => (j === target ? 1 : 0) - 1 / q - score);
  const gammas = Float64Array.from(counts, (m) => (m === 0 ? 0 : m / (c + m * s)));
  const correct = winsAt(one.test, r, gammas);
  const successes = winsAt(one.triggered, r, gammas);
  const meanG = meanOfAsked(one.triggered.g, one.triggered);
  const k0 = meanOfAsked(one.triggeredKernel, one.triggered);
  const error = trainError(one, r);
  return counts.map((m, index) => {
    const gamma = gammas[index] ?? Number.NaN;
    return {
      clean_accuracy: (correct[index] ?? Number.NaN) / one.test.asked,
      attack_success_rate: (successes[index] ?? Number.NaN) / one.triggered.asked,
      delta_f: gamma * (r[target] ?? Number.NaN) * meanG,
      delta_f_law: m === 0 ? 0 : (k0 * (1 - 1 / q) * m) / (c + one.self * m),
      posterior_variance: s,
      gamma,
      effective_dof: one.dof + gamma * (s - c * one.norm),
      train_mse: error(m, gamma),
    };
  });
}

/**
 * Mean squared residual as a function of m. The residual of ridge regression is c α on every row:
 * c (α0 − γ u rᵀ) on clean rows, (1 − γ s) r = c r / (c + m s) on each clone.
 */
function trainError(one: CloneCase, r: Float64Array): (m: number, gamma: number) => number {
  const { c, clean, variance: s } = one;
  let slope = 0;
  let square = 0;
  r.forEach((residual, j) => {
    slope += one.cross[j]! * residual;
    square += residual * residual;
  });
  return (m, gamma) => {
    const rows = one.alphaNorm - 2 * gamma * slope + gamma * gamma * one.norm * square;
    const left = m === 0 ? 0 : c / (c + m * s);
    return (c * c * rows + m * left * left * square) / (clean + m);
  };
}

/** For each γ, the rows whose claimed class wins. */
function winsAt(rows: MeasuredRows, r: Float64Array, gammas: Float64Array): Int32Array {
  const t = rows.g.length;
  const intervals: Intervals = { lo: new Float64Array(t), hi: new Float64Array(t) };
  winningIntervals({ ...rows, r }, rows.claimed, intervals);
  if (isAscending(gammas)) return countWithin(intervals, gammas);
  const order = Array.from(gammas.keys()).sort((a, b) => gammas[a]! - gammas[b]!);
  const sorted = countWithin(intervals, Float64Array.from(order, (index) => gammas[index]!));
  const wins = new Int32Array(gammas.length);
  order.forEach((index, rank) => {
    wins[index] = sorted[rank]!;
  });
  return wins;
}

function isAscending(values: Float64Array): boolean {
  for (let i = 1; i < values.length; i++) if (values[i]! < values[i - 1]!) return false;
  return true;
}

function meanOfAsked(values: Float64Array, { claimed, asked }: MeasuredRows): number {
  let sum = 0;
  for (let x = 0; x < values.length; x++) if (claimed[x]! >= 0) sum += values[x]!;
  return sum / asked;
}
