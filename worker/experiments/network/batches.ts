// The batches of an epoch: order, windows and mirror images are functions of seed and epoch alone,
// so a run that resumes at an epoch goes on as it would have.
import * as tf from "@tensorflow/tfjs-core";
import { type Random, randomFrom, randomOrder } from "../../../data/random.ts";
import { deriveSeed } from "../../../schema/seed.ts";
import { oneHot } from "./loss.ts";
import type { Poison } from "./poison.ts";
import { type Affine, centreWindow, type Crop, type RawRows, type Window, writeWindow } from "./rows.ts";
import type { Batch } from "./step.ts";

export interface TrainingSet {
  readonly train: RawRows;
  readonly poison: Poison;
  readonly target: number;
  readonly affine: Affine;
  readonly crop: Crop;
  /** Whether windows are random and half of the images mirrored. */
  readonly isAugmented: boolean;
  readonly classes: number;
  readonly batch: number;
  readonly seed: number;
}

/** Where each poisoned row's features lie among the poison's. */
export type PoisonPlaces = ReadonlyMap<number, number>;

export function poisonPlaces(poison: Poison): PoisonPlaces {
  return new Map(Array.from(poison.rows, (row, place) => [row, place]));
}

/** The batches of an epoch, in order; the last one holds what is left. The caller disposes each. */
export function* batchesOf(set: TrainingSet, places: PoisonPlaces, epoch: number): Generator<Batch> {
  const { train, seed } = set;
  const order = randomOrder(randomFrom(deriveSeed(seed, "order", epoch)), train.rows, train.rows);
  const random = randomFrom(deriveSeed(seed, "augmentation", epoch));
  for (let start = 0; start < order.length; start += set.batch) {
    yield batchOf(set, places, order.subarray(start, start + set.batch), random);
  }
}

function batchOf(set: TrainingSet, places: PoisonPlaces, rows: Int32Array, random: Random): Batch {
  const labels = rows.map((row) => (places.has(row) ? set.target : set.train.labels[row]!));
  const windowOf = (): Window => (set.isAugmented ? randomWindow(set.crop, random) : centreWindow(set.crop));
  return { images: trainingImages(set, places, rows, windowOf), labels: oneHot(labels, set.classes) };
}

/** Training rows as they are trained on, poisons with their trigger; central windows by default. */
export function trainingImages(
  set: TrainingSet,
  places: PoisonPlaces,
  rows: Int32Array,
  windowOf: () => Window = () => centreWindow(set.crop),
): tf.Tensor4D {
  const { train, poison, crop } = set;
  const [height, width] = crop.size;
  const channels = crop.image[2];
  const size = height * width * channels;
  const values = new Float32Array(rows.length * size);
  rows.forEach((row, index) => {
    const place = places.get(row);
    const [from, at] = place === undefined ? [train.features, row] : [poison.features, place];
    const features = from.subarray(at * train.dimension, (at + 1) * train.dimension);
    writeWindow(features, windowOf(), crop, set.affine, values, index * size);
  });
  return tf.tensor4d(values, [rows.length, height, width, channels]);
}

/** Uniform over all windows inside the image, mirrored with probability one half. */
export function randomWindow({ image, size }: Crop, random: Random): Window {
  return {
    top: random.below(image[0] - size[0] + 1),
    left: random.below(image[1] - size[1] + 1),
    isMirrored: random.below(2) === 1,
  };
}
