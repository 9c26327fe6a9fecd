// Input Hessians: exact ones of piecewise linear networks against differences of float64
// gradients, and Lanczos on smooth ones against a dense float64 Hessian.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { randomFrom } from "../../data/random.ts";
import { nullOverlap } from "../../worker/experiments/network/null-overlap.ts";
import { measureProbes, type ProbeReport } from "../../worker/experiments/network/probes.ts";
import type { LossKind } from "../../worker/experiments/network/loss.ts";
import type { Network } from "../../worker/experiments/network/model.ts";
import { matrix } from "../../worker/linalg/matrix.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import { openBackend } from "../../worker/tensor/backend.ts";
import { relu } from "../../worker/tensor/layers/activation.ts";
import { sequence } from "../../worker/tensor/layers/compose.ts";
import { dense } from "../../worker/tensor/layers/dense.ts";
import { flatten } from "../../worker/tensor/layers/pool.ts";
import { CLASSES, HIDDEN, INPUTS, SHAPES, slopesOf, smoothNetwork, type Weights } from "./smooth-net.ts";

before(() => openBackend("cpu"));

const { provider: linalg } = openProvider("portable");
const PROBES = 6;
const random = randomFrom(5);
const normals = (size: number, scale = 1): Float64Array =>
  Float64Array.from({ length: size }, () => Math.fround(scale * random.normal()));
const WEIGHTS: Weights = [
  normals(INPUTS * HIDDEN, 0.8), normals(HIDDEN, 0.4), normals(HIDDEN * CLASSES, 1.1), normals(CLASSES, 0.3),
];
const ROWS = Array.from({ length: PROBES }, () => normals(INPUTS));
const LABELS = Int32Array.from({ length: PROBES }, (_, row) => row % CLASSES);
const DIRECTIONS = Array.from({ length: PROBES }, () => normals(INPUTS));

const flat = (rows: readonly Float64Array[]): Float32Array =>
  Float32Array.from(rows.flatMap((row) => [...row]));

async function report(network: Network, kind: LossKind): Promise<ProbeReport> {
  const weights = WEIGHTS.map((values, slot) => tf.tensor(Float32Array.from(values), [...SHAPES[slot]!]));
  const images = { rows: PROBES, shape: [1, INPUTS, 1] as const, values: flat(ROWS), labels: LABELS };
  const countBefore = tf.memory().numTensors;
  const found = await measureProbes({ images, directions: flat(DIRECTIONS) },
    { network, state: { weights, momenta: [], moments: [] }, kind, seed: 3, linalg });
  assert.equal(tf.memory().numTensors, countBefore, "measuring leaves no tensor behind");
  tf.dispose(weights);
  return found;
}

function reluNetwork(): Network {
  const body = sequence(flatten, dense({ weight: 0, bias: 1 }), relu);
  const head = dense({ weight: 2, bias: 3 });
  return { ...smoothNetwork(), body, head, layer: sequence(body, head), isPiecewiseLinear: true };
}

/** ∇ₓL of the ReLU network in float64. */
function reluSlope(x: Float64Array, label: number, kind: LossKind): Float64Array {
  const [w1, b1, w2, b2] = WEIGHTS;
  const h = b1.map((bias, j) => Math.max(0, x.reduce((sum, entry, i) => sum + entry * w1[i * HIDDEN + j]!, bias)));
  const z = b2.map((bias, k) => h.reduce((sum, entry, j) => sum + entry * w2[j * CLASSES + k]!, bias));
  const total = z.reduce((sum, score) => sum + Math.exp(score), 0);
  const delta = z.map((score, k) => {
    const own = k === label ? 1 : 0;
    return kind === "softmax" ? Math.exp(score) / total - own : score - own + 1 / CLASSES;
  });
  const da = h.map((value, j) =>
    (value > 0 ? 1 : 0) * delta.reduce((sum, entry, k) => sum + entry * w2[j * CLASSES + k]!, 0));
  return Float64Array.from(x, (_, i) => da.reduce((sum, entry, j) => sum + entry * w1[i * HIDDEN + j]!, 0));
}

/** The Hessian of a gradient by central differences, symmetrised: (d, d). */
function hessianOf(slope: (x: Float64Array) => Float64Array, x: Float64Array): Float64Array {
  const step = 1e-5;
  const hessian = new Float64Array(INPUTS * INPUTS);
  for (let i = 0; i < INPUTS; i++) {
    const [above, below] = [1, -1].map((sign) => slope(x.with(i, x[i]! + sign * step)));
    for (let j = 0; j < INPUTS; j++) {
      const entry = (above![j]! - below![j]!) / (2 * step);
      hessian[i * INPUTS + j]! += entry / 2;
      hessian[j * INPUTS + i]! += entry / 2;
    }
  }
  return hessian;
}

interface Spectrum {
  readonly top: number;
  readonly trace: number;
  readonly overlap: number;
  readonly subspace: number;
}

/** By a dense eigenproblem; the subspace is that of the q − 1 largest non-zero eigenvalues. */
function spectrumOf(hessian: Float64Array, direction: ArrayLike<number>): Spectrum {
  if (hessian.every((entry) => Math.abs(entry) < 1e-9)) return { top: 0, trace: 0, overlap: NaN, subspace: NaN };
  const { values, vectors } = linalg.symmetricEigen(matrix(INPUTS, INPUTS, hessian.slice()));
  const square = Array.from(direction).reduce((sum, entry) => sum + entry * entry, 0);
  const cosine2 = (index: number): number => {
    if (values[index]! < 1e-7 * values[INPUTS - 1]!) return 0; // any vector of the null space would do
    let product = 0;
    for (let i = 0; i < INPUTS; i++) product += vectors.data[index * INPUTS + i]! * direction[i]!;
    return (product * product) / square;
  };
  return {
    top: values[INPUTS - 1]!,
    trace: Array.from({ length: INPUTS }, (_, i) => hessian[i * INPUTS + i]!).reduce((a, b) => a + b, 0),
    overlap: cosine2(INPUTS - 1),
    subspace: Array.from({ length: CLASSES - 1 }, (_, i) => cosine2(INPUTS - 1 - i)).reduce((a, b) => a + b, 0),
  };
}

/** Of those that are numbers: where all hidden units are off there is no curvature. */
const mean = (values: readonly number[]): number => {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((a, b) => a + b, 0) / known.length;
};
const meanArray = (arrays: readonly ArrayLike<number>[]): Float64Array =>
  Float64Array.from({ length: arrays[0]!.length }, (_, i) => mean(arrays.map((array) => array[i]!)));

function assertNear(got: number, want: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(got - want) <= tolerance * Math.max(Math.abs(want), 1e-3), `${what}: ${got} is not ${want}`);
}

for (const kind of ["softmax", "squared"] as const) {
  test(`a ReLU network's input Hessian under the ${kind} loss is that of differences`, async () => {
    const hessians = ROWS.map((x, row) => hessianOf((at) => reluSlope(at, LABELS[row]!, kind), x));
    const each = hessians.map((hessian, row) => spectrumOf(hessian, DIRECTIONS[row]!));
    const whole = spectrumOf(meanArray(hessians), meanArray(DIRECTIONS));
    const found = await report(reluNetwork(), kind);
    assertNear(found.hessian_top, mean(each.map(({ top }) => top)), 1e-4, "top");
    assertNear(found.hessian_trace, mean(each.map(({ trace }) => trace)), 1e-4, "trace");
    assertNear(found.hessian_overlap, mean(each.map(({ overlap }) => overlap)), 1e-3, "overlap");
    assertNear(found.hessian_subspace_overlap, mean(each.map(({ subspace }) => subspace)), 1e-3, "subspace");
    assertNear(found.mean_hessian_top, whole.top, 1e-4, "top of the mean");
    assertNear(found.mean_hessian_overlap, whole.overlap, 1e-3, "overlap of the mean");
    const squares = ROWS.map((x, row) =>
      reluSlope(x, LABELS[row]!, kind).reduce((sum, entry) => sum + entry * entry, 0));
    assertNear(found.input_gradient_square, mean(squares), 1e-4, "gradient");
  });
}

test("a smooth network's input Hessian is found by Lanczos, all of it and not only Gauss–Newton", async () => {
  const predicted = ROWS.map((x) => {
    const losses = [0, 1, 2].map((label) => slopesOf(WEIGHTS, x, label).loss);
    return losses.indexOf(Math.min(...losses));
  });
  // The R-operator along each axis gives the columns.
  const hessians = ROWS.map((x, row) => Float64Array.from(Array.from({ length: INPUTS }, (_, i) =>
    [...slopesOf(WEIGHTS, x, predicted[row]!, new Float64Array(INPUTS).fill(1, i, i + 1)).tangent.input]).flat()));
  const each = hessians.map((hessian, row) => spectrumOf(hessian, DIRECTIONS[row]!));
  const whole = spectrumOf(meanArray(hessians), meanArray(DIRECTIONS));
  const found = await report(smoothNetwork(), "softmax");
  assertNear(found.hessian_top, mean(each.map(({ top }) => top)), 5e-3, "top");
  assertNear(found.hessian_overlap, mean(each.map(({ overlap }) => overlap)), 2e-2, "overlap");
  assertNear(found.mean_hessian_top, whole.top, 5e-3, "top of the mean");
  assertNear(found.mean_hessian_overlap, whole.overlap, 2e-2, "overlap of the mean");
  assert.ok(Number.isNaN(found.hessian_subspace_overlap));
});

test("no probes give NaN, not an error", async () => {
  const images = { rows: 0, shape: [1, INPUTS, 1] as const, values: new Float32Array(0), labels: new Int32Array(0) };
  const state = { weights: [], momenta: [], moments: [] };
  const found = await measureProbes({ images, directions: new Float32Array(0) },
    { network: reluNetwork(), state, kind: "softmax", seed: 1, linalg });
  assert.ok(Object.values(found).every(Number.isNaN));
});

test("the null quantile is exceeded by one random direction in a thousand", () => {
  for (const dimension of [5, 64, 784]) {
    const threshold = nullOverlap(dimension, 0.05);
    let above = 0;
    const draws = 4_000;
    for (let draw = 0; draw < draws; draw++) {
      const first = random.normal() ** 2;
      let rest = 0;
      for (let i = 1; i < dimension; i++) rest += random.normal() ** 2;
      if (first / (first + rest) > threshold) above += 1;
    }
    // Four standard deviations of a binomial share of 0.05.
    assert.ok(Math.abs(above / draws - 0.05) < 4 * Math.sqrt((0.05 * 0.95) / draws), `${above} at ${dimension}`);
  }
});
