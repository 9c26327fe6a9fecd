// The kernel matrix of a training set, wherever it lies: what detectors and defences take of it.
import { forOrder } from "../../../linalg/beside.ts";
import { copyOf, type Matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { type ClassFeatures, classFeatures } from "../../../screening/class-features.ts";
import { takeBlock } from "../matrix-parts.ts";

/** K over the n' rows of a training set. */
export interface SetKernel {
  /** Of some of its rows, on the host: new. */
  block(rows: Int32Array): Matrix;
  /** Principal components of some rows, at most so many. */
  features(rows: Int32Array, most: number): ClassFeatures;
  /**
   * (K + cI)⁻¹ Y, (n', q). `codes` may be overwritten.
   * @throws ComputeError numeric not_positive_definite
   */
  solve(c: number, codes: Matrix): Matrix;
}

/** @param kernel (n', n'), both triangles. */
export function hostSetKernel(kernel: Matrix, linalg: LinalgProvider): SetKernel {
  const block = (rows: Int32Array): Matrix => takeBlock(kernel, rows);
  return {
    block,
    features: (rows, most) => classFeatures(block(rows), most, forOrder(linalg, rows.length)),
    solve(c, codes) {
      linalg.solveBatch([{ a: shifted(copyOf(kernel), c), b: codes }]);
      return codes;
    },
  };
}

/** K ← K + c I. */
export function shifted(kernel: Matrix, c: number): Matrix {
  for (let i = 0; i < kernel.rows; i++) kernel.data[i * (kernel.rows + 1)]! += c;
  return kernel;
}
