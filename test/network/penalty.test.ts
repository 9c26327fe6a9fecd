// The gradient penalty's weight gradient: against exact double backpropagation, against
// differences of the objective, with batch norm, and its convergence in h.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { randomFrom } from "../../data/random.ts";
import { oneHot } from "../../worker/experiments/network/loss.ts";
import type { Network } from "../../worker/experiments/network/model.ts";
import { type BatchGradients, gradientsOf } from "../../worker/experiments/network/step.ts";
import { openBackend } from "../../worker/tensor/backend.ts";
import { softplus } from "../../worker/tensor/layers/activation.ts";
import { batchNorm as norm } from "../../worker/tensor/layers/batch-norm.ts";
import { sequence } from "../../worker/tensor/layers/compose.ts";
import { dense as denseLayer } from "../../worker/tensor/layers/dense.ts";
import { flatten } from "../../worker/tensor/layers/pool.ts";
import { batchNorm, dense, filled, gradientByDifferences, momentsOf, plain, type Plain, type PlainMoments,
  softplus as bend } from "../tensor/reference.ts";
import { CLASSES, INPUTS, SHAPES, slopesOf, smoothNetwork, type Weights } from "./smooth-net.ts";

before(() => openBackend("cpu"));

const BATCH = 7;
const random = randomFrom(17);
const normals = (size: number, scale = 1): Float64Array =>
  Float64Array.from({ length: size }, () => Math.fround(scale * random.normal()));
const WEIGHTS: Weights = [
  normals(SHAPES[0][0] * SHAPES[0][1], 0.7), normals(SHAPES[1][0], 0.5),
  normals(SHAPES[2][0] * SHAPES[2][1], 0.9), normals(SHAPES[3][0], 0.3),
];
const ROWS = Array.from({ length: BATCH }, () => normals(INPUTS));
const LABELS = Int32Array.from({ length: BATCH }, (_, row) => row % CLASSES);

/** ∂J/∂w from the code under test, weight by weight. */
async function measured(
  network: Network,
  weights: readonly (readonly [Float64Array, readonly number[]])[],
  settings: { gradientPenalty: number; penaltyStep: number },
): Promise<Float64Array[]> {
  const tensors = weights.map(([values, shape]) => tf.tensor(Float32Array.from(values), [...shape]));
  const images = tf.tensor4d(Float32Array.from(ROWS.flatMap((row) => [...row])), [BATCH, 1, INPUTS, 1]);
  const slots = tf.tidy(() => {
    const batch = { images, labels: oneHot(LABELS, CLASSES) };
    const found: BatchGradients = gradientsOf(network, { weights: tensors }, batch, { loss: "softmax", ...settings });
    return weights.map((_, slot) => found.gradients.of(slot));
  });
  const values = await Promise.all(slots.map(async (slot) => Float64Array.from(await slot.data())));
  tf.dispose([...slots, ...tensors, images]);
  return values;
}

const smooth = (gradientPenalty: number, penaltyStep: number): Promise<Float64Array[]> =>
  measured(smoothNetwork(), WEIGHTS.map((values, slot) => [values, SHAPES[slot]!] as const),
    { gradientPenalty, penaltyStep });

/** Relative distance of all arrays taken together. */
function distance(got: readonly Float64Array[], want: readonly Float64Array[]): number {
  let [off, all] = [0, 0];
  got.forEach((array, slot) => array.forEach((value, index) => {
    off += (value - want[slot]![index]!) ** 2;
    all += want[slot]![index]! ** 2;
  }));
  return Math.sqrt(off / all);
}

/** ∂/∂w of mean L + (κ/2) mean |∇ₓL|²: the second part is the R-operator along ∇ₓL itself. */
function doubleBackprop(kappa: number): Float64Array[] {
  const sums = WEIGHTS.map((array) => new Float64Array(array.length));
  ROWS.forEach((row, index) => {
    const { input, weights } = slopesOf(WEIGHTS, row, LABELS[index]!);
    const { tangent } = slopesOf(WEIGHTS, row, LABELS[index]!, input);
    sums.forEach((sum, slot) => sum.forEach((_, at) => {
      sum[at]! += (weights[slot]![at]! + kappa * tangent.weights[slot]![at]!) / BATCH;
    }));
  });
  return sums;
}

test("without a penalty the gradient is that of the mean loss", async () => {
  assert.ok(distance(await smooth(0, 0.01), doubleBackprop(0)) < 1e-5);
});

test("the penalised gradient is that of double backpropagation, to 1e-3 at h = 0.01", async () => {
  const want = doubleBackprop(3);
  // κ must matter for this to mean anything: the penalty is a good part of the whole.
  assert.ok(distance(doubleBackprop(0), want) > 0.3);
  const off = distance(await smooth(3, 0.01), want);
  assert.ok(off < 1e-3, `relative distance ${off}`);
});

test("the penalised gradient is that of the objective's differences", async () => {
  const objective = (weights: Weights): number =>
    ROWS.reduce((sum, row, index) => {
      const { loss, input } = slopesOf(weights, row, LABELS[index]!);
      return sum + (loss + 1.5 * input.reduce((all, entry) => all + entry * entry, 0)) / BATCH;
    }, 0);
  const at = (slot: number, values: Float64Array): Weights => {
    const [w1, b1, w2, b2] = WEIGHTS.with(slot, values);
    return [w1!, b1!, w2!, b2!];
  };
  const want = WEIGHTS.map((values, slot) =>
    gradientByDifferences((moved) => objective(at(slot, moved)), values, 1e-5));
  const off = distance(await smooth(3, 0.01), want);
  assert.ok(off < 1e-3, `relative distance ${off}`);
});

test("the error falls with the square of h", async () => {
  const want = doubleBackprop(3);
  const [wide, narrow] = [distance(await smooth(3, 0.3), want), distance(await smooth(3, 0.1), want)];
  const order = Math.log(wide / narrow) / Math.log(3);
  assert.ok(Math.abs(order - 2) < 0.15, `order ${order}, from ${wide} to ${narrow}`);
});

const HIDDEN = 4;
const NORM_SHAPES = [[INPUTS, HIDDEN], [HIDDEN], [HIDDEN], [HIDDEN, CLASSES]] as const;
const NORM_WEIGHTS = NORM_SHAPES.map((shape, slot) =>
  plain(shape, normals(shape.reduce<number>((all, one) => all * one, 1), slot === 1 ? 1.2 : 0.8)));

/** dense → batch norm → softplus → dense, as one function of rows, weights and moments. */
function normedScores(x: Plain, [w1, scale, shift, w2]: readonly Plain[], moments?: PlainMoments): Plain {
  const inner = dense(x, w1!, null);
  return dense(bend(batchNorm(inner, scale!, shift!, moments ?? momentsOf(inner))), w2!, null);
}

function losses(scores: Plain): Float64Array {
  return Float64Array.from(LABELS, (label, row) => {
    const own = scores.values.subarray(row * CLASSES, (row + 1) * CLASSES);
    return Math.log(own.reduce((sum, score) => sum + Math.exp(score), 0)) - own[label]!;
  });
}

/** J with batch norm: the loss sees the batch's moments, the penalty sees them as constants. */
function normedObjective(weights: readonly Plain[], fixed: PlainMoments, kappa: number): number {
  const x = filled([BATCH, INPUTS], (index) => ROWS[Math.floor(index / INPUTS)]![index % INPUTS]!);
  const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0);
  const input = gradientByDifferences(
    (values) => sum(losses(normedScores({ ...x, values }, weights, fixed))), x.values, 1e-4);
  const square = input.reduce((all, entry) => all + entry * entry, 0);
  return (sum(losses(normedScores(x, weights))) + (kappa / 2) * square) / BATCH;
}

test("with batch norm the penalty is that of the network whose moments are constants", async () => {
  const network: Network = (() => {
    const body = sequence(flatten, denseLayer({ weight: 0, bias: null }),
      norm({ scale: 1, shift: 2, moments: 0 }), softplus);
    const head = denseLayer({ weight: 3, bias: null });
    const weights = NORM_SHAPES.map((shape, slot) =>
      ({ name: `w${slot}`, shape, fill: { kind: "constant", value: 0 } as const }));
    return { body, head, layer: sequence(body, head), weights, norms: [HIDDEN], isPiecewiseLinear: false };
  })();
  const x = filled([BATCH, INPUTS], (index) => ROWS[Math.floor(index / INPUTS)]![index % INPUTS]!);
  const fixed = momentsOf(dense(x, NORM_WEIGHTS[0]!, null));
  const objective = (weights: readonly Plain[]): number => normedObjective(weights, fixed, 2);
  const want = NORM_WEIGHTS.map((weight, slot) => gradientByDifferences(
    (values) => objective(NORM_WEIGHTS.with(slot, { ...weight, values })), weight.values, 1e-4));
  const got = await measured(network, NORM_WEIGHTS.map(({ values, shape }) => [values, shape] as const),
    { gradientPenalty: 2, penaltyStep: 0.01 });
  const off = distance(got, want);
  assert.ok(off < 2e-3, `relative distance ${off}`);
  // The penalty is felt, and moments that followed the weights would give another gradient.
  const unpenalised = await measured(network, NORM_WEIGHTS.map(({ values, shape }) => [values, shape] as const),
    { gradientPenalty: 0, penaltyStep: 0.01 });
  assert.ok(distance(unpenalised, want) > 0.1);
});

test("an example whose loss does not depend on its input adds nothing, and no NaN", async () => {
  const silent = WEIGHTS.map((values, slot) => (slot === 2 ? new Float64Array(values.length) : values));
  const got = await measured(smoothNetwork(), silent.map((values, slot) => [values, SHAPES[slot]!] as const),
    { gradientPenalty: 5, penaltyStep: 0.01 });
  for (const array of got) assert.ok(array.every(Number.isFinite));
});
