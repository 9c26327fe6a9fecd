// Clean-label perturbations that are a shortcut: linearly separable patterns, one blob per class.
//
// As "Availability attacks create shortcuts" (arXiv 2111.00898): a point of each training row is
// drawn around its class's vertex of a hypercube of side 2 · separation, each value fills a square
// of pixels, and the whole is scaled to a root mean square of ε over the features. Labels stay right.
import { randomFrom } from "../../../data/random.ts";
import type { ImageShape } from "../../../schema/data.ts";
import { type RowShape, shortcutGrid } from "../../../schema/experiments/krr-trigger.ts";
import { deriveSeed } from "../../../schema/seed.ts";
import type { KrrSpec } from "../../../schema/study.ts";

export interface ShortcutSettings {
  readonly spec: KrrSpec;
  readonly replicate: number;
  readonly shape: RowShape;
  readonly classes: number;
  /** Classes of the rows to perturb, in order. */
  readonly labels: Int32Array;
}

export interface Shortcut {
  /** What is added to each row at strength 1, row by row: (rows · d). */
  readonly offsets: Float64Array;
  /** The pattern of each class without its rows' own draws, (d). */
  readonly patterns: readonly Float64Array[];
}

/** A function of the study's seed, the replicate and each row's place and class. */
export function shortcutOf({ spec, replicate, shape, classes, labels }: ShortcutSettings): Shortcut {
  if (spec.attack.kind !== "shortcut") throw new RangeError(`attack ${spec.attack.kind} is no shortcut`);
  const { epsilon, patch, separation } = spec.attack;
  const grid = shortcutGrid(patch, shape);
  const size = grid[0] * grid[1] * grid[2];
  const vertices = verticesOf(classes, size, deriveSeed(spec.seed, "shortcut classes", replicate));
  const noise = randomFrom(deriveSeed(spec.seed, "shortcut rows", replicate));
  const { dimension: d } = shape;
  const filled = (values: Float64Array): Float64Array => scaled(upsampled(values, { grid, patch, shape }), epsilon);
  const offsets = new Float64Array(labels.length * d);
  labels.forEach((label, row) => {
    offsets.set(filled(vertices[label]!.map((sign) => separation * sign + noise.normal())), row * d);
  });
  return { offsets, patterns: vertices.map(filled) };
}

/** Distinct vectors of signs. */
function verticesOf(count: number, size: number, seed: number): Float64Array[] {
  const random = randomFrom(seed);
  const seen = new Map<string, Float64Array>();
  while (seen.size < count) {
    const vertex = Float64Array.from({ length: size }, () => (random.below(2) === 0 ? -1 : 1));
    seen.set(vertex.join(), vertex);
  }
  return [...seen.values()];
}

interface Tiling {
  readonly grid: ImageShape;
  readonly patch: number;
  readonly shape: RowShape;
}

/** Each value over its square of pixels, (d). */
function upsampled(values: Float64Array, { grid, patch, shape }: Tiling): Float64Array {
  const [height, width, channels] = shape.image ?? [1, shape.dimension, 1];
  const out = new Float64Array(shape.dimension);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = (Math.floor(y / patch) * grid[1] + Math.floor(x / patch)) * channels;
      for (let c = 0; c < channels; c++) out[(y * width + x) * channels + c] = values[cell + c]!;
    }
  }
  return out;
}

function scaled(values: Float64Array, rootMeanSquare: number): Float64Array {
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  return values.map((value) => (value * rootMeanSquare) / norm);
}
