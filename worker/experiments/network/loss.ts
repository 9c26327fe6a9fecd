// Losses of class scores, one number for each example, and their slopes.
import * as tf from "@tensorflow/tfjs-core";

/**
 * softmax: L = −ln softmax(z)_y. squared: L = ½ |z − t|², t = one-hot(y) − 1/q, as in kernel ridge
 * regression.
 */
export type LossKind = "softmax" | "squared";

export interface Losses {
  /** L, (batch). */
  readonly values: tf.Tensor1D;
  /** ∂L/∂z of each example's own loss, (batch, classes). */
  readonly slopes: tf.Tensor2D;
}

/**
 * @param scores z, (batch, classes).
 * @param labels one-hot, (batch, classes).
 */
export function lossesOf(kind: LossKind, scores: tf.Tensor2D, labels: tf.Tensor2D): Losses {
  const [values, slopes] = tf.tidy(() => {
    if (kind === "softmax") {
      const own = tf.sum(tf.mul(scores, labels), 1);
      const values = tf.sub<tf.Tensor1D>(tf.logSumExp(scores, 1), own);
      return [values, tf.sub<tf.Tensor2D>(tf.softmax(scores), labels)] as const;
    }
    const classes = scores.shape[1];
    const slopes = tf.sub<tf.Tensor2D>(scores, tf.sub(labels, 1 / classes));
    return [tf.mul<tf.Tensor1D>(tf.sum(tf.square(slopes), 1), 0.5), slopes] as const;
  });
  return { values, slopes };
}

/** The same loss of one row of scores, in float64. */
export function lossOfRow(kind: LossKind, scores: Float32Array, label: number): number {
  if (kind === "softmax") {
    const top = scores.reduce((most, score) => Math.max(most, score), -Infinity);
    const sum = scores.reduce((all, score) => all + Math.exp(score - top), 0);
    return Math.log(sum) + top - (scores[label] ?? Number.NaN);
  }
  const share = 1 / scores.length;
  return scores.reduce((sum, score, index) =>
    sum + 0.5 * (score - ((index === label ? 1 : 0) - share)) ** 2, 0);
}

/** One-hot rows, (batch, classes). */
export function oneHot(labels: Int32Array, classes: number): tf.Tensor2D {
  const values = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => { values[row * classes + label] = 1; });
  return tf.tensor2d(values, [labels.length, classes]);
}
