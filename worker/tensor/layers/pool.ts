// Pooling and flattening.
import * as tf from "@tensorflow/tfjs-core";
import { rank4 } from "../ranks.ts";
import { type Layer, passOf } from "./layer.ts";

/**
 * The larger of each two neighbours along the rows of (rows, 2 · width): (rows, width).
 *
 * Of two equal ones the second gets the gradient: exactly one, on every backend. (tfjs's own
 * max-pool gradient costs 40 ms for 128 × 32 × 32 × 16 values on wasm; this costs 3.)
 */
function largerOfPairs(pairs: tf.Tensor2D): { larger: tf.Tensor2D; isFirst: tf.Tensor2D } {
  const [rows, both] = pairs.shape;
  const width = both / 2;
  const [larger, isFirst] = tf.tidy(() => {
    const first = tf.slice(pairs, [0, 0], [rows, width]);
    const second = tf.slice(pairs, [0, width], [rows, width]);
    return [tf.maximum<tf.Tensor2D>(first, second), tf.step<tf.Tensor2D>(tf.sub(first, second))] as const;
  });
  return { larger, isFirst };
}

function backToPairs(dy: tf.Tensor2D, isFirst: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const first = tf.mul<tf.Tensor2D>(dy, isFirst);
    return tf.concat([first, tf.sub<tf.Tensor2D>(dy, first)], 1);
  });
}

/** Maximum over 2 × 2 windows: (b, h, w, c) to (b, ⌊h/2⌋, ⌊w/2⌋, c); an odd last row is left out. */
export const maxPool2: Layer = {
  hasWeights: false,
  forward(x, run) {
    const [batch, height, width, channels] = rank4(x).shape;
    const [rows, columns] = [Math.floor(height / 2), Math.floor(width / 2)];
    const even: [number, number, number, number] = [batch, 2 * rows, 2 * columns, channels];
    const { y, byColumn, byRow } = tf.tidy(() => {
      const trimmed = x.size === size(even) ? x : tf.slice(x, [0, 0, 0, 0], even);
      const columnPairs: tf.Tensor2D = tf.reshape(trimmed, [batch * 2 * rows * columns, 2 * channels]);
      const inRow = largerOfPairs(columnPairs);
      const rowPairs: tf.Tensor2D = tf.reshape(inRow.larger, [batch * rows, 2 * columns * channels]);
      const inWindow = largerOfPairs(rowPairs);
      const y = tf.reshape(inWindow.larger, [batch, rows, columns, channels]);
      return { y, byColumn: inRow.isFirst, byRow: inWindow.isFirst };
    });
    return passOf(y, run, [byColumn, byRow], (dy, want) => {
      if (!want.input) return null;
      return tf.tidy(() => {
        const rowPairs = backToPairs(tf.reshape(dy, [batch * rows, columns * channels]), byRow);
        const inRow: tf.Tensor2D = tf.reshape(rowPairs, [batch * 2 * rows * columns, channels]);
        const dx: tf.Tensor4D = tf.reshape(backToPairs(inRow, byColumn), even);
        if (even[1] === height && even[2] === width) return dx;
        return tf.pad(dx, [[0, 0], [0, height - even[1]], [0, width - even[2]], [0, 0]]);
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

function size(shape: readonly number[]): number {
  return shape.reduce((all, one) => all * one, 1);
}
