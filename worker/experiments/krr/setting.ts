// What an order asks of a krr job: the values along each parameter, and how work is blocked.
//
// Blocks are anchored to the plan's chunks and not to the box, because the last bits of a product
// may depend on how many columns are multiplied together: so a box gives the same bits measured
// whole or in parts.
import { poisonCounts } from "../../../schema/experiments/krr-poison.ts";
import { ComputeError } from "../../../schema/failure.ts";
import { type Box, boxSizes, strides } from "../../../schema/grid.ts";
import type { StudyOrder } from "../../../schema/job.ts";
import type { Plan, Route } from "../../../schema/plan.ts";
import { axesOf, fixedValue, type KrrSpec } from "../../../schema/study.ts";

/** A parameter inside a job: its values in the study's order, one if it is fixed. */
export interface Inner {
  readonly values: readonly number[];
  /** Values per job. */
  readonly chunk: number;
  /** Its position among the study's axes; −1 if it is fixed. */
  readonly axis: number;
}

export interface Setting {
  readonly spec: KrrSpec;
  readonly route: Route;
  readonly plan: Plan;
  readonly strength: Inner;
  readonly target: Inner;
  readonly ridge: Inner;
  /** Its values are realised counts m, whichever of count and rate the study gives. */
  readonly count: Inner;
  /** κ. */
  readonly penalty: Inner;
  /** Of the near probe; one value, 0, in studies without it. */
  readonly distance: Inner;
}

/** Half-open. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export type InnerName = "strength" | "target" | "ridge" | "count" | "penalty" | "distance";

/** The part of the inner parameters that a box covers, and where its points lie in the block. */
export interface Selection extends Readonly<Record<InnerName, Range>> {
  /** Row of the point at these indices along the study's parameters. */
  row(indices: Readonly<Record<InnerName, number>>): number;
}

/** The study's side of a krr order. Throws on an order that is not one. */
export function settingOf(order: StudyOrder): Setting {
  const { spec, plan } = order;
  if (spec.experiment !== "krr" || plan.route === null) {
    throw new ComputeError("bug", "wrong_order", `study ${order.key}: not a planned krr study`);
  }
  const axes = axesOf(spec);
  const inner = (...names: readonly string[]): Inner => {
    const axis = axes.findIndex(({ name }) => names.includes(name));
    const values = axes[axis]?.values ?? [fixedValue(spec, names[0] ?? "") ?? Number.NaN];
    return { values, axis, chunk: plan.chunk[axis] ?? 1 };
  };
  return {
    spec,
    route: plan.route,
    plan,
    strength: inner("trigger_strength"),
    target: inner("target"),
    ridge: inner("ridge"),
    count: { ...inner("poison_count", "poison_rate"), values: poisonCounts(spec) },
    penalty: inner("gradient_penalty"),
    distance: inner("probe_distance"),
  };
}

/** The value of a parameter that all points of a box share; NaN where the study has none. */
export function sharedValue(spec: KrrSpec, name: string, box: Box): number {
  const axes = axesOf(spec);
  const axis = axes.findIndex((one) => one.name === name);
  const index = box.from[axis];
  if (index === undefined) return fixedValue(spec, name) ?? Number.NaN;
  if ((box.to[axis] ?? 0) !== index + 1) {
    throw new ComputeError("bug", "box_spans", `the points of a krr box must share ${name}`);
  }
  return axes[axis]?.values[index] ?? Number.NaN;
}

export function selectionOf(setting: Setting, box: Box): Selection {
  const steps = strides(boxSizes(box));
  const range = ({ axis }: Inner): Range => ({ from: box.from[axis] ?? 0, to: box.to[axis] ?? 1 });
  const place = ({ axis }: Inner, index: number): number =>
    axis < 0 ? 0 : (index - (box.from[axis] ?? 0)) * (steps[axis] ?? 0);
  return {
    strength: range(setting.strength),
    target: range(setting.target),
    ridge: range(setting.ridge),
    count: range(setting.count),
    penalty: range(setting.penalty),
    distance: range(setting.distance),
    row: ({ strength, target, ridge, count, penalty, distance }) =>
      place(setting.strength, strength) + place(setting.target, target) +
      place(setting.ridge, ridge) + place(setting.count, count) +
      place(setting.penalty, penalty) + place(setting.distance, distance),
  };
}

/**
 * Blocks of at most `most` indices that cover a range, anchored: each chunk-long segment of the
 * axis is cut into equal blocks from its own start, and a block is taken whole or not at all.
 */
export function anchoredBlocks(inner: Inner, range: Range, most: number): Range[] {
  const blocks: Range[] = [];
  const { chunk, values } = inner;
  for (let start = Math.floor(range.from / chunk) * chunk; start < range.to; start += chunk) {
    const end = Math.min(start + chunk, values.length);
    const pieces = Math.ceil((end - start) / Math.max(1, most));
    const length = Math.ceil((end - start) / pieces);
    for (let from = start; from < end; from += length) {
      const to = Math.min(from + length, end);
      if (to > range.from && from < range.to) blocks.push({ from, to });
    }
  }
  return blocks;
}

export function indicesOf({ from, to }: Range): number[] {
  return Array.from({ length: to - from }, (_, offset) => from + offset);
}
