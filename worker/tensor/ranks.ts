// Narrowing a tensor to the rank that an operator needs.
import type * as tf from "@tensorflow/tfjs-core";

function isRank4(x: tf.Tensor): x is tf.Tensor4D {
  return x.rank === 4;
}

function isRank2(x: tf.Tensor): x is tf.Tensor2D {
  return x.rank === 2;
}

function isRank1(x: tf.Tensor): x is tf.Tensor1D {
  return x.rank === 1;
}

/** x as (batch, height, width, channels) or as a filter. @throws TypeError for any other rank. */
export function rank4(x: tf.Tensor): tf.Tensor4D {
  if (!isRank4(x)) throw wrongRank(4, x);
  return x;
}

/** x as a matrix. @throws TypeError for any other rank. */
export function rank2(x: tf.Tensor): tf.Tensor2D {
  if (!isRank2(x)) throw wrongRank(2, x);
  return x;
}

/** x as a vector. @throws TypeError for any other rank. */
export function rank1(x: tf.Tensor): tf.Tensor1D {
  if (!isRank1(x)) throw wrongRank(1, x);
  return x;
}

function wrongRank(wanted: number, x: tf.Tensor): TypeError {
  return new TypeError(`expected a tensor of rank ${wanted}, got shape [${x.shape.join(", ")}]`);
}
