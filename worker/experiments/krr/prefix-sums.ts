// Every prefix of a list of poisons from one factorisation.
//
// With S = K_ZZ − K_ZX M⁻¹ K_XZ, E = Y_Z − f0(Z), G = K_TZ − K_TX M⁻¹ K_XZ and S + cI = L Lᵀ:
//   W = L⁻¹ E,  V = L⁻¹ Gᵀ,  f_m = f_{m−1} + V[m, :]ᵀ W[m, :],
// because the factor of the first m poisons is the leading block of L. The other metrics are sums
// over that block too. Derivations: docs/science/krr.md.
import { copyOf, type Matrix, matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import { factoriseLeading } from "./leading-factor.ts";
import { factoriseSigned } from "./signed-factor.ts";
import { pivotTolerance } from "./solver.ts";

/** What clean training says of M poisons in order of use, under one ridge. */
export interface PoisonBlock {
  /** S, (M, M), symmetric. */
  readonly covariance: Matrix;
  /** Uᵀ U with U = M⁻¹ K_XZ, (M, M). */
  readonly overlap: Matrix;
  /** Uᵀ α, (M, q). */
  readonly cross: Matrix;
  /** E, (M, q). */
  readonly errors: Matrix;
  /** +1 for a row that is added, −1 for a clean one that is taken away; null if all are added. */
  readonly signs: Int8Array | null;
}

/** Sums over the first m poisons, at index m = 0 … `valid`. */
export interface PrefixSums {
  /** L of the first `valid` poisons, after which S + cI is no longer positive definite. */
  readonly factor: Matrix;
  readonly valid: number;
  /** Wᵀ, (q, valid): column j is row j of W, times its sign. */
  readonly weights: Matrix;
  /** 1ᵀ (S_m + cI)⁻¹ 1. */
  readonly gamma: Float64Array;
  /** tr (S_m + cI)⁻¹ (I + UᵀU). */
  readonly trace: Float64Array;
  /** |α|² over all n + m rows minus |α0|². */
  readonly alphaNorm: Float64Array;
}

export function prefixSums(block: PoisonBlock, c: number, linalg: LinalgProvider): PrefixSums {
  const { signs } = block;
  const factor = signs === null ? factoriseLeading(block.covariance, c, linalg)
    : factoriseChanges(block.covariance, signs, c);
  const q = block.errors.cols;
  const valid = factor.rows;
  const solved = matrix(valid, 2 * q + 1).data.fill(1);
  // Rows that are taken away have no ridge, no label and no weight of their own.
  if (signs !== null) {
    for (let m = 0; m < valid; m++) solved[m + 2 * q * valid] = signs[m]! > 0 ? 1 : 0;
  }
  copyLeading(block.errors, matrix(valid, q, solved));
  copyLeading(block.cross, matrix(valid, q, solved.subarray(q * valid)));
  linalg.solveLower(factor, matrix(valid, 2 * q + 1, solved));
  const metric = whitenedMetric(block, factor, linalg);
  const gamma = new Float64Array(valid + 1);
  const trace = new Float64Array(valid + 1);
  const alphaNorm = new Float64Array(valid + 1);
  const weights = transposed(matrix(valid, q, solved));
  if (signs !== null) weights.data.forEach((value, at) => {
    weights.data[at] = value * signs[Math.floor(at / q)]!;
  });
  for (let m = 0; m < valid; m++) {
    const sign = signs === null ? 1 : signs[m]!;
    gamma[m + 1] = gamma[m]! + sign * solved[m + 2 * q * valid]! ** 2;
    trace[m + 1] = trace[m]! + sign * metric.data[m + m * valid]!;
    let pull = 0;
    for (let j = 0; j < q; j++) pull += weights.data[j + m * q]! * solved[m + (q + j) * valid]!;
    alphaNorm[m + 1] = alphaNorm[m]! - 2 * pull + quadraticStep(metric, weights, m);
  }
  return { valid, factor, weights, gamma, trace, alphaNorm };
}

/**
 * What row m adds to tr W_mᵀ Q W_m: 2 Σ_{i<m} Q_mi w_i·w_m + Q_mm |w_m|², with w the rows of W.
 */
function quadraticStep(metric: Matrix, weights: Matrix, m: number): number {
  const q = weights.rows;
  const start = m * metric.rows;
  let sum = 0;
  for (let i = 0; i <= m; i++) {
    let dot = 0;
    for (let j = 0; j < q; j++) dot += weights.data[j + i * q]! * weights.data[j + m * q]!;
    sum += (i < m ? 2 : 1) * metric.data[i + start]! * dot;
  }
  return sum;
}

/** L of S + cI, the ridge being on added rows alone. */
function factoriseChanges(covariance: Matrix, signs: Int8Array, c: number): Matrix {
  const shifted = copyOf(covariance);
  const n = shifted.rows;
  let trace = 0;
  let added = 0;
  for (let i = 0; i < n; i++) {
    if (signs[i]! < 0) continue;
    trace += shifted.data[i + i * n]!;
    shifted.data[i + i * n]! += c;
    added++;
  }
  return factoriseSigned(shifted, signs, pivotTolerance(trace, added, c));
}

/** Q = L⁻¹ (I + UᵀU) L⁻ᵀ, with I on added rows alone. */
function whitenedMetric(
  { overlap, signs }: PoisonBlock,
  factor: Matrix,
  linalg: LinalgProvider,
): Matrix {
  const m = factor.rows;
  const half = matrix(m, m);
  copyLeading(overlap, half);
  for (let j = 0; j < m; j++) {
    if (signs === null || signs[j]! > 0) half.data[j + j * m]! += 1;
  }
  linalg.solveLower(factor, half);
  const whole = transposed(half);
  linalg.solveLower(factor, whole);
  return whole;
}

/** Fills `to` with the leading entries of a matrix that is at least as large. */
function copyLeading(from: Matrix, to: Matrix): void {
  for (let j = 0; j < to.cols; j++) {
    const start = j * from.rows;
    to.data.set(from.data.subarray(start, start + to.rows), j * to.rows);
  }
}

function transposed(a: Matrix): Matrix {
  const out = matrix(a.cols, a.rows);
  for (let j = 0; j < a.cols; j++) {
    for (let i = 0; i < a.rows; i++) out.data[j + i * a.cols] = a.data[i + j * a.rows]!;
  }
  return out;
}
