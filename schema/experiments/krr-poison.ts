// How many poisons a study asks for: the one place where rates become counts and counts rates.
import { axesOf, fixedValue, type KrrSpec } from "../study.ts";

type AttackKind = KrrSpec["attack"]["kind"];

/** Whether poisons stand in the places of clean rows, so that n stays. */
export function replacesRows(kind: AttackKind): boolean {
  return kind === "replace" || kind === "shortcut";
}

/** m, the count whose realised rate is nearest to `rate` in [0, 1). */
export function poisonCountOf(rate: number, cleanRows: number, attack?: AttackKind): number {
  return Math.round((rate * cleanRows) / (attack !== undefined && replacesRows(attack) ? 1 : 1 - rate));
}

/** θ = m / (n + m), or m / n where poisons replace rows: their share of all rows, as realised. */
export function poisonRateOf(count: number, cleanRows: number, attack?: AttackKind): number {
  return count / (cleanRows + (attack !== undefined && replacesRows(attack) ? 0 : count));
}

/** Whether the absolute ridge differs between poison counts. */
export function ridgeFollowsCount({ ridge_scaling, attack }: KrrSpec): boolean {
  return ridge_scaling === "total_n" && !replacesRows(attack.kind);
}

/**
 * The realised counts along the study's `poison_count` or `poison_rate` axis, in its order; one
 * count where the amount is fixed. Two rates may realise the same count.
 */
export function poisonCounts(spec: KrrSpec): readonly number[] {
  const axes = axesOf(spec);
  const counts = axes.find(({ name }) => name === "poison_count")?.values;
  if (counts !== undefined) return counts;
  const rates = axes.find(({ name }) => name === "poison_rate")?.values;
  const { train } = spec.data;
  if (rates !== undefined) return rates.map((rate) => poisonCountOf(rate, train, spec.attack.kind));
  const rate = fixedValue(spec, "poison_rate");
  if (rate !== undefined) return [poisonCountOf(rate, train, spec.attack.kind)];
  return [fixedValue(spec, "poison_count") ?? 0];
}

/** Distinct base rows that one target's poisons come from. */
export function basesMax(spec: KrrSpec): number {
  return spec.attack.kind === "cluster" ? 1 : poisonsMax(spec);
}

/** Distinct poison rows of one target: the most of any point, at least 1. */
export function poisonsMax(spec: KrrSpec): number {
  if (spec.attack.kind === "clones") return 1;
  return poisonCounts(spec).reduce((most, count) => Math.max(most, count), 1);
}

/**
 * Base rows a replicate draws: enough for `most` rows of another class than any target where
 * classes are even, and some more. A draw in which they do not suffice is made again with twice
 * as many.
 */
export function basesToDraw(most: number, classes: number): number {
  return Math.ceil((1.1 * most * classes) / Math.max(1, classes - 1)) + BASES_SPARE;
}
/** With two even classes, 2 to the minus this is the chance that a class is absent. */
const BASES_SPARE = 16;
