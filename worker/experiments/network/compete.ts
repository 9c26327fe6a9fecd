// Median pruning: runs of one job stop between rungs when they are worse than the median.
//
// What a run is compared with is the runs of its own job and nothing else, so which ones are pruned
// depends on the job's content alone: other workers, order and interruptions change nothing.
import type { Pruning } from "../../../schema/experiments/network.ts";
import { advance, type Going, type RunSettings, type RunTools } from "./run.ts";

export interface Competitor {
  readonly settings: RunSettings;
  readonly tools: RunTools;
  readonly going: Going;
}

/** The rungs of a run in epochs, ascending, each after an epoch and before the last. */
export function rungsOf(pruning: Pruning | undefined, epochs: number): number[] {
  const rungs = (pruning?.at ?? []).map((share) => Math.ceil(share * epochs));
  return [...new Set(rungs)].filter((epoch) => epoch < epochs).sort((a, b) => a - b);
}

/** Trains all runs to their ends; between rungs those below the median end as `pruned`. */
export async function trainAll(runs: readonly Competitor[], pruning: Pruning | undefined): Promise<void> {
  // Runs that compete have equally many epochs, so they have the same rungs.
  for (const rung of pruning === undefined ? [] : (runs[0]?.settings.rungs ?? [])) {
    for (const { settings, tools, going } of runs) await advance(settings, tools, going, rung);
    if (pruning !== undefined) prune(runs.map(({ going }) => going), rung, pruning.metric);
  }
  for (const { settings, tools, going } of runs) await advance(settings, tools, going, settings.epochs);
}

/** Ends those of the runs that are worse at the rung than the median of all that train on. */
function prune(runs: readonly Going[], rung: number, metric: Pruning["metric"]): void {
  const alive = runs.filter(({ status }) => status === "ok");
  const sign = metric.endsWith("_loss") ? -1 : 1;
  const scores = alive.map(({ curve }) => {
    const value = curve.find(({ epoch }) => epoch === rung)?.[metric] ?? Number.NaN;
    return Number.isNaN(value) ? -Infinity : sign * value;
  });
  const bar = median(scores);
  alive.forEach((run, index) => {
    if (scores[index]! < bar) run.status = "pruned";
  });
}

/** The mean of the two in the middle where their number is even. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2;
}
