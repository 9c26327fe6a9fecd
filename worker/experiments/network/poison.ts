// Which training rows of a run are poisoned, with what, and what they become.
//
// The choice nests: with the same seed a smaller count poisons a subset of the same rows, so runs
// that differ in the poison rate alone differ in as few rows as possible.
import { randomFrom, randomOrder } from "../../../data/random.ts";
import type { NetworkAttack } from "../../../schema/experiments/network.ts";
import { isVictim, victimsInWords } from "../../../schema/experiments/network-victims.ts";
import { UserError } from "../../../schema/failure.ts";
import { deriveSeed } from "../../../schema/seed.ts";
import type { Stamp } from "../../attack/stamp.ts";
import { type RawRows, rowOf } from "./rows.ts";

export interface PoisonOptions {
  readonly attack: Pick<NetworkAttack, "labels" | "source" | "strength" | "clip">;
  readonly stamp: Stamp;
  readonly target: number;
  readonly strength: number;
  /** θ: the count is round(θ n). */
  readonly rate: number;
  readonly seed: number;
}

export interface Poison {
  /** Places among the training rows, in the order they were chosen. */
  readonly rows: Int32Array;
  /** Each one's own class. */
  readonly labels: Int32Array;
  readonly strengths: Float64Array;
  /** (m, d), raw, triggered. */
  readonly features: Float32Array;
}

/** @throws UserError if fewer rows may be poisoned than the rate asks for. */
export function choosePoison(train: RawRows, options: PoisonOptions): Poison {
  const { attack, stamp, target, rate, seed } = options;
  const count = Math.round(rate * train.rows);
  const victims = Int32Array.from(train.labels.keys())
    .filter((row) => isVictim(attack, target, train.labels[row]!));
  if (count > victims.length) {
    const which = victimsInWords(attack, target);
    throw new UserError(
      `poison_rate ${rate}: ${count} of ${train.rows} rows asked, ${victims.length} are ${which}`,
    );
  }
  const order = randomOrder(randomFrom(deriveSeed(seed, "poison", "rows")), victims.length, count);
  const rows = order.map((place) => victims[place]!);
  const random = randomFrom(deriveSeed(seed, "poison", "strength"));
  const strengths = Float64Array.from(rows, () =>
    options.strength * (attack.strength === "random" ? 2 * random.uniform() : 1));
  const features = new Float32Array(count * train.dimension);
  rows.forEach((row, place) => {
    features.set(triggered(train, row, { stamp, strength: strengths[place]!, clip: attack.clip }),
      place * train.dimension);
  });
  return { rows, labels: rows.map((row) => train.labels[row]!), strengths, features };
}

/** A raw row with the trigger on it. */
export function triggered(
  from: RawRows,
  row: number,
  options: { readonly stamp: Stamp; readonly strength: number; readonly clip: boolean },
): Float64Array {
  const values = rowOf(from, row);
  options.stamp(values, options.strength);
  return options.clip ? values.map((value) => Math.min(1, Math.max(0, value))) : values;
}
