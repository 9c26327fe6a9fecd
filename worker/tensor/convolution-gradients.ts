// Gradients of a 2-d convolution as convolutions, for the backend that lacks a fast kernel of them.
//
// tfjs wasm has no filter gradient at all, and its input gradient is a plain loop (2.5 GFLOP/s,
// where its forward convolution makes 30). Both are convolutions themselves: the filter gradient
// swaps batch and channels and dilates by the stride; the input gradient turns the filter round.
// Layout: images (batch, height, width, channels), filters (height, width, in, out).
import * as tf from "@tensorflow/tfjs-core";
import { explicitPads, type ConvolutionShape, type Pads } from "./convolution-shape.ts";

/**
 * ∂/∂filter of Σ dy · conv(x, filter): entry (k, l, i, o) sums x[b, sy+k−p, sx+l−p, i] dy[b, y, x, o].
 *
 * @param x (batch, height, width, in), the convolution's input.
 * @param dy (batch, h, w, out), the gradient that reached its output.
 */
export function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, shape: ConvolutionShape): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, height, width, channels] = x.shape;
    // Two cheap transpositions instead of one general one: to (height·width, in, batch), then on.
    const byPixel = tf.transpose(tf.reshape(x, [batch, height * width * channels]), [1, 0]);
    const byChannel = tf.transpose(tf.reshape(byPixel, [height * width, channels, batch]), [1, 0, 2]);
    const images: tf.Tensor4D = tf.reshape(byChannel, [channels, height, width, batch]);
    const [, outHeight, outWidth, outChannels] = dy.shape;
    const kernel: tf.Tensor4D = tf.reshape(
      tf.transpose(tf.reshape(dy, [batch, outHeight * outWidth, outChannels]), [1, 0, 2]),
      [outHeight, outWidth, batch, outChannels],
    );
    const pads = explicitPads([height, width], shape);
    const full = tf.conv2d<tf.Tensor4D>(images, kernel, 1, [[0, 0], pads.rows, pads.columns, [0, 0]], "NHWC", shape.stride);
    // Rows that the stride never reached give extra taps at the end.
    const [rows, columns] = shape.filter;
    const taps = tf.slice<tf.Rank.R4, tf.Tensor4D>(full, [0, 0, 0, 0], [channels, rows, columns, outChannels]);
    return tf.transpose<tf.Tensor4D>(taps, [1, 2, 0, 3]);
  });
}

/**
 * ∂/∂x of Σ dy · conv(x, filter): the convolution of dy, spread out by the stride, with the filter
 * turned round and its channels swapped.
 *
 * @param inputSize height and width of x.
 */
export function inputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  inputSize: readonly [number, number],
  shape: ConvolutionShape,
): tf.Tensor4D {
  return tf.tidy(() => {
    const spread = shape.stride === 1 ? dy : spreadOut(dy, shape.stride);
    const turned: tf.Tensor4D = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
    const pads = explicitPads(inputSize, shape);
    const [, height, width] = spread.shape;
    const rows = mirrored(pads.rows, shape.filter[0], height, inputSize[0]);
    const columns = mirrored(pads.columns, shape.filter[1], width, inputSize[1]);
    const all = tf.conv2d<tf.Tensor4D>(spread, turned, 1, [[0, 0], rows, columns, [0, 0]]);
    if (all.shape[1] === inputSize[0] && all.shape[2] === inputSize[1]) return all;
    // The last stride reached beyond the input: its zeros give pixels that are not there.
    return tf.slice(all, [0, 0, 0, 0], [-1, inputSize[0], inputSize[1], -1]);
  });
}

/** Pads under which correlating `size` pixels gives at least `wanted`, aligned with the forward's. */
function mirrored(pads: Pads, taps: number, size: number, wanted: number): Pads {
  const before = taps - 1 - pads[0];
  return [before, Math.max(0, wanted - (size + before - taps + 1))];
}

/** Zeros between neighbours: (b, h, w, c) to (b, s·h, s·w, c), by pads of two axes only. */
function spreadOut(dy: tf.Tensor4D, stride: number): tf.Tensor4D {
  const [batch, height, width, channels] = dy.shape;
  const gap = stride - 1;
  const columns = tf.pad(tf.reshape(dy, [batch * height * width, channels]), [[0, 0], [0, gap * channels]]);
  const row = stride * width * channels;
  const rows = tf.pad(tf.reshape(columns, [batch * height, row]), [[0, 0], [0, gap * row]]);
  return tf.reshape(rows, [batch, stride * height, stride * width, channels]);
}
