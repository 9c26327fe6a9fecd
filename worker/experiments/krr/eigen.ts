// The eigen route: K = Q Λ Qᵀ once (about 9n³ flop), then O(n) per ridge and right-hand side.
//
// Dearer than the tridiagonal route for the same answers; it is for studies that want the spectrum
// itself. Rounding makes eigenvalues of a singular K slightly negative: they are taken for 0.
import { type Matrix, matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import { type Factor, factorOf, pivotTolerance, type RidgeSolver } from "./solver.ts";

export function eigenSolver(k: Matrix, linalg: LinalgProvider): RidgeSolver {
  const { values, vectors } = linalg.symmetricEigen(k);
  const spectrum = values.map((value) => Math.max(0, value));
  const rotate = (b: Matrix, transposeA: boolean): Matrix => {
    const c = matrix(b.rows, b.cols);
    linalg.gemm({ a: vectors, b, c, transposeA });
    return c;
  };
  return {
    bytes: 8 * (vectors.data.length + spectrum.length),
    toBasis: (b) => rotate(b, true),
    fromBasis: (b) => rotate(b, false),
    factor: (c) => factor(spectrum, c),
  };
}

function factor(spectrum: Float64Array, c: number): Factor | null {
  const n = spectrum.length;
  const trace = spectrum.reduce((sum, value) => sum + value, 0);
  // The spectrum ascends. Written so that NaN is refused too.
  if (!(spectrum[0]! + c > pivotTolerance(trace, n, c))) return null;
  const scale = spectrum.map((value) => 1 / Math.sqrt(value + c));
  const scaleRows = (b: Matrix): void => {
    for (let j = 0; j < b.cols; j++) {
      for (let i = 0; i < n; i++) b.data[i + j * n]! *= scale[i]!;
    }
  };
  const dof = spectrum.reduce((sum, value) => sum + value / (value + c), 0);
  return factorOf(dof, { halfSolve: scaleRows, finishSolve: scaleRows });
}
