// What a data source gives to an experiment: rows drawn by seed, in the source's own units.

import type { ImageShape } from "../schema/data.ts";

/** n rows of d features (row-major), each with its class. */
export interface Labelled {
  readonly rows: number;
  readonly dimension: number;
  readonly features: Float64Array;
  readonly labels: Int32Array;
}

/** One replicate's rows; the three sets are disjoint. */
export interface Draw {
  readonly train: Labelled;
  readonly test: Labelled;
  /** Rows that poisons are made from, in random order: never trained on or tested as they are. */
  readonly bases: Labelled;
  readonly classes: number;
  readonly image: ImageShape | null;
}

export interface DrawSize {
  readonly train: number;
  readonly test: number;
  readonly bases: number;
}

/** A loaded data set. Its memory may be a SharedArrayBuffer and used by many threads at once. */
export interface DataPool {
  /**
   * A pure function of the pool's content, size and seed.
   *
   * The sets nest: asking for more bases leaves training and test rows as they are and begins with
   * the same bases; the test rows do not depend on how many training rows are asked.
   *
   * @throws UserError if there are too few rows, naming what was asked and what is left.
   */
  draw(size: DrawSize, seed: number): Draw;
}
