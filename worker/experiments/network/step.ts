// One training step: stochastic gradient descent with momentum on the mean loss of a batch, plus
// the gradient penalty (κ/2) mean |∇ₓL|², without double backpropagation.
//
// With g = ∇ₓL and ĝ = g/|g| held constant, the w-gradient of
//   (κ/B) Σ |g_i| [L_i(x_i + hĝ_i) − L_i(x_i − hĝ_i)] / 2h
// is that of the penalty up to O(h²): three forward and backward passes in all.
// Batch norm: the penalty is that of the network whose moments are constants, at the values that
// this batch gave; otherwise one example's gradient would be every other's business too.
import * as tf from "@tensorflow/tfjs-core";
import { Gradients, type Moments, type Norm, type Pass } from "../../tensor/layers/layer.ts";
import { rank2 } from "../../tensor/ranks.ts";
import { type LossKind, lossesOf } from "./loss.ts";
import type { Network } from "./model.ts";
import type { TrainingState } from "./state.ts";

export interface Batch {
  /** (batch, height, width, channels). */
  readonly images: tf.Tensor4D;
  /** One-hot, (batch, classes). */
  readonly labels: tf.Tensor2D;
}

export interface StepSettings {
  readonly loss: LossKind;
  readonly learningRate: number;
  readonly momentum: number;
  /** Added to every gradient as weightDecay · w. */
  readonly weightDecay: number;
  /** κ of J = E L + (κ/2) E |∇ₓL|². */
  readonly gradientPenalty: number;
  /** h, in units of the network's input. */
  readonly penaltyStep: number;
}

/** Below this an input gradient is none at all. */
const NO_SLOPE = 1e-30;

/** The share of a batch's moments in the running ones. */
const MOMENTS_SHARE = 0.1;

export interface Stepped {
  readonly state: TrainingState;
  /** Σ L over the batch, before the step; a scalar. */
  readonly lossSum: tf.Tensor;
}

/** Takes a step. Disposes the old state; the caller owns what is returned. */
export function takeStep(
  network: Network,
  state: TrainingState,
  batch: Batch,
  settings: StepSettings,
): Stepped {
  const [weights, momenta, means, variances, lossSum] = tf.tidy(() => {
    const { gradients, observed, lossSum } = gradientsOf(network, state, batch, settings);
    const moved = descend(state, gradients, settings);
    const moments = state.moments.map((old, slot) => mixed(old, observed[slot]));
    const means = moments.map(({ mean }) => mean);
    const variances = moments.map(({ variance }) => variance);
    return [moved.weights, moved.momenta, means, variances, lossSum] as const;
  });
  tf.dispose([...state.weights, ...state.momenta]);
  for (const { mean, variance } of state.moments) tf.dispose([mean, variance]);
  const moments = means.flatMap((mean, slot) => {
    const variance = variances[slot];
    return variance === undefined ? [] : [{ mean, variance }];
  });
  return { state: { weights, momenta, moments }, lossSum };
}

export interface BatchGradients {
  readonly gradients: Gradients;
  /** By moment slot. */
  readonly observed: readonly Moments[];
  readonly lossSum: tf.Tensor;
}

/** ∂J/∂w on a batch. Call inside tf.tidy. */
export function gradientsOf(
  network: Network,
  state: Pick<TrainingState, "weights">,
  { images, labels }: Batch,
  settings: Pick<StepSettings, "loss" | "gradientPenalty" | "penaltyStep">,
): BatchGradients {
  const { weights } = state;
  const gradients = new Gradients();
  const observed: Moments[] = [];
  const norm: Norm = { kind: "batch", observe: (slot, moments) => { observed[slot] = moments; } };
  const pass = network.layer.forward(images, { weights, norm, isTaped: true });
  const { values, slopes } = lossesOf(settings.loss, rank2(pass.y), labels);
  const lossSum = tf.sum(values);
  const isPenalised = settings.gradientPenalty > 0;
  const inputSlope = pullLoss(network, pass, slopes, gradients, isPenalised);
  pass.release();
  tf.dispose([pass.y, values, slopes]);
  if (inputSlope !== null) {
    addPenalty(network, { images, labels, inputSlope }, { ...settings, weights, observed }, gradients);
  }
  return { gradients, observed, lossSum };
}

/** Adds ∂(mean L)/∂w; returns every example's ∇ₓL, (batch, height, width, channels), if wanted. */
function pullLoss(
  network: Network,
  pass: Pass,
  slopes: tf.Tensor2D,
  gradients: Gradients,
  wantsInput: boolean,
): tf.Tensor | null {
  const batch = slopes.shape[0];
  const meanSlopes = tf.div(slopes, batch);
  const isOnePull = wantsInput && network.norms.length === 0;
  const scaled = pass.pull(meanSlopes, { input: isOnePull, gradients, isNormFixed: false });
  meanSlopes.dispose();
  if (!wantsInput) return null;
  if (scaled !== null) return tf.mul(scaled, batch);
  return pass.pull(slopes, { input: true, gradients: null, isNormFixed: true });
}

interface Penalised {
  readonly images: tf.Tensor4D;
  readonly labels: tf.Tensor2D;
  readonly inputSlope: tf.Tensor;
}

interface PenaltySettings {
  readonly loss: LossKind;
  readonly gradientPenalty: number;
  readonly penaltyStep: number;
  readonly weights: readonly tf.Tensor[];
  readonly observed: readonly Moments[];
}

function addPenalty(
  network: Network,
  { images, labels, inputSlope }: Penalised,
  settings: PenaltySettings,
  gradients: Gradients,
): void {
  const [batch] = images.shape;
  const { weights, observed, gradientPenalty, penaltyStep: h } = settings;
  const { offset, norms } = tf.tidy(() => {
    const rows = tf.reshape(inputSlope, [batch, -1]);
    const norms = tf.sqrt(tf.sum(tf.square(rows), 1, true));
    // An example without a slope has no direction to go, and no penalty.
    const unit = tf.div(rows, tf.maximum(norms, NO_SLOPE));
    return { offset: tf.reshape(tf.mul(unit, h), images.shape), norms };
  });
  for (const sign of [1, -1]) {
    const moved = sign > 0 ? tf.add(images, offset) : tf.sub(images, offset);
    const run = { weights, norm: { kind: "fixed", moments: observed }, isTaped: true } as const;
    const pass = network.layer.forward(moved, run);
    const { values, slopes } = lossesOf(settings.loss, rank2(pass.y), labels);
    const factor = (sign * gradientPenalty) / (2 * h * batch);
    const weighted = tf.tidy(() => tf.mul(tf.mul(slopes, norms), factor));
    pass.pull(weighted, { input: false, gradients, isNormFixed: true });
    pass.release();
    tf.dispose([moved, pass.y, values, slopes, weighted]);
  }
  tf.dispose([offset, norms]);
}

function descend(
  state: TrainingState,
  gradients: Gradients,
  { learningRate, momentum, weightDecay }: StepSettings,
): { weights: tf.Tensor[]; momenta: tf.Tensor[] } {
  const weights: tf.Tensor[] = [];
  const momenta: tf.Tensor[] = [];
  state.weights.forEach((weight, slot) => {
    const [next, velocity] = tf.tidy(() => {
      const old = state.momenta[slot];
      const slope = weightDecay === 0
        ? gradients.of(slot)
        : tf.add(gradients.of(slot), tf.mul(weight, weightDecay));
      const velocity = old === undefined || momentum === 0 ? slope.clone() : tf.add(tf.mul(old, momentum), slope);
      return [tf.sub(weight, tf.mul(velocity, learningRate)), velocity] as const;
    });
    weights.push(next);
    momenta.push(velocity);
  });
  return { weights, momenta };
}

function mixed(old: Moments, seen: Moments | undefined): Moments {
  if (seen === undefined) return { mean: old.mean.clone(), variance: old.variance.clone() };
  const mix = (a: tf.Tensor1D, b: tf.Tensor1D): tf.Tensor1D =>
    tf.tidy(() => tf.add<tf.Tensor1D>(tf.mul(a, 1 - MOMENTS_SHARE), tf.mul(b, MOMENTS_SHARE)));
  return { mean: mix(old.mean, seen.mean), variance: mix(old.variance, seen.variance) };
}
