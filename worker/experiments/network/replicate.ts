// The rows of one replicate: what all of its training runs share.
import type { DataPool } from "../../../data/draw.ts";
import type { ImageShape } from "../../../schema/data.ts";
import { dataSeed } from "../../../schema/seed.ts";
import type { NetworkSpec } from "../../../schema/study.ts";
import { type Affine, affineOf, type RawRows, rawRows } from "./rows.ts";

/** What all points of a replicate share: its rows. */
export interface Replicate {
  readonly train: RawRows;
  readonly test: RawRows;
  readonly affine: Affine;
  readonly classes: number;
  readonly image: ImageShape;
  readonly bytes: number;
}

/** Draws the rows that a krr study of the same seed and replicate would draw. */
export function drawReplicate(spec: NetworkSpec, pool: DataPool, replicate: number): Replicate {
  const { train, test, standardise } = spec.data;
  const seed = dataSeed(spec.seed, replicate);
  const draw = pool.draw({ train, test, bases: 0 }, seed);
  return {
    train: rawRows(draw.train),
    test: rawRows(draw.test),
    affine: affineOf(standardise, draw.train),
    classes: draw.classes,
    // A row that is no image counts as one line of pixels: a linear model sees no difference.
    image: draw.image ?? [1, draw.train.dimension, 1],
    bytes: 4 * (draw.train.features.length + draw.test.features.length),
  };
}
