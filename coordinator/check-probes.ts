// Whether a study's draws hold the test rows that its curvature is to be measured at: known only
// once the rows are drawn, and found out before any work.
import type { DataPool } from "../data/draw.ts";
import { mayBeProbe, probesInWords } from "../schema/experiments/krr-probes.ts";
import { dataSeed } from "../schema/seed.ts";
import { axesOf, fixedValue, type Issue, type KrrSpec } from "../schema/study.ts";

/** Replicates that are looked at; the others' jobs find out for themselves. */
const REPLICATES_MAX = 100;

/** @param pool may be without features: only labels are looked at. */
export function checkProbes(spec: KrrSpec, pool: DataPool): Issue[] {
  const { curvature } = spec;
  if (curvature === undefined) return [];
  const { test } = spec.data;
  for (const replicate of valuesOf(spec, "replicate").slice(0, REPLICATES_MAX)) {
    // Test rows are the same however many others are drawn.
    const { labels } = pool.draw({ train: 0, test, bases: 0 }, dataSeed(spec.seed, replicate)).test;
    for (const target of valuesOf(spec, "target")) {
      const found = labels.filter((label) => mayBeProbe(curvature, label, target)).length;
      if (found >= curvature.probes) continue;
      const which = probesInWords(curvature, target);
      const message = `${test} test rows of replicate ${replicate} hold ${found} ${which}: ` +
        `expected at most ${found} probes, or more rows (data.test), got ${curvature.probes}`;
      return [{ path: ["curvature", "probes"], message }];
    }
  }
  return [];
}

function valuesOf(spec: KrrSpec, name: string): readonly number[] {
  return axesOf(spec).find((axis) => axis.name === name)?.values ?? [fixedValue(spec, name) ?? 0];
}
