// What a trained network makes of its training rows: the features that its last layer sees.
import * as tf from "@tensorflow/tfjs-core";
import { type Matrix, matrix } from "../../linalg/matrix.ts";
import { rank2 } from "../../tensor/ranks.ts";
import { type PoisonPlaces, poisonPlaces, trainingImages, type TrainingSet } from "./batches.ts";
import type { Network } from "./model.ts";
import type { TrainingState } from "./state.ts";

/** The training rows as a detector finds them: clean ones and poisons together. */
export interface Representation {
  /** (n, k), in the order of the training rows. */
  readonly features: Matrix;
  /** (n): what each row was trained as. */
  readonly labels: Int32Array;
  /** (n): 1 for a poison. */
  readonly isPoison: Uint8Array;
}

const ROWS_AT_ONCE = 256;

/** Central windows; batch norm by its running moments. */
export async function represent(
  network: Network,
  { weights, moments }: TrainingState,
  set: TrainingSet,
): Promise<Representation> {
  const { rows, labels } = set.train;
  const places = poisonPlaces(set.poison);
  const run = { weights, norm: { kind: "fixed", moments }, isTaped: false } as const;
  let features = matrix(0, 0);
  for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
    const some = Int32Array.from({ length: Math.min(ROWS_AT_ONCE, rows - from) }, (_, i) => from + i);
    const part = tf.tidy(() => rank2(network.body.forward(trainingImages(set, places, some), run).y));
    const values = await part.data();
    const width = part.shape[1];
    part.dispose();
    if (from === 0) features = matrix(rows, width);
    for (let i = 0; i < some.length; i++) {
      for (let j = 0; j < width; j++) features.data[from + i + j * rows] = values[i * width + j]!;
    }
  }
  return {
    features,
    labels: labels.map((label, row) => (places.has(row) ? set.target : label)),
    isPoison: marks(rows, places),
  };
}

function marks(rows: number, places: PoisonPlaces): Uint8Array {
  return Uint8Array.from({ length: rows }, (_, row) => (places.has(row) ? 1 : 0));
}
