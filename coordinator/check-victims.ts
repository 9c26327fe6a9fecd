// Whether a network study's draws hold the rows that its attack is to poison: known only once the
// rows are drawn, and found out before any work.
import type { DataPool } from "../data/draw.ts";
import { valuesOf } from "../schema/experiments/network-check.ts";
import { isVictim, victimsInWords } from "../schema/experiments/network-victims.ts";
import { dataSeed } from "../schema/seed.ts";
import { fixedValue, type Issue, type NetworkSpec } from "../schema/study.ts";

/** Replicates that are looked at; the others' jobs find out for themselves. */
const REPLICATES_MAX = 100;

/** @param pool may be without features: only labels are looked at. */
export function checkVictims(spec: NetworkSpec, pool: DataPool): Issue[] {
  const { train, test } = spec.data;
  const targets = valuesOrFallback(spec, "target");
  const replicates = valuesOrFallback(spec, "replicate").slice(0, REPLICATES_MAX);
  let fewest: { readonly victims: number; readonly where: string } | undefined;
  for (const replicate of replicates) {
    const draw = pool.draw({ train, test, bases: 0 }, dataSeed(spec.seed, replicate));
    for (const target of targets) {
      const countIn = (labels: Int32Array): number =>
        labels.reduce((count, label) => count + (isVictim(spec.attack, target, label) ? 1 : 0), 0);
      const words = victimsInWords(spec.attack, target);
      if (countIn(draw.test.labels) === 0) {
        const message = `none of replicate ${replicate}'s ${test} test rows is ${words}: expected more rows`;
        return [{ path: ["data", "test"], message }];
      }
      const victims = countIn(draw.train.labels);
      if (fewest !== undefined && fewest.victims <= victims) continue;
      fewest = { victims, where: `${words} in replicate ${replicate}` };
    }
  }
  if (fewest === undefined) return [];
  const { victims, where } = fewest;
  return valuesOf(spec, "poison_rate")
    .filter(({ value }) => Math.round(value * train) > victims)
    .map(({ path, value }) => ({
      path,
      message:
        `rate ${value} of ${train} training rows is ${Math.round(value * train)} poisons, and ` +
        `${victims} rows are ${where}: expected at most ${Math.floor((1000 * victims) / train) / 1000}`,
    }));
}

function valuesOrFallback(spec: NetworkSpec, name: string): number[] {
  const given = valuesOf(spec, name).map(({ value }) => value);
  return given.length > 0 ? given : [fixedValue(spec, name) ?? 0];
}
