// 2-d convolution (a correlation, as everywhere in deep learning) with an optional bias.
import * as tf from "@tensorflow/tfjs-core";
import { channelSum, convolutionFilterGradient, convolutionInputGradient } from "../arithmetic.ts";
import type { ConvolutionShape } from "../convolution-shape.ts";
import { rank1, rank4 } from "../ranks.ts";
import { type Layer, passOf, weightOf } from "./layer.ts";

export interface ConvolutionSlots {
  /** (height, width, in, out). */
  readonly filter: number;
  /** (out); null for none. */
  readonly bias: number | null;
}

/** (batch, height, width, in) to (batch, ⌈height / stride⌉, ⌈width / stride⌉, out), for pad "same". */
export function convolution(slots: ConvolutionSlots, shape: ConvolutionShape): Layer {
  const { stride, pad } = shape;
  return {
    hasWeights: true,
    forward(x, run) {
      const filter = rank4(weightOf(run, slots.filter));
      const settings = { x: rank4(x), filter, strides: stride, pad };
      const bias = slots.bias === null ? {} : { bias: rank1(weightOf(run, slots.bias)) };
      const y = tf.fused.conv2d({ ...settings, ...bias });
      const input = rank4(x.clone());
      return passOf(y, run, [input], (dy, want) => {
        const rows = rank4(dy);
        want.gradients?.add(slots.filter, convolutionFilterGradient(input, rows, shape));
        if (slots.bias !== null) want.gradients?.add(slots.bias, channelSum(rows));
        return want.input ? convolutionInputGradient(rows, filter, input.shape, shape) : null;
      });
    },
  };
}
