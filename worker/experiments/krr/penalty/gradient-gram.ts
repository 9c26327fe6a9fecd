// Γ: inner products of kernel sections' gradients, summed over the rows at which f is penalised.
//
// f = Σ_i a_i k(·, x_i) has Σ_j |∇f(x_j)|² = aᵀΓa with Γ_ii' = Σ_j ∇k(x_j, x_i)·∇k(x_j, x_i').
// With slopes A (kernel-slope.ts), no factor d is needed: dot kernels have Γ = (AᵀA) ∘ S with
// S the inner products; radial ones, with squared distances D and
// (x_j − x_i)·(x_j − x_i') = (D_ji + D_ji' − D_ii') / 2,
//   Γ = [(A∘D)ᵀA + Aᵀ(A∘D) − (AᵀA)∘D] / 2.
// One symmetric product, and for radial kernels one more: nothing is centred, nothing but the
// measures is needed. Derivations: docs/science/gradient-penalty.md.
import { type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";

/** Rows at which gradients are taken are the points themselves, all with weight 1. */
export interface Sections {
  /** D or S, (n, n), symmetric. */
  readonly measures: Matrix;
  /** A, (n, n), symmetric. */
  readonly slopes: Matrix;
  readonly isRadial: boolean;
}

/** Γ, (n, n). n³ flop for dot kernels, 3n³ for radial ones. */
export function gradientGram({ measures, slopes, isRadial }: Sections, linalg: LinalgProvider): Matrix {
  const n = slopes.rows;
  const gram = linalg.gram(slopes);
  if (!isRadial) return { ...gram, data: gram.data.map((value, at) => value * measures.data[at]!) };
  const stretched = matrix(n, n, slopes.data.map((value, at) => value * measures.data[at]!));
  const product = matrix(n, n);
  linalg.gemm({ a: stretched, b: slopes, c: product, transposeA: true });
  for (let j = 0; j < n; j++) {
    for (let i = 0; i <= j; i++) {
      const [at, mirrored] = [i + j * n, j + i * n];
      const both = product.data[at]! + product.data[mirrored]!;
      const value = (both - gram.data[at]! * measures.data[at]!) / 2;
      gram.data[at] = value;
      gram.data[mirrored] = value;
    }
  }
  return gram;
}

/** One more point ζ, seen from the n: its measures and slopes with them and with itself. */
export interface OwnSection {
  readonly measures: Float64Array;
  readonly slopes: Float64Array;
  readonly selfMeasure: number;
  readonly selfSlope: number;
}

/** Row and corner that ζ adds to Γ: (n) and a number. */
export interface Border {
  readonly cross: Float64Array;
  readonly corner: number;
}

/** What ζ's section adds to Γ while gradients are still taken at the n points. O(n²). */
export function sectionBorder({ measures, slopes, isRadial }: Sections, own: OwnSection): Border {
  const n = slopes.rows;
  const cross = new Float64Array(n);
  let corner = 0;
  for (let j = 0; j < n; j++) {
    const slope = own.slopes[j]!;
    corner += slope * slope * (isRadial ? own.measures[j]! : own.selfMeasure);
    if (slope === 0) continue;
    for (let i = 0; i < n; i++) {
      const at = i + j * n;
      const inner = isRadial
        ? (measures.data[at]! + own.measures[j]! - own.measures[i]!) / 2
        : own.measures[i]!;
      cross[i]! += slopes.data[at]! * slope * inner;
    }
  }
  return { cross, corner };
}

/** Γ_ζ: gradients at ζ alone, of the n sections and, as a border, of ζ's own. O(n²). */
export function gradientsAt(
  { measures, isRadial }: Sections,
  own: OwnSection,
): Border & { readonly gram: Matrix } {
  const n = own.slopes.length;
  const gram = matrix(n, n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      const at = i + j * n;
      const inner = isRadial
        ? (own.measures[i]! + own.measures[j]! - measures.data[at]!) / 2
        : measures.data[at]!;
      gram.data[at] = own.slopes[i]! * own.slopes[j]! * inner;
    }
  }
  // ζ's own section has no gradient at ζ for radial kernels; their selfSlope is 0.
  const cross = own.slopes.map((slope, i) =>
    (isRadial ? 0 : slope * own.selfSlope * own.measures[i]!));
  return { gram, cross, corner: isRadial ? 0 : own.selfSlope ** 2 * own.selfMeasure };
}
