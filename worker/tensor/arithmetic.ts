// Per-channel arithmetic, in the form that each backend does fast.
//
// tfjs wasm broadcasts over the last axis and reduces over the others 4 to 30 times slower than it
// multiplies matrices, so there a per-channel factor is a 1 × 1 depthwise convolution and a
// per-channel sum is two products with a row of ones: 0.5 ms instead of 4, and 0.3 instead of 8,
// for 128 × 32 × 32 × 16 values. Two steps of a sum also round less than one long one.
import * as tf from "@tensorflow/tfjs-core";
import type { ConvolutionShape } from "./convolution-shape.ts";
import { rank4 } from "./ranks.ts";

/** Whether this thread's tensors live in tfjs wasm. */
export function isWasm(): boolean {
  return tf.getBackend() === "wasm";
}

/**
 * x · scale + shift, channel by channel.
 *
 * @param x (batch, height, width, channels) or (batch, channels).
 * @param scale (channels) @param shift (channels)
 */
export function channelAffine(x: tf.Tensor, scale: tf.Tensor1D, shift: tf.Tensor1D): tf.Tensor {
  return tf.tidy(() => {
    if (!isWasm() || x.rank !== 4) return tf.add(tf.mul(x, scale), shift);
    const filter: tf.Tensor4D = tf.reshape(scale, [1, 1, scale.shape[0], 1]);
    return tf.fused.depthwiseConv2d({ x: rank4(x), filter, strides: 1, pad: "valid", bias: shift });
  });
}

/** Σ over everything but the channels: (…, channels) to (channels). */
export function channelSum(x: tf.Tensor): tf.Tensor1D {
  return tf.tidy(() => {
    const channels = x.shape[x.rank - 1] ?? 1;
    const batch = x.shape[0] ?? 1;
    if (!isWasm()) return tf.sum(tf.reshape(x, [-1, channels]), 0);
    const pixels = x.size / (batch * channels);
    const overBatch = tf.matMul(tf.ones([1, batch]), tf.reshape(x, [batch, pixels * channels]));
    const all = tf.matMul(tf.ones([1, pixels]), tf.reshape(overBatch, [pixels, channels]));
    return tf.reshape(all, [channels]);
  });
}

/** ∂/∂filter of Σ dy · conv(x, filter), by the backend's kernel. */
export function convolutionFilterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  shape: ConvolutionShape,
): tf.Tensor4D {
  const [rows, columns] = shape.filter;
  const filterShape = [rows, columns, x.shape[3], dy.shape[3]];
  return tf.engine().runKernel("Conv2DBackpropFilter", { x, dy }, { ...attributesOf(shape), filterShape });
}

/** ∂/∂x of Σ dy · conv(x, filter), by the backend's kernel. */
export function convolutionInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  inputShape: readonly number[],
  shape: ConvolutionShape,
): tf.Tensor4D {
  const attributes = { ...attributesOf(shape), inputShape: [...inputShape] };
  return tf.engine().runKernel("Conv2DBackpropInput", { dy, filter }, attributes);
}

function attributesOf(shape: ConvolutionShape): tf.NamedAttrMap {
  const { stride, pad } = shape;
  return { strides: [stride, stride], pad, dataFormat: "NHWC" };
}
