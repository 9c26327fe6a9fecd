// All κ at one ridge: (B + κG)⁻¹ from one eigenproblem, B = ΦᵀΦ + cI being diagonal in the span.
//
// B^(−1/2) G B^(−1/2) = U M Uᵀ gives (B + κG)⁻¹ = B^(−1/2) U (I + κM)⁻¹ Uᵀ B^(−1/2): the
// generalised problem G v = μ B v, with v = B^(−1/2) u. In coordinates of U everything below is a
// sum over n terms per κ.
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";

export interface Pencil {
  /** μ ≥ 0, (p). */
  readonly values: Float64Array;
  /** U, (p, p). */
  readonly vectors: Matrix;
  /** B^(−1/2), (p). */
  readonly scale: Float64Array;
  /** (UᵀB^(−1/2) Λ B^(−1/2)U)_kk, (p): tr (B + κG)⁻¹ΦᵀΦ = Σ ω/(1 + κμ). */
  readonly smoothing: Float64Array;
}

export interface PencilParts {
  /** Eigenvalues of ΦᵀΦ, (p); 0 for a function that vanishes on the clean rows. */
  readonly spectrum: Float64Array;
  /** c > 0. */
  readonly c: number;
  /** G of the clean rows, (p, p). */
  readonly clean: Matrix;
  /** G at the poison, (p, p), and how many copies there are; null without any. */
  readonly poison: { readonly gram: Matrix; readonly count: number } | null;
}

/** About 9p³ flop. */
export function pencilOf({ spectrum, c, clean, poison }: PencilParts, linalg: LinalgProvider): Pencil {
  const p = spectrum.length;
  const scale = spectrum.map((value) => 1 / Math.sqrt(value + c));
  const whitened = matrix(p, p);
  const count = poison?.count ?? 0;
  for (let j = 0; j < p; j++) {
    for (let i = 0; i < p; i++) {
      const at = i + j * p;
      const both = clean.data[at]! + (poison === null ? 0 : count * poison.gram.data[at]!);
      whitened.data[at] = both * scale[i]! * scale[j]!;
    }
  }
  const { values, vectors } = linalg.symmetricEigen(whitened);
  return {
    // Γ is positive semi-definite: what is below 0 is rounding error.
    values: values.map((value) => Math.max(0, value)),
    vectors,
    scale,
    smoothing: smoothingOf(vectors, spectrum, c),
  };
}

function smoothingOf(vectors: Matrix, spectrum: Float64Array, c: number): Float64Array {
  const share = spectrum.map((value) => value / (value + c));
  return Float64Array.from({ length: vectors.cols }, (_, k) => {
    const u = columns(vectors, k, k + 1).data;
    let sum = 0;
    for (let i = 0; i < u.length; i++) sum += u[i]! * u[i]! * share[i]!;
    return sum;
  });
}

/** UᵀB^(−1/2) A, (p, k): a right-hand side, in the pencil's coordinates. */
export function toPencil({ vectors, scale }: Pencil, a: Matrix, linalg: LinalgProvider): Matrix {
  const out = matrix(a.rows, a.cols);
  linalg.gemm({ a: vectors, b: scaledRows(a, scale), c: out, transposeA: true });
  return out;
}

/** B^(−1/2)U A, (p, k): weights over the basis functions, from the pencil's coordinates. */
export function fromPencil({ vectors, scale }: Pencil, a: Matrix, linalg: LinalgProvider): Matrix {
  const out = matrix(a.rows, a.cols);
  linalg.gemm({ a: vectors, b: a, c: out });
  return scaledRows(out, scale);
}

function scaledRows(a: Matrix, scale: Float64Array): Matrix {
  const out = matrix(a.rows, a.cols);
  for (let j = 0; j < a.cols; j++) {
    for (let i = 0; i < a.rows; i++) out.data[i + j * a.rows] = a.data[i + j * a.rows]! * scale[i]!;
  }
  return out;
}
