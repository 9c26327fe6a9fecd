// What training changes: weights, their momenta, and batch norm's running moments.
import * as tf from "@tensorflow/tfjs-core";
import { randomFrom } from "../../../data/random.ts";
import { deriveSeed } from "../../../schema/seed.ts";
import type { Moments } from "../../tensor/layers/layer.ts";
import { rank1 } from "../../tensor/ranks.ts";
import type { Network, WeightSpec } from "./model.ts";

/** Tensors that the holder must dispose. */
export interface TrainingState {
  readonly weights: readonly tf.Tensor[];
  /** Same shapes as the weights. */
  readonly momenta: readonly tf.Tensor[];
  /** By moment slot: what batch norm normalises with outside training. */
  readonly moments: readonly Moments[];
}

/** The state as numbers, in a fixed order: weights, momenta, then mean and variance of each norm. */
export type StateArrays = readonly Float32Array[];

/** The start of training: each weight array has its own stream, named after it. */
export function initialState(network: Network, seed: number): TrainingState {
  return {
    weights: network.weights.map((spec) => tf.tensor(initialValues(spec, seed), [...spec.shape])),
    momenta: network.weights.map(({ shape }) => tf.zeros([...shape])),
    moments: network.norms.map((channels) =>
      ({ mean: tf.zeros<tf.Rank.R1>([channels]), variance: tf.ones<tf.Rank.R1>([channels]) })),
  };
}

function initialValues({ name, shape, fill }: WeightSpec, seed: number): Float32Array {
  const values = new Float32Array(shape.reduce((all, one) => all * one, 1));
  if (fill.kind === "constant") return values.fill(fill.value);
  const random = randomFrom(deriveSeed(seed, "weights", name));
  for (let index = 0; index < values.length; index++) values[index] = fill.deviation * random.normal();
  return values;
}

export function disposeState(state: TrainingState): void {
  tf.dispose(tensorsOf(state));
}

/** Every tensor of a state, in the order of StateArrays. */
export function tensorsOf({ weights, momenta, moments }: TrainingState): tf.Tensor[] {
  return [...weights, ...momenta, ...moments.flatMap(({ mean, variance }) => [mean, variance])];
}

export async function arraysOf(state: TrainingState): Promise<Float32Array[]> {
  return Promise.all(tensorsOf(state).map(async (tensor) => Float32Array.from(await tensor.data())));
}

/** The state that `arraysOf` took apart. @throws RangeError if they are not this network's. */
export function stateOf(network: Network, arrays: StateArrays): TrainingState {
  const shapes = [
    ...network.weights.map(({ shape }) => shape),
    ...network.weights.map(({ shape }) => shape),
    ...network.norms.flatMap((channels) => [[channels], [channels]]),
  ];
  if (arrays.length !== shapes.length) {
    throw new RangeError(`state of ${arrays.length} arrays: expected ${shapes.length}`);
  }
  const tensors = shapes.map((shape, index) => tf.tensor(arrays[index] ?? [], [...shape]));
  const count = network.weights.length;
  return {
    weights: tensors.slice(0, count),
    momenta: tensors.slice(count, 2 * count),
    moments: network.norms.map((_, slot) => ({
      mean: vectorAt(tensors, 2 * count + 2 * slot),
      variance: vectorAt(tensors, 2 * count + 2 * slot + 1),
    })),
  };
}

function vectorAt(tensors: readonly tf.Tensor[], index: number): tf.Tensor1D {
  const tensor = tensors[index];
  if (tensor === undefined) throw new RangeError(`no array ${index}`);
  return rank1(tensor);
}
