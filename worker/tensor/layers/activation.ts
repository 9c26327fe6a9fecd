// Elementwise activations.
import * as tf from "@tensorflow/tfjs-core";
import { type Layer, passOf } from "./layer.ts";

/** max(x, 0); its derivative at 0 is 0. */
export const relu: Layer = {
  hasWeights: false,
  forward(x, run) {
    const y = tf.relu(x);
    const output = y.clone();
    return passOf(y, run, [output], (dy, want) =>
      want.input ? tf.tidy(() => tf.mul(dy, tf.step(output))) : null);
  },
};

/** ln(1 + eˣ): a smooth stand-in for `relu`, where second derivatives are asked for. */
export const softplus: Layer = {
  hasWeights: false,
  forward(x, run) {
    const input = x.clone();
    return passOf(tf.softplus(x), run, [input], (dy, want) =>
      want.input ? tf.tidy(() => tf.mul(dy, tf.sigmoid(input))) : null);
  },
};
