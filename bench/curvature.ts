// Curvature: what it adds to the time of a point, and matrix-free products against dense matrices.
import { planStudy } from "../coordinator/plan.ts";
import { openData } from "../data/source.ts";
import type { Box } from "../schema/grid.ts";
import { StudyKey } from "../schema/job.ts";
import { StudySpec } from "../schema/study.ts";
import { krr } from "../worker/experiments/krr/experiment.ts";
import { applyAll, type Operator } from "../worker/experiments/krr/curvature/operators.ts";
import { openProvider } from "../worker/linalg/choose.ts";
import { matrix, type Matrix } from "../worker/linalg/matrix.ts";

const RIDGES = 8;
const COUNTS = 32;
const ROUNDS = 3;

/** Milliseconds, the best of some rounds. */
function best(work: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}

async function pointMs(curvature: object | undefined): Promise<number> {
  const spec = StudySpec.parse({
    experiment: "krr", name: "bench", data: { source: "gaussian", train: 2000, test: 1000, dimension: 784, mean_norm: 3 },
    attack: { kind: "clones", trigger: { kind: "additive", vector: [2, -2, 2, -2] } },
    kernel: { name: "rbf", length_scale_unit: "median_distance" }, fixed: { length_scale: 1 },
    ...(curvature === undefined ? {} : { curvature }),
    axes: { ridge: { log: [1e-6, 1e-1], steps: RIDGES }, poison_count: { linear: [0, COUNTS - 1], steps: COUNTS } },
  });
  const { provider: linalg } = openProvider("auto");
  const { pool, description: data } = await openData(spec.experiment === "krr" ? spec.data : never(), ".");
  const key = StudyKey.parse("st_0123456789abcdef");
  const order = { key, spec, plan: planStudy(spec), data, folder: "." };
  const box: Box = { from: [0, 0], to: [RIDGES, COUNTS] };
  const bench = krr.prepare(order, box, { linalg, pool });
  return best(() => bench.measure(box)) / (RIDGES * COUNTS);
}

function never(): never {
  throw new RangeError("the benchmark's study is krr");
}

/** A batch-mean Hessian of random weights: 60 products against forming and solving it densely. */
function hessianMs(): { matrixFreeMs: number; denseMs: number } {
  const { provider: linalg } = openProvider("auto");
  const [d, n, b, steps] = [784, 2000, 20, 60];
  const filled = (rows: number, cols: number): Matrix =>
    matrix(rows, cols, Float64Array.from({ length: rows * cols }, (_, i) => Math.sin(i * 1.7 + rows)));
  const set = { rows: filled(d, n), probes: filled(d, b) };
  const weights = filled(n, 1).data;
  const residual = { rows: weights, cross: filled(n, b), probes: filled(b, 1).data, shift: 1, trace: 0 };
  const operators: Operator[] = [{ residual, gauss: [] }];
  const vector = filled(d, 1);
  const matrixFreeMs = best(() => {
    for (let step = 0; step < steps; step++) applyAll(operators, set, vector, linalg);
  });
  const denseMs = best(() => {
    const weighted = matrix(d, n, set.rows.data.map((value, at) => value * weights[Math.floor(at / d)]!));
    const dense = matrix(d, d);
    linalg.gemm({ a: weighted, b: set.rows, c: dense, transposeB: true });
    linalg.symmetricEigen(dense);
  });
  return { matrixFreeMs, denseMs };
}

/** n = 2000, d = 784, one kernel matrix, 8 ridges × 32 counts; preparation apart. */
export async function benchCurvature(): Promise<object> {
  const plain = await pointMs(undefined);
  const curved = await pointMs({ probes: 20 });
  const gauss = await pointMs({ probes: 20, labels: [] });
  const { matrixFreeMs, denseMs } = hessianMs();
  return { pointMs: { plain, curved, gaussNewtonOnly: gauss }, times: curved / plain,
    oneHessian: { matrixFreeMs, denseMs, times: denseMs / matrixFreeMs } };
}
