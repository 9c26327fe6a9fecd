// STRIP on one point: the poisoned model's entropy over blends of probes with clean test rows.
import { type Random, randomOrder } from "../../../../data/random.ts";
import type { Screening } from "../../../../schema/experiments/krr-screening.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
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

/** Scores of the poisoned model, (q, ·). */
export interface BlendScores {
  /** At blends of references, clean probes and triggered probes. */
  readonly references: Matrix;
  readonly clean: Matrix;
  readonly triggered: Matrix;
  /** At the references as they are. */
  readonly plain: Matrix;
}

/** @param labels of the references. */
export function stripMetrics(
  all: BlendScores,
  { labels, falseRate }: { readonly labels: Int32Array; readonly falseRate: number },
): Map<string, number> {
  const q = all.plain.rows;
  const rows = labels.length;
  const beta = fitBeta(all.plain.data, labels, q);
  const entropies = ({ data: scores }: Matrix): Float64Array => {
    const own = scores.length / rows;
    return blendEntropies(Array.from({ length: rows }, (_, row) => scores.subarray(row * own, (row + 1) * own)), q, beta);
  };
  const threshold = entropyThreshold(entropies(all.references), falseRate);
  const [clean, triggered] = [entropies(all.clean), entropies(all.triggered)];
  const low = (values: Float64Array): number => values.filter((value) => value < threshold).length / rows;
  const suspicion = Float64Array.from([...clean, ...triggered], (entropy) => -entropy);
  return new Map([
    ["strip_auc", areaUnderCurve(suspicion, new Uint8Array(2 * rows).fill(1, rows))],
    ["strip_tpr", low(triggered)], ["strip_fpr", low(clean)],
  ]);
}
