// What is measured of a network after an epoch, and at the end.
import type { LinalgProvider } from "../../linalg/provider.ts";
import type { CurveRow } from "./curve.ts";
import type { LossKind } from "./loss.ts";
import type { Network } from "./model.ts";
import { measureProbes, type ProbeReport, type ProbeSet } from "./probes.ts";
import { rateAt, type Schedule } from "./schedule.ts";
import { countLabels, type Images, scoresOf } from "./scores.ts";
import type { TrainingState } from "./state.ts";

/** What a run is measured on; standardised, central windows. */
export interface Tests {
  readonly clean: Images;
  /** Victims with the trigger on; every label is the target. */
  readonly triggered: Images;
  readonly cleanProbes: ProbeSet;
  /** Triggered rows with their true labels. */
  readonly triggeredProbes: ProbeSet;
}

export interface Measured {
  readonly network: Network;
  readonly loss: LossKind;
  readonly tests: Tests;
  readonly seed: number;
}

interface EpochSettings extends Measured {
  readonly learningRate: number;
  readonly epochs: number;
  readonly training: { readonly schedule: Schedule };
}

/** A row of the learning curve. @param trainLoss of the epoch just done. */
export async function measureEpoch(
  settings: EpochSettings,
  at: { readonly state: TrainingState; readonly epoch: number },
  trainLoss: number,
  linalg: Pick<LinalgProvider, "symmetricEigen">,
): Promise<CurveRow> {
  const { network, loss, tests, seed, training, epochs, learningRate } = settings;
  const { state, epoch } = at;
  const clean = await counted(settings, state, tests.clean);
  const triggered = await counted(settings, state, tests.triggered);
  const probes = await measureProbes(tests.cleanProbes, { network, state, kind: loss, seed, linalg });
  return {
    epoch,
    learning_rate: rateAt(training.schedule, learningRate, Math.max(0, epoch - 1), epochs),
    train_loss: trainLoss,
    test_loss: clean.loss,
    triggered_loss: triggered.loss,
    clean_accuracy: clean.share,
    attack_success_rate: triggered.share,
    ...probes,
  };
}

async function counted({ network, loss }: Measured, state: TrainingState, images: Images) {
  const scores = await scoresOf(network, state, images);
  return countLabels(scores, images.labels, scores.length / images.rows, loss);
}

/** The triggered probes' report, which only the last row of a run has. */
export async function measureTriggered(
  { network, loss, tests, seed }: Measured,
  state: TrainingState,
  linalg: Pick<LinalgProvider, "symmetricEigen">,
): Promise<ProbeReport> {
  return measureProbes(tests.triggeredProbes, { network, state, kind: loss, seed, linalg });
}
