// The rows of one replicate: drawn by seed, poisons chosen, features standardised.
import type { DataPool, Draw } from "../../../data/draw.ts";
import { basesLeft } from "../../../data/source.ts";
import { fitStandardiser } from "../../../data/standardise.ts";
import { isSpherical } from "../../../schema/experiments/krr.ts";
import type { DataDescription } from "../../../schema/data.ts";
import { basesMax, basesToDraw } from "../../../schema/experiments/krr-poison.ts";
import { ComputeError } from "../../../schema/failure.ts";
import { dataSeed } from "../../../schema/seed.ts";
import type { KrrSpec } from "../../../schema/study.ts";
import { type Matrix, matrix } from "../../linalg/matrix.ts";
import { choosePoisons, firstRows, type Poisons } from "./poisons.ts";
import { stampOf } from "./stamp.ts";

export interface ReplicateRequest {
  readonly spec: KrrSpec;
  readonly description: DataDescription;
  /** All targets of the study, so that the poisons of one do not depend on which others run. */
  readonly targets: readonly number[];
  readonly replicate: number;
}

/** Rows are the columns of d × count matrices, standardised. */
export interface Replicate {
  readonly classes: number;
  readonly trainLabels: Int32Array;
  readonly testLabels: Int32Array;
  readonly train: Matrix;
  readonly test: Matrix;
  readonly poisons: Poisons;
  /** Test rows and poisons with the trigger on them. */
  triggered(strength: number): { readonly test: Matrix; readonly poisons: Matrix };
  readonly bytes: number;
}

/**
 * Draws a replicate. The rows are a function of study and replicate alone.
 * @throws ComputeError resource too_few_bases, where a target finds too few rows of other classes.
 */
export function drawReplicate(request: ReplicateRequest, pool: DataPool): Replicate {
  const { spec, targets } = request;
  const drawn = drawWithPoisons(request, pool);
  const { draw } = drawn;
  const { train, test, classes } = draw;
  for (const target of targets) {
    if (target < classes) continue;
    const message = `target ${target}: there are ${classes} classes`;
    throw new ComputeError("bug", "no_such_target", message);
  }
  const { dimension } = train;
  const standardiser = fitStandardiser(spec.data.standardise, train);
  const standardised = (rows: Float64Array): Matrix => {
    standardiser.apply(rows);
    if (isSpherical(spec.kernel)) scaleToSphere(rows, dimension);
    return matrix(dimension, rows.length / dimension, rows);
  };
  const { poisons, stamp } = stampOf(request, drawn);
  return {
    classes,
    trainLabels: train.labels,
    testLabels: test.labels,
    train: standardised(train.features.slice()),
    test: standardised(test.features.slice()),
    poisons,
    triggered(strength) {
      const raw = stamp(strength);
      return { test: standardised(raw.test), poisons: standardised(raw.poisons) };
    },
    bytes: 8 * dimension * (train.rows + 2 * test.rows + poisons.rows.length),
  };
}

/** Scales rows to length 1. A row of zeros has no direction and becomes NaN. */
function scaleToSphere(rows: Float64Array, dimension: number): void {
  for (let start = 0; start < rows.length; start += dimension) {
    const row = rows.subarray(start, start + dimension);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < dimension; i++) row[i]! /= norm;
  }
}

/** Rows, and which of them an attack starts from. */
export interface Drawn {
  readonly draw: Draw;
  readonly poisons: Poisons;
}

function drawWithPoisons(request: ReplicateRequest, pool: DataPool): Drawn {
  const { spec, description, targets, replicate } = request;
  const seed = dataSeed(spec.seed, replicate);
  const most = basesMax(spec);
  const available = basesLeft(spec.data, description);
  const { train, test } = spec.data;
  if (spec.attack.kind === "shortcut") {
    const draw = pool.draw({ train, test, bases: 0 }, seed);
    return { draw, poisons: firstRows(draw.train.labels, targets, most) };
  }
  if (spec.attack.kind === "replace") {
    const draw = pool.draw({ train, test, bases: 0 }, seed);
    const poisons = choosePoisons(draw.train.labels, targets, most);
    if (poisons !== null) return { draw, poisons };
    const message = `attack replace: ${most} training rows of another class than each target asked, ` +
      `the ${train} rows hold fewer`;
    throw new ComputeError("resource", "too_few_rows", message);
  }
  let bases = Math.min(available, basesToDraw(most, description.classes));
  for (;;) {
    const draw = pool.draw({ train, test, bases }, seed);
    const poisons = choosePoisons(draw.bases.labels, targets, most);
    if (poisons !== null) return { draw, poisons };
    if (bases >= Math.min(available, BASES_MAX)) throw tooFewBases(most, bases);
    bases = Math.min(available, 2 * bases);
  }
}

/** A generated class that has not come up in so many rows does not exist. */
const BASES_MAX = 10_000_000;

function tooFewBases(most: number, bases: number): ComputeError {
  const message = `poisons: ${most} rows of another class than each target asked, ` +
    `the ${bases} rows left to draw them from hold fewer`;
  return new ComputeError("resource", "too_few_bases", message);
}
