// Class scores of rows, and what is counted from them in float64.
import * as tf from "@tensorflow/tfjs-core";
import { rank2 } from "../../tensor/ranks.ts";
import { type LossKind, lossOfRow } from "./loss.ts";
import type { Network } from "./model.ts";
import type { TrainingState } from "./state.ts";

/** Standardised images with labels, ready for a network. */
export interface Images {
  readonly rows: number;
  readonly shape: readonly [number, number, number];
  /** (rows, height, width, channels). */
  readonly values: Float32Array;
  readonly labels: Int32Array;
}

const ROWS_AT_ONCE = 256;

/** Rows [from, to) as a tensor. */
export function imageTensor({ shape, values }: Images, from: number, to: number): tf.Tensor4D {
  const size = shape[0] * shape[1] * shape[2];
  return tf.tensor4d(values.subarray(from * size, to * size), [to - from, ...shape]);
}

/** (rows, classes), batch norm by its running moments. */
export async function scoresOf(
  network: Network,
  { weights, moments }: TrainingState,
  images: Images,
): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (let from = 0; from < images.rows; from += ROWS_AT_ONCE) {
    const to = Math.min(images.rows, from + ROWS_AT_ONCE);
    const scores = tf.tidy(() => {
      const run = { weights, norm: { kind: "fixed", moments }, isTaped: false } as const;
      return rank2(network.layer.forward(imageTensor(images, from, to), run).y);
    });
    parts.push(Float32Array.from(await scores.data()));
    scores.dispose();
  }
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export interface Counted {
  /** Share of rows whose label scores highest; a tie counts. NaN of no rows. */
  readonly share: number;
  /** Mean loss of the label. */
  readonly loss: number;
}

/** How often, and at what loss, each row's label is what the network says. */
export function countLabels(
  scores: Float32Array,
  labels: Int32Array,
  classes: number,
  kind: LossKind,
): Counted {
  let hits = 0;
  let loss = 0;
  labels.forEach((label, row) => {
    const own = scores.subarray(row * classes, (row + 1) * classes);
    const score = own[label] ?? Number.NaN;
    if (own.every((other) => score >= other)) hits += 1;
    loss += lossOfRow(kind, own, label);
  });
  return { share: hits / labels.length, loss: loss / labels.length };
}
