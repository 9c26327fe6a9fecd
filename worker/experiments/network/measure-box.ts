// Trains the runs of a box and lays their results out as rows.
import { emptyBlock, type ResultBlock, type SeriesBlock, STATUSES } from "../../../schema/column.ts";
import { networkMetrics } from "../../../schema/experiments/network.ts";
import { EXPERIMENTS } from "../../../schema/experiments/registry.ts";
import { ComputeError } from "../../../schema/failure.ts";
import { type Box, indicesOf, pointsOfBox } from "../../../schema/grid.ts";
import type { StudyOrder } from "../../../schema/job.ts";
import { BackendName } from "../../../schema/provider.ts";
import type { NetworkSpec } from "../../../schema/study.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import type { TensorBackend } from "../../tensor/backend.ts";
import type { TrainingTools } from "../experiment.ts";
import { lag, onset } from "./curve.ts";
import { measureTriggered } from "./measure.ts";
import { nullOverlap } from "./null-overlap.ts";
import { type PointValues, pointValues } from "./point-values.ts";
import { NO_PROBES } from "./probes.ts";
import type { Replicate } from "./replicate.ts";
import { type RunEnd, type RunSettings, train } from "./run.ts";
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
  const { order } = place;
  const points = pointsOfBox(box, order.plan.sizes);
  const block = emptyBlock(points.length, networkMetrics.map(({ name }) => name));
  const curve = seriesOf("network_curve");
  const poison = seriesOf("network_poison");
  for (let index = 0; index < points.length; index++) {
    const { end, settings, metrics } = await runPoint(place, points[index]!);
    block.status[index] = STATUSES.indexOf(end.status);
    for (const [name, value] of Object.entries(metrics)) {
      const column = block.metrics[name];
      if (column !== undefined) column[index] = value;
    }
    for (const row of end.curve) curve.push(index, row);
    const { rows, labels, strengths } = settings.set.poison;
    rows.forEach((row, at) => poison.push(index, { train_row: row, label: labels[at]!, strength: strengths[at]! }));
  }
  return { ...block, series: { network_curve: curve.block(), network_poison: poison.block() } };
}

interface PointRun {
  readonly settings: RunSettings;
  readonly end: RunEnd;
  readonly metrics: Readonly<Record<string, number>>;
}

async function runPoint(place: Place, point: number): Promise<PointRun> {
  const { order, spec, training, linalg, replicate } = place;
  const backend = await training.tensors();
  const values = pointValues(spec, indicesOf(point, order.plan.sizes));
  const version = EXPERIMENTS[spec.experiment].version;
  const name = `${order.key}-${point}-v${version}-${backend.name}`;
  const settings = settingsOf(spec, values, replicate, name);
  try {
    const end = await train(settings, {
      linalg,
      checkpoints: training.checkpoints,
      now: training.now,
      progress: (row) => training.progress({ point, epoch: row.epoch, epochs: values.epochs, values: row }),
    });
    const metrics = await metricsOf(place, values, settings, { end, backend });
    disposeState(end.state);
    await training.checkpoints?.remove(name);
    return { settings, end, metrics };
  } catch (error) {
    // Whatever the run held is let go, so that the next one finds an empty device.
    if (!(error instanceof ComputeError && error.code === "time_limit")) await backend.reset();
    throw error;
  }
}

async function metricsOf(
  { linalg }: Place,
  values: PointValues,
  settings: RunSettings,
  { end, backend }: { end: RunEnd; backend: TensorBackend },
): Promise<Readonly<Record<string, number>>> {
  const { crop } = settings.set;
  const byChance = nullOverlap(crop.size[0] * crop.size[1] * crop.image[2]);
  const attack = onset(end.curve, "attack_success_rate", 0.5);
  const visible = onset(end.curve, "mean_hessian_overlap", byChance);
  const last = end.status === "diverged" ? NO_PROBES : await measureTriggered(settings, end.state, linalg);
  const triggered = Object.entries(last).map(([name, value]) => [`${name}_triggered`, value] as const);
  return {
    ...end.curve.at(-1),
    ...Object.fromEntries(triggered),
    poison_count: settings.set.poison.rows.length,
    overlap_null: byChance,
    attack_onset_epoch: attack,
    attack_onset90_epoch: onset(end.curve, "attack_success_rate", 0.9),
    visible_onset_epoch: visible,
    lag_epochs: lag(attack, visible),
    epochs_done: end.epochsDone,
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
