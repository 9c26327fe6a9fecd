// The top pairs of one line's Hessians by a matrix-free search, and by forming dense matrices.
import { openData } from "../data/source.ts";
import { modelWeights, type View, viewOf } from "../worker/experiments/krr/curvature/model.ts";
import { driveAll } from "../worker/experiments/krr/curvature/drive.ts";
import { type HessianPath, hessianPath } from "../worker/experiments/krr/curvature/hessian-path.ts";
import { product } from "../worker/experiments/krr/curvature/narrow.ts";
import { blockProducts } from "../worker/experiments/krr/curvature/operators.ts";
import { fixedDirection } from "../worker/experiments/krr/curvature/orthonormal.ts";
import { profileOf } from "../worker/experiments/krr/curvature/profile.ts";
import { searchPath } from "../worker/experiments/krr/curvature/search.ts";
import { extremePairs } from "../worker/experiments/krr/curvature/small-eigen.ts";
import { kernelDerivatives } from "../worker/experiments/kernel/derivatives.ts";
import { squaredDistances, squaredDistancesWithin } from "../worker/experiments/kernel/distance.ts";
import { kernelMap } from "../worker/experiments/kernel/kernel-map.ts";
import { openProvider } from "../worker/linalg/choose.ts";
import type { LinalgProvider } from "../worker/linalg/provider.ts";
import { copyOf, type Matrix, matrix } from "../worker/linalg/matrix.ts";

const ROWS = 2000;
const PROBES = 20;
const RIDGE = 1;
const LENGTH_SCALE = 8;

/** Milliseconds, the best of three. */
function best(work: () => void): number {
  return Math.min(...Array.from({ length: 3 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  }));
}

/** One Hessian path (true labels) of one probe set at 1 count and at `counts` of them. */
export async function compareWithDense(counts: number): Promise<object[]> {
  const { provider: linalg } = openProvider("auto");
  const view = await problem(linalg);
  return [1, counts].map((length) => {
    const gammas = Array.from({ length }, (_, m) => m / (RIDGE + 0.5 * m));
    const labels = gammas.map(() => view.set.labels);
    let [free, dense] = [0, 0];
    const matrixFreeMs = best(() => {
      free = searched(hessianPath({ view, gammas, labels }, linalg), view, linalg);
    });
    const denseMs = best(() => {
      dense = formed(hessianPath({ view, gammas, labels }, linalg), view, linalg);
    });
    return { counts: length, matrixFreeMs, denseMs, times: denseMs / matrixFreeMs,
      relativeDifference: Math.abs(free / dense - 1) };
  });
}

/** The largest eigenvalue at the last point; the search finds those of all. */
function searched({ operators, mix }: HessianPath, { set, frame }: View, linalg: LinalgProvider): number {
  const d = frame.rows;
  const search = searchPath({ dimension: d, mix, top: [1e-6, 1e-3], bottom: [],
    start: matrix(d, 6, fixedDirection(6 * d, 1)) }, linalg);
  let top = Number.NaN;
  driveAll([{ search, operators, rows: set.rows, frame,
    found: ({ results }) => (top = results.at(-1)?.top[0] ?? Number.NaN) }], linalg);
  return top;
}

/** The same by dense matrices: each operator formed once, each point reduced to a tridiagonal. */
function formed({ operators, mix }: HessianPath, { set, frame }: View, linalg: LinalgProvider): number {
  const { rows } = set.rows;
  const d = rows.rows;
  const matrices = operators.map((operator) => {
    if (operator.cross !== null) throw new RangeError("the benchmark's kernel is rbf, whose frame holds all");
    const out = matrix(d, d);
    const weighted = matrix(d, rows.cols, rows.data.map((value, at) => value * operator.rows[Math.floor(at / d)]!));
    linalg.gemm({ a: weighted, b: rows, c: out, transposeB: true });
    const square = matrix(frame.cols, frame.cols);
    blockProducts(operator.blocks, identity(frame.cols), square);
    linalg.gemm({ a: product(frame, square, linalg), b: frame, c: out, transposeB: true, beta: 1 });
    for (let i = 0; i < d; i++) out.data[i + i * d]! += operator.shift;
    return out;
  });
  let last = Number.NaN;
  for (const factors of mix) {
    const sum = matrix(d, d);
    matrices.forEach(({ data }, p) => {
      for (let at = 0; at < d * d; at++) sum.data[at]! += factors[p]! * data[at]!;
    });
    last = extremePairs(sum, { top: 2, bottom: 0 }, linalg).top[0] ?? Number.NaN;
  }
  return last;
}

function identity(size: number): Matrix {
  const out = matrix(size, size);
  for (let i = 0; i < size; i++) out.data[i + i * size] = 1;
  return out;
}

async function problem(linalg: LinalgProvider): Promise<View> {
  const { pool } = await openData({ source: "glyphs", train: ROWS, test: PROBES, standardise: "none",
    noise: 0.05 }, ".");
  const { train, test, bases, classes } = pool.draw({ train: ROWS, test: PROBES, bases: 1 }, 1);
  const d = train.dimension;
  const rows = matrix(d, ROWS + 1);
  rows.data.set(train.features);
  rows.data.set(bases.features.subarray(0, d), ROWS * d);
  const map = kernelMap({ name: "rbf", length_scale_unit: "absolute" }, LENGTH_SCALE, d);
  const kernel = squaredDistancesWithin(rows, linalg);
  map.fill(kernel.data, kernel.data, 0, kernel.data.length);
  const n = ROWS + 1;
  for (let i = 0; i < n; i++) kernel.data[i + i * n]! += RIDGE;
  linalg.cholesky(kernel);
  const weights = matrix(n, classes + 1);
  weights.data.fill(-1 / classes, 0, n * classes);
  train.labels.forEach((label, i) => (weights.data[i + label * n]! += 1));
  weights.data[n * classes + ROWS] = 1;
  linalg.solveLower(kernel, weights);
  linalg.solveLower(kernel, weights, true);
  const probes = matrix(d, PROBES, test.features.slice());
  const derivatives = kernelDerivatives({ name: "rbf", length_scale_unit: "absolute" }, LENGTH_SCALE, d);
  const profile = profileOf(squaredDistances(copyOf(rows), probes, linalg), derivatives, d);
  const set = { rows: { rows, probes }, profile, labels: test.labels };
  const r = Float64Array.from({ length: classes }, (_, k) => (k === 0 ? 1 : 0) - 1 / classes);
  return viewOf(set, { r, weights: modelWeights(part(weights, classes), weights.data.slice(n * classes), linalg) }, linalg);
}

function part(a: Matrix, cols: number): Matrix {
  return matrix(a.rows, cols, a.data.slice(0, a.rows * cols));
}
