// Rows in shared memory: chosen by class when they are loaded, turned into float64 when drawn.
import type { ImageShape } from "../schema/data.ts";
import type { Labelled } from "./draw.ts";
import type { FileRecord } from "../schema/data.ts";
import type { Values } from "./npy.ts";

/** Rows as a file holds them, with their labels, before classes are chosen. */
export interface StoredRows {
  /** The file's name, for messages. */
  readonly name: string;
  readonly rows: number;
  readonly dimension: number;
  /** (rows, dimension). */
  readonly values: Values;
  readonly labels: ArrayLike<number>;
}

/** Rows that threads share. */
export interface SharedRows {
  /** The files they come from and the classes kept, for messages. */
  readonly name: string;
  readonly rows: number;
  readonly dimension: number;
  /** (rows, dimension) over a SharedArrayBuffer, as stored. */
  readonly values: Values;
  /** What a drawn feature is divided by: 255 for pixels, else 1. */
  readonly divisor: number;
  /** (rows) over a SharedArrayBuffer. */
  readonly labels: Int32Array;
}

/** A source's files, opened and checked one by one. */
export interface StoredData {
  readonly train: readonly StoredRows[];
  /** null where test rows are drawn from the train rows. */
  readonly test: readonly StoredRows[] | null;
  /** Classes that a label may name, before any are chosen. */
  readonly classes: number;
  readonly image: ImageShape | null;
  readonly divisor: number;
  readonly files: readonly FileRecord[];
}

export interface Selection {
  readonly divisor: number;
  /** Classes to keep, renumbered in this order; null keeps all as they are. */
  readonly classes: readonly number[] | null;
}

/** The rows of one or more files, one after the other, copied into shared memory. */
export function shareRows(files: readonly StoredRows[], selection: Selection): SharedRows {
  const { divisor, classes } = selection;
  const places = classes === null ? null : new Map(classes.map((label, place) => [label, place]));
  const placeOf = (label: number) => (places === null ? label : (places.get(label) ?? -1));
  const dimension = files[0]?.dimension ?? 0;
  let rows = 0;
  for (const file of files) {
    for (let row = 0; row < file.rows; row++) rows += placeOf(file.labels[row]!) < 0 ? 0 : 1;
  }
  const values = sharedLike(files[0]?.values ?? new Uint8Array(0), rows * dimension);
  const labels = new Int32Array(new SharedArrayBuffer(4 * rows));
  let next = 0;
  for (const file of files) {
    for (let row = 0; row < file.rows; row++) {
      const place = placeOf(file.labels[row]!);
      if (place < 0) continue;
      values.set(file.values.subarray(row * dimension, (row + 1) * dimension), next * dimension);
      labels[next++] = place;
    }
  }
  const kept = classes === null ? "" : ` of classes ${classes.join(", ")}`;
  const name = files.map((file) => file.name).join(", ") + kept;
  return { name, rows, dimension, values, divisor, labels };
}

/** The rows at the given places, in that order, in the source's units. */
export function takeRows(from: SharedRows, places: Int32Array): Labelled {
  const { dimension, values } = from;
  const features = new Float64Array(places.length * dimension);
  const labels = new Int32Array(places.length);
  for (let row = 0; row < places.length; row++) {
    const place = places[row]!;
    features.set(values.subarray(place * dimension, (place + 1) * dimension), row * dimension);
    labels[row] = from.labels[place]!;
  }
  if (from.divisor !== 1) {
    for (let at = 0; at < features.length; at++) features[at] = features[at]! / from.divisor;
  }
  return { rows: places.length, dimension, features, labels };
}

function sharedLike(values: Values, length: number): Values {
  const memory = new SharedArrayBuffer(length * values.BYTES_PER_ELEMENT);
  if (values instanceof Uint8Array) return new Uint8Array(memory);
  return values instanceof Float32Array ? new Float32Array(memory) : new Float64Array(memory);
}
