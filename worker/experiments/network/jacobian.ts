// Gradients of class scores with respect to the input, at probe rows.
import * as tf from "@tensorflow/tfjs-core";
import { rank2 } from "../../tensor/ranks.ts";
import type { LossKind } from "./loss.ts";
import { lossesOf, oneHot } from "./loss.ts";
import type { Network } from "./model.ts";
import { type Images, imageTensor } from "./scores.ts";
import type { TrainingState } from "./state.ts";

/** Scores and Jacobians at every probe. */
export interface Jacobians {
  readonly probes: number;
  readonly classes: number;
  /** d, entries of an input. */
  readonly dimension: number;
  /** (probes, classes). */
  readonly scores: Float32Array;
  /** By class: ∂z_c/∂x, (probes, d). */
  readonly rows: readonly Float32Array[];
}

/** One forward pass and one pull for each class; batch norm by its running moments. */
export async function jacobiansOf(
  network: Network,
  { weights, moments }: TrainingState,
  images: Images,
): Promise<Jacobians> {
  const run = { weights, norm: { kind: "fixed", moments }, isTaped: true } as const;
  const input = imageTensor(images, 0, images.rows);
  const pass = network.layer.forward(input, run);
  const [probes, classes] = rank2(pass.y).shape;
  const rows: Float32Array[] = [];
  for (let c = 0; c < classes; c++) {
    const one = oneHot(new Int32Array(probes).fill(c), classes);
    const slope = pass.pull(one, { input: true, gradients: null, isNormFixed: true });
    one.dispose();
    if (slope === null) throw new RangeError("the network's input was not reached");
    rows.push(Float32Array.from(await slope.data()));
    slope.dispose();
  }
  const scores = Float32Array.from(await pass.y.data());
  pass.release();
  tf.dispose([pass.y, input]);
  return { probes, classes, dimension: images.values.length / images.rows, scores, rows };
}

/** Every probe's ∇ₓL with the given labels, (probes, d), at `values` in place of the images'. */
export async function inputSlopes(
  network: Network,
  { weights, moments }: TrainingState,
  images: Images,
  kind: LossKind,
): Promise<Float32Array> {
  const slope = tf.tidy(() => {
    const run = { weights, norm: { kind: "fixed", moments }, isTaped: true } as const;
    const pass = network.layer.forward(imageTensor(images, 0, images.rows), run);
    const scores = rank2(pass.y);
    const { slopes } = lossesOf(kind, scores, oneHot(images.labels, scores.shape[1]));
    const dx = pass.pull(slopes, { input: true, gradients: null, isNormFixed: true });
    pass.release();
    if (dx === null) throw new RangeError("the network's input was not reached");
    return dx;
  });
  const values = Float32Array.from(await slope.data());
  slope.dispose();
  return values;
}
