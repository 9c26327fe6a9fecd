// All eigenpairs of a small symmetric tridiagonal matrix: the implicit QL iteration with vectors
// (Parlett, The Symmetric Eigenvalue Problem, §8.13). Quadratic steps, cubic work: for leaves only.
import type { Block } from "./multiply.ts";
import { noConvergence } from "../shapes.ts";
import { shiftOf } from "./eigenvalues.ts";

const EPSILON = 2 ** -52;
const SWEEPS_PER_EIGENVALUE = 30;

/**
 * Turns the diagonal d into eigenvalues, in no order, and the identity in the n × n block `q`
 * into vectors. The off-diagonal e, n numbers of which the last counts for nothing, is destroyed.
 */
export function solveLeaf(d: Float64Array, e: Float64Array, q: Block): void {
  const n = d.length;
  let sweepsLeft = SWEEPS_PER_EIGENVALUE * n;
  for (let l = 0; l < n - 1; ) {
    const m = endOfBlock(d, e, l);
    if (m === l) l++;
    else if (sweepsLeft-- > 0) sweep(d, e, q, { first: l, last: m });
    else throw noConvergence("symmetricEigen", `leaf of order ${n}`);
  }
}

function endOfBlock(d: Float64Array, e: Float64Array, first: number): number {
  for (let m = first; m < d.length - 1; m++) {
    if (Math.abs(e[m]!) <= EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) return m;
  }
  return d.length - 1;
}

/** One QL step from the last row of a block to its first, chasing the bulge upwards. */
function sweep(
  d: Float64Array,
  e: Float64Array,
  q: Block,
  { first, last }: { readonly first: number; readonly last: number },
): void {
  let g = d[last]! - shiftOf(d[first]!, e[first]!, d[first + 1]!);
  let s = 1;
  let c = 1;
  let p = 0;
  for (let i = last - 1; i >= first; i--) {
    const f = s * e[i]!;
    const b = c * e[i]!;
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      // The block split by itself.
      d[i + 1]! -= p;
      e[last] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1]! - p;
    const t = (d[i]! - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    rotate(q, i, { n: d.length, c, s });
  }
  d[first]! -= p;
  e[first] = g;
  e[last] = 0;
}

/** Columns i and i + 1 by the rotation (c, s). */
function rotate(
  { data, offset, stride }: Block,
  i: number,
  { n, c, s }: { readonly n: number; readonly c: number; readonly s: number },
): void {
  const left = offset + i * stride;
  const right = left + stride;
  for (let row = 0; row < n; row++) {
    const x = data[left + row]!;
    const y = data[right + row]!;
    data[right + row] = s * x + c * y;
    data[left + row] = c * x - s * y;
  }
}
