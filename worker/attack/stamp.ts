// Puts any trigger on single rows, each with its own strength: what networks are poisoned with.
//
//   cross, additive   x ← x + s · pattern
//   patch             x ← x + s · (value − x) on the patch
//   blended           x ← x + s · opacity · (noise − x)
//   warp              x(p) ← x(p + s · field(p)), bilinear, borders held
// Strength 0 leaves a row as it was. Random patterns are functions of the seed alone.
import { randomFrom } from "../../data/random.ts";
import type { RowShape } from "../../schema/experiments/krr-trigger.ts";
import type { NetworkTrigger } from "../../schema/experiments/network.ts";
import { networkTriggerIssue } from "../../schema/experiments/network-check.ts";
import { ComputeError } from "../../schema/failure.ts";
import { deriveSeed } from "../../schema/seed.ts";
import { patternOf } from "./trigger.ts";
import { warpField } from "./warp.ts";

/** Puts the trigger on one row of raw features, in place. */
export type Stamp = (row: Float64Array, strength: number) => void;

/** The stamp of a trigger on rows of a shape. A trigger that does not fit is refused as a bug. */
export function stampOf(trigger: NetworkTrigger, shape: RowShape, seed: number): Stamp {
  const issue = networkTriggerIssue(trigger, shape);
  if (issue !== null) throw new ComputeError("bug", "trigger_misfit", issue);
  switch (trigger.kind) {
    case "blended":
      return blend(trigger.opacity, noise(shape.dimension, deriveSeed(seed, "trigger", "noise")));
    case "warp":
      return warp(trigger, shape, deriveSeed(seed, "trigger", "warp"));
    case "cross":
    case "patch":
    case "additive": {
      const { features, values, isPull } = patternOf(trigger, shape);
      return (row, strength) => {
        for (let i = 0; i < features.length; i++) {
          const at = features[i]!;
          row[at]! += strength * (values[i]! - (isPull ? row[at]! : 0));
        }
      };
    }
  }
}

function noise(dimension: number, seed: number): Float64Array {
  const random = randomFrom(seed);
  return Float64Array.from({ length: dimension }, () => random.uniform());
}

function blend(opacity: number, pattern: Float64Array): Stamp {
  return (row, strength) => {
    for (let i = 0; i < pattern.length; i++) row[i]! += strength * opacity * (pattern[i]! - row[i]!);
  };
}

function warp(
  trigger: NetworkTrigger & { kind: "warp" },
  { image }: RowShape,
  seed: number,
): Stamp {
  const [height, width, channels] = image ?? [1, 1, 1];
  const field = warpField({ height, width, grid: trigger.grid, amount: trigger.amount }, seed);
  return (row, strength) => {
    if (strength === 0) return;
    const source = row.slice();
    const at = (y: number, x: number, c: number): number => source[(y * width + x) * channels + c]!;
    for (let pixel = 0; pixel < height * width; pixel++) {
      const y = within(Math.floor(pixel / width) + strength * field.down[pixel]!, height);
      const x = within((pixel % width) + strength * field.right[pixel]!, width);
      const [top, left] = [Math.floor(y), Math.floor(x)];
      const [bottom, right] = [Math.min(top + 1, height - 1), Math.min(left + 1, width - 1)];
      const [v, h] = [y - top, x - left];
      for (let c = 0; c < channels; c++) {
        const above = (1 - h) * at(top, left, c) + h * at(top, right, c);
        const below = (1 - h) * at(bottom, left, c) + h * at(bottom, right, c);
        row[pixel * channels + c] = (1 - v) * above + v * below;
      }
    }
  };
}

function within(position: number, size: number): number {
  return Math.min(size - 1, Math.max(0, position));
}
