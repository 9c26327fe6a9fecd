// One replicate's rows as networks see them: raw pixels in float32, standardised when they are used.
//
// Standardisation is fitted to the clean training rows and applied feature by feature, so a row is
// stored once, raw, and a trigger can still be put on it.
import type { Labelled } from "../../../data/draw.ts";
import type { DataSpec, ImageShape } from "../../../schema/data.ts";
import { fitStandardiser } from "../../../data/standardise.ts";

/** x ← scale · x + shift, feature by feature, (d) each. */
export interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

export interface RawRows {
  readonly rows: number;
  readonly dimension: number;
  /** (rows, d), raw. */
  readonly features: Float32Array;
  readonly labels: Int32Array;
}

/** Takes the rows of a draw over, in half the memory. */
export function rawRows({ rows, dimension, features, labels }: Labelled): RawRows {
  return { rows, dimension, features: Float32Array.from(features), labels };
}

/** A row as float64, to put a trigger on. */
export function rowOf({ features, dimension }: RawRows, row: number): Float64Array {
  return Float64Array.from(features.subarray(row * dimension, (row + 1) * dimension));
}

/** What the study's standardisation does to each feature. */
export function affineOf(kind: DataSpec["standardise"], train: Labelled): Affine {
  const standardiser = fitStandardiser(kind, train);
  const shift = new Float64Array(train.dimension);
  const scale = new Float64Array(train.dimension).fill(1);
  standardiser.apply(shift);
  standardiser.apply(scale);
  return { shift, scale: scale.map((value, feature) => value - shift[feature]!) };
}

/** A window of an image, and whether it is mirrored. */
export interface Window {
  readonly top: number;
  readonly left: number;
  readonly isMirrored: boolean;
}

export interface Crop {
  /** The whole image. */
  readonly image: ImageShape;
  /** Height and width of the window. */
  readonly size: readonly [number, number];
}

/** The window in the middle; the whole image where the window is as large. */
export function centreWindow({ image, size }: Crop): Window {
  const [top, left] = [Math.floor((image[0] - size[0]) / 2), Math.floor((image[1] - size[1]) / 2)];
  return { top, left, isMirrored: false };
}

/** Writes the window of a raw row, standardised, to `out` from `start` on. */
export function writeWindow(
  row: Float32Array | Float64Array,
  window: Window,
  { image, size }: Crop,
  { scale, shift }: Affine,
  out: Float32Array,
  start: number,
): void {
  const [, width, channels] = image;
  const [rows, columns] = size;
  let at = start;
  for (let y = 0; y < rows; y++) {
    const line = (window.top + y) * width + window.left;
    for (let x = 0; x < columns; x++) {
      const from = (line + (window.isMirrored ? columns - 1 - x : x)) * channels;
      for (let c = 0; c < channels; c++) {
        out[at++] = row[from + c]! * scale[from + c]! + shift[from + c]!;
      }
    }
  }
}
