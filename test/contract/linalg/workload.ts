// One pass through all verbs, as a hash of every bit that comes out.
import { createHash } from "node:crypto";
import { matrix, type Matrix } from "../../../worker/linalg/matrix.ts";
import type { LinalgProvider } from "../../../worker/linalg/provider.ts";
import { random, randomDefinite, randomSymmetric } from "./matrices.ts";

/** Matrices whose data starts `shift` doubles into a longer buffer, with NaN all around. */
function placed(a: Matrix, shift: number): Matrix {
  const size = a.rows * a.cols;
  const store = new Float64Array(size + shift + 5).fill(NaN);
  store.set(a.data.subarray(0, size), shift);
  return matrix(a.rows, a.cols, store.subarray(shift, shift + size));
}

/** SHA-256 over the results of every verb at odd sizes across blocks, for data at that shift. */
export function hashOfWorkload(provider: LinalgProvider, shift: number): string {
  const hash = createHash("sha256");
  const add = (...results: readonly Float64Array[]): void => {
    for (const { buffer, byteOffset, byteLength } of results) {
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    }
  };
  const put = (a: Matrix): Matrix => placed(a, shift);
  const n = 149;
  const c = put(random(n, 83, 1));
  provider.gemm({ a: put(random(n, 61, 2)), b: put(random(61, 83, 3)), c, alpha: 0.7, beta: 0.3 });
  provider.gemm({ a: put(random(61, n, 4)), b: put(random(83, 61, 5)), c, transposeA: true,
    transposeB: true, beta: 1 });
  add(c.data, provider.gram(put(random(97, n, 6))).data);
  const factor = put(randomDefinite(n, 7));
  provider.cholesky(factor);
  const solution = put(random(n, 37, 8));
  provider.solveLower(factor, solution);
  provider.solveLower(factor, solution, true);
  const single = provider.choleskySingle(put(randomDefinite(n, 7)), 0.25);
  const rounded = put(random(n, 5, 13));
  single?.solve(rounded);
  single?.release();
  const systems = [20, 31].map((order) => ({ a: put(randomDefinite(order, order)), b: put(random(order, 3, order)) }));
  provider.solveBatch(systems);
  add(...systems.map(({ b }) => b.data));
  add(factor.data, solution.data, rounded.data);
  const t = provider.tridiagonalise(put(randomSymmetric(n, 9)));
  const rotated = put(random(n, 41, 10));
  provider.applyReflectors(t, rotated);
  const back = put(random(n, 3, 11));
  provider.applyReflectors(t, back, true);
  add(t.diagonal, t.offDiagonal, t.tau, rotated.data, back.data);
  add(provider.tridiagonalEigenvalues(t.diagonal, t.offDiagonal));
  const { values, vectors } = provider.symmetricEigen(put(randomSymmetric(n, 12)));
  add(values, vectors.data);
  return hash.digest("hex");
}
