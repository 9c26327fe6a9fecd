// Fully connected: y = x W + b.
import * as tf from "@tensorflow/tfjs-core";
import { channelSum } from "../arithmetic.ts";
import { rank2 } from "../ranks.ts";
import { type Layer, passOf, weightOf } from "./layer.ts";

export interface DenseSlots {
  /** W, (in, out). */
  readonly weight: number;
  /** b, (out); null for none. */
  readonly bias: number | null;
}

/** (batch, in) to (batch, out). */
export function dense(slots: DenseSlots): Layer {
  return {
    hasWeights: true,
    forward(x, run) {
      const weight = rank2(weightOf(run, slots.weight));
      const y = tf.tidy(() => {
        const product = tf.matMul(rank2(x), weight);
        return slots.bias === null ? product : tf.add(product, weightOf(run, slots.bias));
      });
      const input = rank2(x.clone());
      return passOf(y, run, [input], (dy, want) => {
        const rows = rank2(dy);
        // Transposed copies: tfjs wasm multiplies transposed arguments 20 times slower.
        want.gradients?.add(slots.weight, tf.tidy(() => tf.matMul(tf.transpose(input), rows)));
        if (slots.bias !== null) want.gradients?.add(slots.bias, channelSum(rows));
        return want.input ? tf.tidy(() => tf.matMul(rows, tf.transpose(weight))) : null;
      });
    },
  };
}
