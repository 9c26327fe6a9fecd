// A smooth random displacement field, as warping backdoors use (WaNet, arXiv 2102.10369).
import { randomFrom } from "../../data/random.ts";

export interface WarpSettings {
  readonly height: number;
  readonly width: number;
  /** Random displacements along each side; at least 2. */
  readonly grid: number;
  /** Root mean square displacement, as a share of the side. */
  readonly amount: number;
}

/** Displacements in pixels, by pixel, row-major. */
export interface WarpField {
  readonly down: Float64Array;
  readonly right: Float64Array;
}

/**
 * Displacements uniform on [−1, 1] at grid × grid points, bicubic in between, scaled so that the
 * mean square of either coordinate, over all pixels and both coordinates, is (amount · side)².
 */
export function warpField({ height, width, grid, amount }: WarpSettings, seed: number): WarpField {
  const random = randomFrom(seed);
  const control = (): Float64Array =>
    Float64Array.from({ length: grid * grid }, () => 2 * random.uniform() - 1);
  const down = upsampled(control(), grid, height, width);
  const right = upsampled(control(), grid, height, width);
  const square = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);
  const rms = Math.sqrt((square(down) + square(right)) / (2 * height * width));
  return {
    down: down.map((value) => (value / rms) * amount * height),
    right: right.map((value) => (value / rms) * amount * width),
  };
}

/** Catmull–Rom interpolation of a grid × grid field; its corners lie on the image's corners. */
function upsampled(control: Float64Array, grid: number, height: number, width: number): Float64Array {
  const field = new Float64Array(height * width);
  const clamp = (index: number): number => Math.min(grid - 1, Math.max(0, index));
  for (let y = 0; y < height; y++) {
    const rows = taps((y * (grid - 1)) / Math.max(1, height - 1));
    for (let x = 0; x < width; x++) {
      const columns = taps((x * (grid - 1)) / Math.max(1, width - 1));
      let sum = 0;
      for (let i = 0; i < 4; i++) {
        for (let j = 0; j < 4; j++) {
          const value = control[clamp(rows.first + i) * grid + clamp(columns.first + j)]!;
          sum += rows.weights[i]! * columns.weights[j]! * value;
        }
      }
      field[y * width + x] = sum;
    }
  }
  return field;
}

/** The four neighbours of a position and their Catmull–Rom weights, which sum to 1. */
function taps(position: number): { first: number; weights: readonly number[] } {
  const base = Math.floor(position);
  const t = position - base;
  const weights = [
    (-t + 2 * t * t - t * t * t) / 2,
    (2 - 5 * t * t + 3 * t * t * t) / 2,
    (t + 4 * t * t - 3 * t * t * t) / 2,
    (t * t * t - t * t) / 2,
  ];
  return { first: base - 1, weights };
}
