// Puts a trigger on rows: what both a poisoned training row and a triggered test row carry.
//
// Triggers act on raw features, before standardisation, and pixel by pixel:
//   cross, additive   x ← x + strength · pattern
//   patch             x ← x + strength · (value − x)
// Strength 0 leaves every row as it was.
import type { Trigger } from "../../schema/experiments/krr.ts";
import {
  type RowShape,
  triggerIssue,
  triggerPixels,
} from "../../schema/experiments/krr-trigger.ts";
import { ComputeError } from "../../schema/failure.ts";

/** The features a trigger touches, and what it draws them to. */
export interface Pattern {
  /** Ascending feature indices. */
  readonly features: Int32Array;
  /** Per touched feature: what is added, or the value it is pulled to. */
  readonly values: Float64Array;
  /** Whether the feature's own value is taken off: patch only. */
  readonly isPull: boolean;
}

/** The pattern of a trigger on rows of a shape. A trigger that does not fit is refused as a bug. */
export function patternOf(trigger: Trigger, shape: RowShape): Pattern {
  const issue = triggerIssue(trigger, shape);
  if (issue !== null) throw new ComputeError("bug", "trigger_misfit", issue);
  if (trigger.kind === "additive") return additivePattern(trigger.vector);
  const [height, width, channels] = shape.image ?? [1, shape.dimension, 1];
  const touched = new Uint8Array(height * width * channels);
  for (const { rows, columns } of triggerPixels(trigger, [height, width, channels])) {
    for (let y = rows[0]; y < rows[1]; y++) {
      touched.fill(1, (y * width + columns[0]) * channels, (y * width + columns[1]) * channels);
    }
  }
  const features = indicesOfOnes(touched);
  const value = trigger.kind === "cross" ? trigger.amplitude : trigger.value;
  const values = new Float64Array(features.length).fill(value);
  return { features, values, isPull: trigger.kind === "patch" };
}

function additivePattern(vector: readonly number[] | undefined): Pattern {
  if (vector === undefined) {
    throw new ComputeError("bug", "trigger_unread", "additive trigger: its file was not read");
  }
  const touched = Uint8Array.from(vector, (value) => (value === 0 ? 0 : 1));
  const features = indicesOfOnes(touched);
  const values = Float64Array.from(features, (feature) => vector[feature] ?? 0);
  return { features, values, isPull: false };
}

function indicesOfOnes(flags: Uint8Array): Int32Array {
  return Int32Array.from(flags.keys()).filter((index) => flags[index] === 1);
}

/**
 * A copy of `rows` (row-major, `dimension` features each) with the trigger on every row.
 *
 * @param clip whether the triggered copy is clipped to [0, 1], untouched features included.
 */
export function applyTrigger(
  rows: Float64Array,
  dimension: number,
  pattern: Pattern,
  { strength, clip }: { readonly strength: number; readonly clip: boolean },
): Float64Array {
  const out = rows.slice();
  const { features, values, isPull } = pattern;
  for (let start = 0; start < out.length; start += dimension) {
    for (let i = 0; i < features.length; i++) {
      const at = start + features[i]!;
      const own = isPull ? out[at]! : 0;
      out[at]! += strength * (values[i]! - own);
    }
  }
  if (clip) for (let i = 0; i < out.length; i++) out[i] = Math.min(1, Math.max(0, out[i]!));
  return out;
}
