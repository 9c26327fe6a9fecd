// One training run, from start or checkpoint to its last measurement.
//
// Deterministic: given the same settings on a reproducible backend, weights and measurements have
// the same bits whether or not the run was interrupted.
import * as tf from "@tensorflow/tfjs-core";
import type { Measurements, Training } from "../../../schema/experiments/network.ts";
import { ComputeError } from "../../../schema/failure.ts";
import type { CheckpointStore } from "../../checkpoint/store.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import { batchesOf, poisonPlaces, type TrainingSet } from "./batches.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { type CurveRow, CURVE_WIDTH, curveFrom, flatCurve } from "./curve.ts";
import type { LossKind } from "./loss.ts";
import { measureEpoch, type Tests } from "./measure.ts";
import type { Network } from "./model.ts";
import { rateAt } from "./schedule.ts";
import { arraysOf, initialState, stateOf, type TrainingState } from "./state.ts";
import { takeStep } from "./step.ts";

export interface RunSettings {
  /** Names the run for its checkpoint: study, point, experiment version and backend. */
  readonly name: string;
  readonly network: Network;
  readonly loss: LossKind;
  readonly training: Training;
  readonly measure: Measurements;
  readonly set: TrainingSet;
  readonly tests: Tests;
  readonly epochs: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly gradientPenalty: number;
  readonly seed: number;
  /** Epochs at which the run is compared with others: measured, whatever measure.every says. */
  readonly rungs: readonly number[];
}

export interface RunTools {
  readonly linalg: Pick<LinalgProvider, "symmetricEigen">;
  /** null: an interrupted run starts again. */
  readonly checkpoints: CheckpointStore | null;
  /** Told after each epoch. */
  readonly progress: (row: CurveRow) => void;
  /** Milliseconds, for training.time_limit_minutes. */
  readonly now: () => number;
}

export type RunStatus = "ok" | "diverged" | "pruned";

/** A run under way. */
export interface Going {
  state: TrainingState;
  /** Epochs done. */
  epoch: number;
  /** In order of epoch. */
  readonly curve: CurveRow[];
  /** Milliseconds of training so far, in this process. */
  spentMs: number;
  status: RunStatus;
}

/** A run at its start, or where its last checkpoint has it. The caller disposes its state. */
export async function startRun(settings: RunSettings, tools: RunTools): Promise<Going> {
  return (await resumed(settings, tools)) ?? begun(settings, tools);
}

/** Trains up to an epoch, or divergence. @throws ComputeError time_limit, with a checkpoint kept. */
export async function advance(
  settings: RunSettings,
  tools: RunTools,
  going: Going,
  epoch: number,
): Promise<void> {
  while (going.epoch < epoch && going.status === "ok") {
    const startedAt = tools.now();
    const loss = await trainEpoch(settings, going);
    going.epoch += 1;
    if (!Number.isFinite(loss)) {
      going.status = "diverged";
      return;
    }
    if (isMeasured(settings, going.epoch)) {
      const row = await measureEpoch(settings, going, loss, tools.linalg);
      going.curve.push(row);
      tools.progress(row);
    }
    going.spentMs += tools.now() - startedAt;
    await keep(settings, tools, going);
  }
}

function isMeasured({ measure, epochs, rungs }: RunSettings, epoch: number): boolean {
  return epoch % measure.every === 0 || epoch === epochs || rungs.includes(epoch);
}

async function begun(settings: RunSettings, tools: RunTools): Promise<Going> {
  const state = initialState(settings.network, settings.seed);
  const row = await measureEpoch(settings, { state, epoch: 0 }, Number.NaN, tools.linalg);
  return { state, epoch: 0, curve: [row], spentMs: 0, status: "ok" };
}

async function resumed(settings: RunSettings, { checkpoints }: RunTools): Promise<Going | null> {
  const bytes = (await checkpoints?.load(settings.name)) ?? null;
  const checkpoint = bytes === null ? null : decodeCheckpoint(bytes);
  if (checkpoint === null || checkpoint.run !== settings.name) return null;
  const { epoch, curve, arrays } = checkpoint;
  if (curve.length % CURVE_WIDTH !== 0) return null;
  const state = stateOf(settings.network, arrays);
  return { state, epoch, curve: curveFrom(curve), spentMs: 0, status: "ok" };
}

/** Saves a checkpoint where one is due, and stops a run whose time is up. */
async function keep(
  settings: RunSettings,
  { checkpoints }: RunTools,
  { state, epoch, curve, spentMs }: Going,
): Promise<void> {
  const { training, epochs, name } = settings;
  const minutes = spentMs / 60_000;
  const isLate = minutes > (training.time_limit_minutes ?? Infinity) && epoch < epochs;
  const isDue = epoch % training.checkpoint_every === 0 && epoch < epochs;
  if (checkpoints !== null && (isDue || isLate)) {
    const arrays = await arraysOf(state);
    await checkpoints.save(name, encodeCheckpoint({ run: name, epoch, curve: flatCurve(curve), arrays }));
  }
  if (isLate) {
    throw new ComputeError("resource", "time_limit",
      `training took over training.time_limit_minutes ${training.time_limit_minutes} with ${epoch} of ${epochs} epochs done`);
  }
}

/** Steps between looks at whether the loss is still finite: a look waits for the device. */
const LOOK_EVERY_STEPS = 50;

/** One pass over the training rows; the mean loss, NaN or infinite as soon as it diverges. */
async function trainEpoch(settings: RunSettings, going: Going): Promise<number> {
  const { network, set, training, loss, epochs } = settings;
  const step = {
    loss,
    learningRate: rateAt(training.schedule, settings.learningRate, going.epoch, epochs),
    momentum: training.momentum,
    weightDecay: settings.weightDecay,
    gradientPenalty: settings.gradientPenalty,
    penaltyStep: training.penalty_step,
  };
  let total = tf.scalar(0);
  let steps = 0;
  try {
    for (const batch of batchesOf(set, poisonPlaces(set.poison), going.epoch)) {
      try {
        const { state, lossSum } = takeStep(network, going.state, batch, step);
        going.state = state;
        const sum = tf.add<tf.Scalar>(total, lossSum);
        tf.dispose([total, lossSum]);
        total = sum;
      } finally {
        tf.dispose([batch.images, batch.labels]);
      }
      steps += 1;
      if (steps % LOOK_EVERY_STEPS === 0 && !Number.isFinite((await total.data())[0])) break;
    }
    return ((await total.data())[0] ?? Number.NaN) / set.train.rows;
  } finally {
    total.dispose();
  }
}
