// STRIP on one point: the poisoned model's entropy over blends of probes with clean test rows.
import { type Random, randomOrder } from "../../../../data/random.ts";
import type { Screening } from "../../../../schema/experiments/krr-screening.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { areaUnderCurve } from "../../../screening/rates.ts";
import { blendEntropies, entropyThreshold, fitBeta } from "../../../screening/strip.ts";

/** Test rows that STRIP looks at; disjoint. */
export interface BlendChoice {
  /** Calibrate threshold and β. */
  readonly references: Int32Array;
  readonly probes: Int32Array;
  readonly overlays: Int32Array;
}

/** Of the rows that are asked about, in random order. Where they are few, probes are fewer. */
export function chooseBlends(victims: Int32Array, { probes, blends }: Screening, random: Random): BlendChoice {
  const rows = Int32Array.from(victims.keys()).filter((row) => victims[row]! >= 0);
  const order = randomOrder(random, rows.length, rows.length).map((place) => rows[place]!);
  const overlays = order.slice(0, Math.min(blends, rows.length - 2));
  const left = order.slice(overlays.length);
  const most = Math.min(probes, left.length >> 1);
  return { overlays, references: left.slice(0, most), probes: left.slice(most, 2 * most) };
}

/** Halfway between each row and each overlay, (d, rows × overlays), a row's blends side by side. */
export function blendRows(from: Matrix, rows: Int32Array, over: Matrix, overlays: Int32Array): Matrix {
  const d = from.rows;
  const out = matrix(d, rows.length * overlays.length);
  rows.forEach((row, r) => {
    const x = columns(from, row, row + 1).data;
    overlays.forEach((overlay, o) => {
      const y = columns(over, overlay, overlay + 1).data;
      const start = (r * overlays.length + o) * d;
      for (let i = 0; i < d; i++) out.data[start + i] = (x[i]! + y[i]!) / 2;
    });
  });
  return out;
}

export interface BlendKernels {
  /** K between the training set and blends of references, clean probes and triggered probes, (n', …). */
  readonly references: Matrix;
  readonly clean: Matrix;
  readonly triggered: Matrix;
  /** K between the training set and the references as they are, (n', r). */
  readonly plain: Matrix;
}

/** @param weights α of the poisoned model, (n', q). @param labels of the references. */
export function stripMetrics(
  kernels: BlendKernels,
  weights: Matrix,
  { labels, falseRate, linalg }: { readonly labels: Int32Array; readonly falseRate: number; readonly linalg: LinalgProvider },
): Map<string, number> {
  const q = weights.cols;
  const rows = labels.length;
  const beta = fitBeta(scoresOf(kernels.plain, weights, linalg), labels, q);
  const entropies = (kernel: Matrix): Float64Array => {
    const scores = scoresOf(kernel, weights, linalg);
    const own = scores.length / rows;
    return blendEntropies(Array.from({ length: rows }, (_, row) => scores.subarray(row * own, (row + 1) * own)), q, beta);
  };
  const threshold = entropyThreshold(entropies(kernels.references), falseRate);
  const [clean, triggered] = [entropies(kernels.clean), entropies(kernels.triggered)];
  const low = (values: Float64Array): number => values.filter((value) => value < threshold).length / rows;
  const suspicion = Float64Array.from([...clean, ...triggered], (entropy) => -entropy);
  return new Map([
    ["strip_auc", areaUnderCurve(suspicion, new Uint8Array(2 * rows).fill(1, rows))],
    ["strip_tpr", low(triggered)], ["strip_fpr", low(clean)],
  ]);
}

/** f at each column of a kernel, q scores side by side. */
function scoresOf(kernel: Matrix, weights: Matrix, linalg: LinalgProvider): Float64Array {
  const out = matrix(weights.cols, kernel.cols);
  linalg.gemm({ a: weights, b: kernel, c: out, transposeA: true });
  return out.data;
}
