// The linear systems of a box: one for each absolute ridge c, in anchored blocks.
//
// Where c depends on the poison count (total_n), each system serves one count of one ridge;
// otherwise it serves all counts of its ridge.
import { ridgeFollowsCount } from "../../../schema/experiments/krr-poison.ts";
import { anchoredBlocks, indicesOf, type Range, type Selection, type Setting } from "./setting.ts";

export interface System {
  /** c ≥ 0, the ridge added to the kernel's diagonal. */
  readonly c: number;
  /** Index along the study's ridges. */
  readonly ridge: number;
  /** Indices of the counts to measure with it; empty if the box wants none of them. */
  readonly counts: Range;
}

/** c for one ridge λ and one count m. */
export function absoluteRidge(setting: Setting, ridge: number, count: number): number {
  const lambda = setting.ridge.values[ridge] ?? Number.NaN;
  const clean = setting.spec.data.train;
  const { ridge_scaling: scaling } = setting.spec;
  if (scaling === "absolute") return lambda;
  const poisons = ridgeFollowsCount(setting.spec) ? (setting.count.values[count] ?? Number.NaN) : 0;
  return lambda * (clean + poisons);
}

/** Blocks of at most `most` systems that cover a selection. */
export function systemBlocks(setting: Setting, selection: Selection, most: number): System[][] {
  const { ridge, count } = selection;
  if (!ridgeFollowsCount(setting.spec)) {
    return anchoredBlocks(setting.ridge, ridge, most).map((block) =>
      indicesOf(block).map((index) => ({
        c: absoluteRidge(setting, index, 0),
        ridge: index,
        counts: isWithin(index, ridge) ? count : NONE,
      })));
  }
  return indicesOf(ridge).flatMap((index) =>
    anchoredBlocks(setting.count, count, most).map((block) =>
      indicesOf(block).map((one) => ({
        c: absoluteRidge(setting, index, one),
        ridge: index,
        counts: isWithin(one, count) ? { from: one, to: one + 1 } : NONE,
      }))));
}

const NONE: Range = { from: 0, to: 0 };

function isWithin(index: number, range: Range): boolean {
  return index >= range.from && index < range.to;
}
