// Batch normalisation: y = γ (x − mean) / √(variance + ε) + β, channel by channel.
//
// Moments are the batch's own, or fixed. The variance is the mean square of what is left after the
// mean is taken off: E x² − (E x)² loses digits in float32.
import * as tf from "@tensorflow/tfjs-core";
import { channelAffine, channelSum } from "../arithmetic.ts";
import { rank1 } from "../ranks.ts";
import { type Layer, type Moments, passOf, type Run, type Want, weightOf } from "./layer.ts";

export const NORM_EPSILON = 1e-5;

export interface NormSlots {
  /** γ and β, (channels). */
  readonly scale: number;
  readonly shift: number;
  /** Which of the run's moments are this layer's. */
  readonly moments: number;
}

/** (…, channels) to the same shape. */
export function batchNorm(slots: NormSlots): Layer {
  return {
    hasWeights: true,
    forward: (x, run) =>
      run.norm.kind === "fixed" ? forwardFixed(x, run, slots) : forwardBatch(x, run, slots),
  };
}

function forwardBatch(x: tf.Tensor, run: Run, slots: NormSlots): ReturnType<Layer["forward"]> {
  const scale = rank1(weightOf(run, slots.scale));
  const shift = rank1(weightOf(run, slots.shift));
  const perChannel = x.size / scale.size;
  const { mean, variance, centred, inverse } = tf.tidy(() => {
    const mean = tf.div<tf.Tensor1D>(channelSum(x), perChannel);
    const centred = channelAffine(x, tf.onesLike(mean), tf.neg(mean));
    const variance = tf.div<tf.Tensor1D>(channelSum(tf.square(centred)), perChannel);
    return { mean, variance, centred, inverse: inverseDeviation(variance) };
  });
  const y = tf.tidy(() => channelAffine(centred, tf.mul(scale, inverse), shift));
  if (run.norm.kind === "batch") run.norm.observe(slots.moments, { mean, variance });
  return passOf(y, run, [centred, inverse], (dy, want) =>
    pullBatch({ dy, centred, inverse, scale, perChannel }, want, slots));
}

interface Normalised {
  readonly dy: tf.Tensor;
  readonly centred: tf.Tensor;
  readonly inverse: tf.Tensor1D;
  readonly scale: tf.Tensor1D;
  readonly perChannel: number;
}

/** dx = γ/σ (dy − mean dy − x̂ mean(dy x̂)); the last two terms are the moments' own part. */
function pullBatch(given: Normalised, want: Want, slots: NormSlots): tf.Tensor | null {
  const { dy, centred, inverse, scale, perChannel } = given;
  if (want.isNormFixed && want.gradients === null) {
    return want.input ? tf.tidy(() => timesChannel(dy, tf.mul(scale, inverse))) : null;
  }
  const [dShift, dScale] = tf.tidy(() =>
    [channelSum(dy), tf.mul<tf.Tensor1D>(channelSum(tf.mul(dy, centred)), inverse)] as const);
  const dx = want.input
    ? tf.tidy(() => {
        const factor = tf.mul<tf.Tensor1D>(scale, inverse);
        if (want.isNormFixed) return timesChannel(dy, factor);
        const meanPart = tf.div<tf.Tensor1D>(tf.mul(factor, dShift), -perChannel);
        const slope = tf.div<tf.Tensor1D>(tf.mul(tf.mul(factor, inverse), dScale), -perChannel);
        return tf.add(channelAffine(dy, factor, meanPart), timesChannel(centred, slope));
      })
    : null;
  keepOrDispose(want, slots, dScale, dShift);
  return dx;
}

function forwardFixed(x: tf.Tensor, run: Run, slots: NormSlots): ReturnType<Layer["forward"]> {
  const { mean, variance } = fixedMoments(run, slots);
  const scale = rank1(weightOf(run, slots.scale));
  const inverse = inverseDeviation(variance);
  const y = tf.tidy(() => {
    const factor = tf.mul<tf.Tensor1D>(scale, inverse);
    const shift = tf.sub<tf.Tensor1D>(weightOf(run, slots.shift), tf.mul(factor, mean));
    return channelAffine(x, factor, shift);
  });
  const input = x.clone();
  return passOf(y, run, [input, inverse], (dy, want) => {
    if (want.gradients !== null) {
      const [dShift, dScale] = tf.tidy(() => {
        const dShift = channelSum(dy);
        const centredSum = tf.sub(channelSum(tf.mul(dy, input)), tf.mul(dShift, mean));
        return [dShift, tf.mul<tf.Tensor1D>(centredSum, inverse)] as const;
      });
      keepOrDispose(want, slots, dScale, dShift);
    }
    return want.input ? tf.tidy(() => timesChannel(dy, tf.mul(scale, inverse))) : null;
  });
}

function fixedMoments(run: Run, slots: NormSlots): Moments {
  const moments = run.norm.kind === "fixed" ? run.norm.moments[slots.moments] : undefined;
  if (moments === undefined) throw new RangeError(`no moments in slot ${slots.moments}`);
  return moments;
}

function inverseDeviation(variance: tf.Tensor1D): tf.Tensor1D {
  return tf.tidy(() => tf.rsqrt(tf.add<tf.Tensor1D>(variance, NORM_EPSILON)));
}

function timesChannel(x: tf.Tensor, factor: tf.Tensor1D): tf.Tensor {
  return tf.tidy(() => channelAffine(x, factor, tf.zerosLike(factor)));
}

function keepOrDispose(want: Want, slots: NormSlots, scale: tf.Tensor, shift: tf.Tensor): void {
  if (want.gradients === null) {
    tf.dispose([scale, shift]);
    return;
  }
  want.gradients.add(slots.scale, scale);
  want.gradients.add(slots.shift, shift);
}
