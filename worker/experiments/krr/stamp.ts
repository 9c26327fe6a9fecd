// What an attack makes of the drawn rows: poisons and triggered test rows, as raw features.
import { replacesRows, poisonsMax } from "../../../schema/experiments/krr-poison.ts";
import { triggerOf } from "../../../schema/experiments/krr.ts";
import { applyTrigger, patternOf } from "../../attack/trigger.ts";
import { clusterOffsets } from "./cluster.ts";
import { type Poisons, repeated } from "./poisons.ts";
import type { Drawn, ReplicateRequest } from "./replicate.ts";
import { shortcutOf } from "./shortcut.ts";

export interface Stamp {
  readonly poisons: Poisons;
  /** Row-major features of the poisons and of every test row, at a strength. */
  readonly stamp: (strength: number) => { readonly test: Float64Array; readonly poisons: Float64Array };
}

export function stampOf(request: ReplicateRequest, drawn: Drawn): Stamp {
  const trigger = triggerOf(request.spec.attack);
  if (trigger === null) return shortcutStamp(request, drawn);
  const { spec } = request;
  const { test, train, bases, image } = drawn.draw;
  const { dimension } = train;
  const { clip } = spec.attack;
  const pattern = patternOf(trigger, { dimension, image });
  const cluster = spec.attack.kind === "cluster" ? clusterOf(request, drawn.poisons, dimension) : null;
  const poisons = cluster?.poisons ?? drawn.poisons;
  const source = replacesRows(spec.attack.kind) ? train : bases;
  const chosen = gatherRows(source.features, dimension, poisons.rows);
  return {
    poisons,
    stamp(strength) {
      const stamped = applyTrigger(chosen, dimension, pattern, { strength, clip });
      return {
        test: applyTrigger(test.features, dimension, pattern, { strength, clip }),
        poisons: cluster === null ? stamped : moved(stamped, { by: (at) => cluster.offsets[at]!, clip }),
      };
    },
  };
}

/** Each training row with a perturbation of its own class, and test rows with the target's pattern. */
function shortcutStamp({ spec, replicate, targets }: ReplicateRequest, { draw, poisons }: Drawn): Stamp {
  const { train, test, image, classes } = draw;
  const { dimension } = train;
  const { clip } = spec.attack;
  const shape = { dimension, image };
  const { offsets, patterns } = shortcutOf({ spec, replicate, shape, classes, labels: poisons.labels });
  const chosen = gatherRows(train.features, dimension, poisons.rows);
  const pattern = patterns[targets[0] ?? 0]!;
  return {
    poisons,
    stamp: (strength) => ({
      test: moved(test.features, { by: (at) => strength * pattern[at % dimension]!, clip }),
      poisons: moved(chosen, { by: (at) => strength * offsets[at]!, clip }),
    }),
  };
}

interface Move {
  /** What is added to each number. */
  readonly by: (at: number) => number;
  readonly clip: boolean;
}

function moved(rows: Float64Array, { by, clip }: Move): Float64Array {
  const out = rows.map((value, at) => value + by(at));
  return clip ? out.map((value) => Math.min(1, Math.max(0, value))) : out;
}

interface Cluster {
  readonly poisons: Poisons;
  /** Row by row, as the poisons' features. */
  readonly offsets: Float64Array;
}

/** Each base as often as the study has poisons, and how far each of them is moved. */
function clusterOf({ spec, replicate }: ReplicateRequest, bases: Poisons, dimension: number): Cluster {
  const most = poisonsMax(spec);
  const own = clusterOffsets({ spec, replicate, dimension, most });
  const offsets = new Float64Array(bases.rows.length * own.length);
  bases.rows.forEach((_, base) => offsets.set(own, base * own.length));
  return { poisons: repeated(bases, most), offsets };
}

function gatherRows(features: Float64Array, dimension: number, rows: Int32Array): Float64Array {
  const out = new Float64Array(rows.length * dimension);
  rows.forEach((row, index) => {
    out.set(features.subarray(row * dimension, (row + 1) * dimension), index * dimension);
  });
  return out;
}
