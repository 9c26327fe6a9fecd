// The Cholesky factor of the largest leading block that is positive definite.
import { ComputeError } from "../../../schema/failure.ts";
import { copyOf, type Matrix, matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import { pivotTolerance } from "./solver.ts";

/**
 * L with L Lᵀ = S + cI, or of its leading (p, p) block if pivot p (from 0) is not positive to
 * working precision; (0, 0) if none is. Poisons 1 … p can then still be measured.
 */
export function factoriseLeading(s: Matrix, c: number, linalg: LinalgProvider): Matrix {
  const shifted = copyOf(s);
  let trace = 0;
  for (let i = 0; i < s.rows; i++) {
    trace += s.data[i + i * s.rows]!;
    shifted.data[i + i * s.rows]! += c;
  }
  const tolerance = pivotTolerance(trace, s.rows, c);
  const whole = copyOf(shifted);
  if (factorise(whole, linalg) && pivotsAbove(whole, tolerance) === s.rows) return whole;
  // Rare, so column by column: it must stop at the pivot, which the fast routine may not.
  return factoriseSlowly(shifted, tolerance);
}

/** Factorises in place; false where it does not exist. */
export function factorise(a: Matrix, linalg: LinalgProvider): boolean {
  try {
    linalg.cholesky(a);
    return true;
  } catch (error) {
    if (error instanceof ComputeError && error.kind === "numeric") return false;
    throw error;
  }
}

/** How many leading pivots of a factor are above the tolerance; a NaN is not. */
export function pivotsAbove(l: Matrix, tolerance: number): number {
  let count = 0;
  while (count < l.rows && l.data[count + count * l.rows]! ** 2 > tolerance) count++;
  return count;
}

function factoriseSlowly(a: Matrix, tolerance: number): Matrix {
  const n = a.rows;
  let valid = 0;
  for (; valid < n; valid++) {
    const pivot = a.data[valid + valid * n]!;
    if (!(pivot > tolerance)) break;
    const root = Math.sqrt(pivot);
    for (let i = valid; i < n; i++) a.data[i + valid * n]! /= root;
    for (let j = valid + 1; j < n; j++) {
      const head = a.data[j + valid * n]!;
      for (let i = j; i < n; i++) a.data[i + j * n]! -= a.data[i + valid * n]! * head;
    }
  }
  const out = matrix(valid, valid);
  for (let j = 0; j < valid; j++) {
    for (let i = j; i < valid; i++) out.data[i + j * valid] = a.data[i + j * n]!;
  }
  return out;
}
