// One pencil solved for a block of κ: right-hand sides damped by 1/(1 + κμ), then brought back.
//
// The weights of all κ stand side by side, so that leaving the pencil's coordinates and predicting
// are a few large products whatever the number of κ.
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { fromPencil, type Pencil, toPencil } from "./pencil.ts";

export interface Curve {
  readonly pencil: Pencil;
  readonly kappas: readonly number[];
  /** w right-hand sides in the pencil's coordinates, (p, w). */
  readonly sides: Matrix;
  /** The same, damped: columns [k w, (k + 1) w) of (p, K w) belong to κ number k. */
  readonly damped: Matrix;
  /** (B + κG)⁻¹ times the right-hand sides, over the basis functions: laid out as `damped`. */
  readonly weights: Matrix;
}

/** @param right (p, w), over the basis functions. */
export function curveOf(
  pencil: Pencil,
  right: Matrix,
  kappas: readonly number[],
  linalg: LinalgProvider,
): Curve {
  const sides = toPencil(pencil, right, linalg);
  const { rows: p, cols: w } = sides;
  const damped = matrix(p, w * kappas.length);
  kappas.forEach((kappa, k) => {
    const damping = pencil.values.map((value) => 1 / (1 + kappa * value));
    for (let j = 0; j < w; j++) {
      const start = (k * w + j) * p;
      for (let i = 0; i < p; i++) damped.data[start + i] = sides.data[j * p + i]! * damping[i]!;
    }
  });
  return { pencil, kappas, sides, damped, weights: fromPencil(pencil, damped, linalg) };
}

/** The columns that belong to κ number k. */
export function atKappa(a: Matrix, { kappas }: Curve, k: number): Matrix {
  const width = a.cols / kappas.length;
  return columns(a, k * width, (k + 1) * width);
}

/** φ(x)ᵀ weights: (t, K w) for features (p, t). */
export function predictCurve({ weights }: Curve, features: Matrix, linalg: LinalgProvider): Matrix {
  const out = matrix(features.cols, weights.cols);
  linalg.gemm({ a: features, b: weights, c: out, transposeA: true });
  return out;
}
