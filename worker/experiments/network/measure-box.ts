// Trains the runs of a box and lays their results out as rows.
import { emptyBlock, type ResultBlock, type SeriesBlock, STATUSES } from "../../../schema/column.ts";
import { EXPERIMENTS, metricsOf } from "../../../schema/experiments/registry.ts";
import { ComputeError } from "../../../schema/failure.ts";
import { type Box, indicesOf, pointsOfBox } from "../../../schema/grid.ts";
import type { StudyOrder } from "../../../schema/job.ts";
import { BackendName } from "../../../schema/provider.ts";
import type { NetworkSpec } from "../../../schema/study.ts";
import { checkpointName } from "../../checkpoint/name.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import type { TensorBackend } from "../../tensor/backend.ts";
import { deviceFailure } from "../../tensor/device-failure.ts";
import type { TrainingTools } from "../experiment.ts";
import { type Competitor, trainAll } from "./compete.ts";
import { lag, onset } from "./curve.ts";
import { measureTriggered } from "./measure.ts";
import { nullOverlap } from "./null-overlap.ts";
import { type PointValues, pointValues } from "./point-values.ts";
import { NO_PROBES } from "./probes.ts";
import type { Replicate } from "./replicate.ts";
import { type RunTools, startRun } from "./run.ts";
import { screen } from "./screening.ts";
import { settingsOf } from "./setup.ts";
import { disposeState } from "./state.ts";

/** Where a box is measured: the study, a replicate's rows, and the tools. */
export interface Place {
  readonly order: StudyOrder;
  readonly spec: NetworkSpec;
  readonly replicate: Replicate;
  readonly linalg: LinalgProvider;
  readonly training: TrainingTools;
}

/** One row for each point, with its learning curve and its poisoned rows. */
export async function measureBox(place: Place, box: Box): Promise<ResultBlock> {
  const { order, spec, training } = place;
  const backend = await training.tensors();
  const points = Array.from(pointsOfBox(box, order.plan.sizes));
  const block = emptyBlock(points.length, metricsOf(spec).map(({ name }) => name));
  const curve = seriesOf("network_curve");
  const poison = seriesOf("network_poison");
  const runs: Run[] = [];
  try {
    for (const point of points) runs.push(await runOf(place, point, backend));
    await trainAll(runs, spec.training.prune);
    for (const [index, run] of runs.entries()) {
      block.status[index] = STATUSES.indexOf(run.going.status);
      for (const [name, value] of Object.entries(await measured(place, run, backend))) {
        const column = block.metrics[name];
        if (column !== undefined) column[index] = value;
      }
      for (const row of run.going.curve) curve.push(index, row);
      const { rows, labels, strengths } = run.settings.set.poison;
      rows.forEach((row, at) => poison.push(index, { train_row: row, label: labels[at]!, strength: strengths[at]! }));
    }
    backend.check();
  } catch (thrown) {
    const error = deviceFailure(thrown, backend.name);
    for (const { going } of runs) disposeState(going.state);
    // Whatever else the runs held is let go, so that the next ones find an empty device.
    if (!(error instanceof ComputeError && error.code === "time_limit")) await backend.reset();
    throw error;
  }
  for (const { going, settings } of runs) {
    disposeState(going.state);
    await training.checkpoints?.remove(settings.name);
  }
  return { ...block, series: { network_curve: curve.block(), network_poison: poison.block() } };
}

interface Run extends Competitor {
  readonly values: PointValues;
}

async function runOf(place: Place, point: number, backend: TensorBackend): Promise<Run> {
  const { order, spec, training, linalg, replicate } = place;
  const values = pointValues(spec, indicesOf(point, order.plan.sizes));
  const version = EXPERIMENTS[spec.experiment].version;
  const name = checkpointName({ study: order.key, point, version, backend: backend.name });
  const settings = settingsOf(spec, values, replicate, name);
  const tools: RunTools = {
    linalg,
    checkpoints: training.checkpoints,
    now: training.now,
    progress: (row) => training.progress({
      point,
      epoch: row.epoch,
      epochs: values.epochs,
      cleanAccuracy: known(row["clean_accuracy"]),
      attackSuccessRate: known(row["attack_success_rate"]),
    }),
  };
  return { values, settings, tools, going: await startRun(settings, tools) };
}

/** JSON has no NaN. */
function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

async function measured(
  { linalg, spec: { screening } }: Place,
  { values, settings, going }: Run,
  backend: TensorBackend,
): Promise<Readonly<Record<string, number>>> {
  const { crop } = settings.set;
  const byChance = nullOverlap(crop.size[0] * crop.size[1] * crop.image[2]);
  const attack = onset(going.curve, "attack_success_rate", 0.5);
  const visible = onset(going.curve, "mean_hessian_overlap", byChance);
  const last = going.status === "diverged" ? NO_PROBES : await measureTriggered(settings, going.state, linalg);
  const isScreened = screening !== undefined && going.status !== "diverged";
  const screened = isScreened ? await screen(settings, going.state, screening, linalg) : new Map<string, number>();
  const triggered = Object.entries(last).map(([name, value]) => [`${name}_triggered`, value] as const);
  return {
    ...going.curve.at(-1),
    ...Object.fromEntries(triggered),
    ...Object.fromEntries(screened),
    poison_count: settings.set.poison.rows.length,
    overlap_null: byChance,
    attack_onset_epoch: attack,
    attack_onset90_epoch: onset(going.curve, "attack_success_rate", 0.9),
    visible_onset_epoch: visible,
    lag_epochs: lag(attack, visible),
    epochs_done: going.epoch,
    gradient_penalty_batch: values.gradient_penalty * settings.training.batch,
    backend: BackendName.options.indexOf(backend.name),
  };
}

interface Series {
  push(point: number, row: Readonly<Record<string, number>>): void;
  block(): SeriesBlock;
}

function seriesOf(table: string): Series {
  const words = EXPERIMENTS.cnn.series.find((one) => one.table === table);
  if (words === undefined) throw new RangeError(`no series table ${table}`);
  const names = [words.key, ...words.columns].map(({ name }) => name);
  const points: number[] = [];
  const columns = new Map(names.map((name) => [name, [] as number[]]));
  return {
    push(point, row) {
      points.push(point);
      for (const [name, column] of columns) column.push(row[name] ?? Number.NaN);
    },
    block: () => ({
      point: Int32Array.from(points),
      columns: Object.fromEntries(Array.from(columns, ([name, column]) => [name, Float64Array.from(column)])),
    }),
  };
}
