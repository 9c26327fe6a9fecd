// Pooling and flattening.
import * as tf from "@tensorflow/tfjs-core";
import { rank4 } from "../ranks.ts";
import { type Layer, passOf } from "./layer.ts";

/**
 * Maximum over 2 × 2 windows: (b, h, w, c) to (b, ⌊h/2⌋, ⌊w/2⌋, c); an odd last row is left out.
 *
 * Equal largest values share the gradient equally, on every backend. (tfjs wasm's own gradient of
 * a max pool costs 39 ms for 128 × 32 × 32 × 16 values; this costs 7.)
 */
export const maxPool2: Layer = {
  hasWeights: false,
  forward(x, run) {
    const images = rank4(x);
    const [batch, height, width, channels] = images.shape;
    const [rows, columns] = [2 * Math.floor(height / 2), 2 * Math.floor(width / 2)];
    const isEven = rows === height && columns === width;
    const trimmed = isEven ? images.clone() : tf.slice(images, [0, 0, 0, 0], [batch, rows, columns, channels]);
    const y = tf.maxPool(trimmed, 2, 2, "valid");
    const output = y.clone();
    return passOf(y, run, [trimmed, output], (dy, want) => {
      if (!want.input) return null;
      return tf.tidy(() => {
        const size: [number, number] = [rows, columns];
        const above = tf.sub(tf.image.resizeNearestNeighbor(output, size), trimmed);
        const isLargest: tf.Tensor4D = tf.sub(1, tf.step(above));
        const ties = tf.mul(tf.avgPool(isLargest, 2, 2, "valid"), 4);
        const share: tf.Tensor4D = tf.div(dy, ties);
        const dx = tf.mul(tf.image.resizeNearestNeighbor(share, size), isLargest);
        return isEven ? dx : tf.pad(dx, [[0, 0], [0, height - rows], [0, width - columns], [0, 0]]);
      });
    });
  },
};

/** Mean over height and width: (b, h, w, c) to (b, c). */
export const globalAverage: Layer = {
  hasWeights: false,
  forward(x, run) {
    const [batch, height, width, channels] = rank4(x).shape;
    const pixels = height * width;
    const y = tf.tidy(() => tf.mean(tf.reshape(x, [batch, pixels, channels]), 1));
    return passOf(y, run, [], (dy, want) => {
      if (!want.input) return null;
      return tf.tidy(() => {
        const share = tf.reshape(tf.div(dy, pixels), [batch, 1, channels]);
        return tf.reshape(tf.tile(share, [1, pixels, 1]), [batch, height, width, channels]);
      });
    });
  },
};

/** (b, h, w, c) to (b, h·w·c). */
export const flatten: Layer = {
  hasWeights: false,
  forward(x, run) {
    const { shape } = x;
    const y = tf.reshape(x, [shape[0] ?? 1, -1]);
    return passOf(y, run, [], (dy, want) => (want.input ? tf.reshape(dy, shape) : null));
  },
};
