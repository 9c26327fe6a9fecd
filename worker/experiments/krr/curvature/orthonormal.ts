// New directions for a basis: orthonormal, and orthogonal to what is there, to working precision.
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { scratch } from "./scratch.ts";

/** What is left of a vector below this share of it is rounding, not direction. */
const DEPENDENT = 1e-10;

/**
 * Orthonormal columns that span, with the basis, what `vectors` and the basis span. Dependent
 * columns are dropped; if all are, a fixed direction outside the basis is returned.
 *
 * @param basis (d, k), orthonormal, k < d.
 * @param least share of column j below which what the others leave of it counts as nothing.
 */
export function orthonormalised(
  vectors: Matrix,
  basis: Matrix,
  linalg: LinalgProvider,
  least: (column: number) => number = () => DEPENDENT,
): Matrix {
  const d = vectors.rows;
  const work = scratch("orthonormal: work", d, vectors.cols);
  work.data.set(vectors.data.subarray(0, d * vectors.cols));
  normaliseAll(work);
  const most = d - basis.cols;
  // Twice is enough: the second pass takes off what rounding left in the first.
  const once = withinItself(withoutBasis(work, basis, linalg), scratch("orthonormal: once", d, Math.min(vectors.cols, most)), least);
  const kept = once.cols === 0 ? once
    : withinItself(withoutBasis(once, basis, linalg), matrix(d, once.cols), () => 0.5);
  if (kept.cols > 0) return kept;
  for (let seed = 0; ; seed++) {
    const fresh = matrix(d, 1, fixedDirection(d, basis.cols + seed));
    for (let pass = 0; pass < 2; pass++) withoutBasis(fresh, basis, linalg);
    const found = withinItself(withoutBasis(fresh, basis, linalg), matrix(d, 1), () => DEPENDENT);
    if (found.cols > 0) return found;
  }
}

function withoutBasis(vectors: Matrix, basis: Matrix, linalg: LinalgProvider): Matrix {
  if (basis.cols === 0) return vectors;
  const inner = matrix(basis.cols, vectors.cols);
  linalg.gemm({ a: basis, b: vectors, c: inner, transposeA: true });
  linalg.gemm({ a: basis, b: inner, c: vectors, alpha: -1, beta: 1 });
  return vectors;
}

/** Modified Gram-Schmidt into `kept`; columns whose rest is below `least` go, and those beyond its room. */
function withinItself(vectors: Matrix, kept: Matrix, least: (column: number) => number): Matrix {
  const d = vectors.rows;
  const [from, units] = [vectors.data, kept.data];
  let count = 0;
  for (let j = 0; j < vectors.cols && count < kept.cols; j++) {
    const own = j * d;
    for (let unit = 0; unit < count * d; unit += d) {
      const inner = productAt(units, unit, from, own, d);
      for (let i = 0; i < d; i++) from[own + i]! -= inner * units[unit + i]!;
    }
    const norm = Math.sqrt(productAt(from, own, from, own, d));
    if (!(norm > least(j))) continue;
    for (let i = 0; i < d; i++) units[count * d + i] = from[own + i]! / norm;
    count++;
  }
  return columns(kept, 0, count);
}

function normaliseAll({ rows: d, cols, data }: Matrix): void {
  for (let at = 0; at < cols * d; at += d) {
    const norm = Math.sqrt(productAt(data, at, data, at, d));
    if (norm > 0) for (let i = at; i < at + d; i++) data[i]! /= norm;
  }
}

/** The inner product of d numbers of each, in four sums that need not wait for each other. */
function productAt(a: Float64Array, atA: number, b: Float64Array, atB: number, d: number): number {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  const whole = d - (d % 4);
  for (let i = 0; i < whole; i += 4) {
    first += a[atA + i]! * b[atB + i]!;
    second += a[atA + i + 1]! * b[atB + i + 1]!;
    third += a[atA + i + 2]! * b[atB + i + 2]!;
    fourth += a[atA + i + 3]! * b[atB + i + 3]!;
  }
  for (let i = whole; i < d; i++) first += a[atA + i]! * b[atB + i]!;
  return first + second + (third + fourth);
}

/** A vector of spread-out entries, the same for the same arguments on every machine. */
export function fixedDirection(d: number, seed: number): Float64Array {
  let state = (seed * 2_654_435_761 + 12_345) >>> 0;
  return Float64Array.from({ length: d }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
