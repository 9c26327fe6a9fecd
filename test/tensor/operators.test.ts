// Every backend that opens here, against float64 operators: values, input and weight gradients.
//
// An optional backend whose packages are absent is examined on what it says instead; nothing is
// skipped, since asking for it and being told how to get it is what its user sees.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { randomFrom } from "../../data/random.ts";
import { describeBackend, openBackend } from "../../worker/tensor/backend.ts";
import { relu, softplus } from "../../worker/tensor/layers/activation.ts";
import { batchNorm } from "../../worker/tensor/layers/batch-norm.ts";
import { identity, residual, sequence } from "../../worker/tensor/layers/compose.ts";
import { convolution } from "../../worker/tensor/layers/convolution.ts";
import { dense } from "../../worker/tensor/layers/dense.ts";
import { Gradients, type Layer, type Norm, type Run } from "../../worker/tensor/layers/layer.ts";
import { flatten, globalAverage, maxPool2 } from "../../worker/tensor/layers/pool.ts";
import { backendsUnderTest, isDemanded } from "./backends.ts";
import * as reference from "./reference.ts";
import { type Plain, sizeOf } from "./reference.ts";

interface Case {
  readonly name: string;
  readonly input: readonly number[];
  readonly weights: readonly (readonly number[])[];
  readonly layer: Layer;
  readonly plain: (x: Plain, weights: readonly Plain[]) => Plain;
  readonly fixedMoments?: boolean;
}

const MOMENTS = { mean: Float64Array.of(0.3, -0.2, 0.1), variance: Float64Array.of(0.7, 1.4, 0.4) };

function convolutionCase(
  name: string,
  options: { size: number; taps: number; stride: number; pad: "same" | "valid"; bias?: boolean },
): Case {
  const { size, taps, stride, pad, bias = false } = options;
  return {
    name,
    input: [3, size, size + 1, 2],
    weights: [[taps, taps, 2, 5], ...(bias ? [[5]] : [])],
    layer: convolution({ filter: 0, bias: bias ? 1 : null }, { filter: [taps, taps], stride, pad }),
    plain: (x, [filter, shift]) =>
      reference.convolution(x, filter!, bias ? shift! : null, { stride, pad }),
  };
}

const slots = { scale: 0, shift: 1, moments: 0 };
const CASES: readonly Case[] = [
  convolutionCase("convolution 3 × 3", { size: 5, taps: 3, stride: 1, pad: "same" }),
  convolutionCase("convolution 3 × 3 with bias", { size: 4, taps: 3, stride: 1, pad: "same", bias: true }),
  convolutionCase("convolution 3 × 3, stride 2, even", { size: 6, taps: 3, stride: 2, pad: "same" }),
  convolutionCase("convolution 3 × 3, stride 2, odd", { size: 7, taps: 3, stride: 2, pad: "same" }),
  convolutionCase("convolution 1 × 1, stride 2, even", { size: 6, taps: 1, stride: 2, pad: "same" }),
  convolutionCase("convolution 1 × 1, stride 2, odd", { size: 7, taps: 1, stride: 2, pad: "same" }),
  convolutionCase("convolution 3 × 3, valid", { size: 6, taps: 3, stride: 1, pad: "valid" }),
  convolutionCase("convolution 3 × 3, stride 2, valid", { size: 6, taps: 3, stride: 2, pad: "valid" }),
  { name: "dense", input: [4, 6], weights: [[6, 3], [3]], layer: dense({ weight: 0, bias: 1 }),
    plain: (x, [weight, bias]) => reference.dense(x, weight!, bias!) },
  { name: "dense without bias", input: [4, 6], weights: [[6, 3]], layer: dense({ weight: 0, bias: null }),
    plain: (x, [weight]) => reference.dense(x, weight!, null) },
  { name: "relu", input: [4, 7], weights: [], layer: relu, plain: reference.relu },
  { name: "softplus", input: [4, 7], weights: [], layer: softplus, plain: reference.softplus },
  { name: "batch norm of a batch of images", input: [3, 4, 4, 3], weights: [[3], [3]],
    layer: batchNorm(slots), plain: (x, [scale, shift]) => reference.batchNorm(x, scale!, shift!) },
  { name: "batch norm of a batch of rows", input: [6, 3], weights: [[3], [3]],
    layer: batchNorm(slots), plain: (x, [scale, shift]) => reference.batchNorm(x, scale!, shift!) },
  { name: "batch norm by fixed moments", input: [3, 4, 4, 3], weights: [[3], [3]], fixedMoments: true,
    layer: batchNorm(slots),
    plain: (x, [scale, shift]) => reference.batchNorm(x, scale!, shift!, MOMENTS) },
  { name: "maximum of 2 × 2", input: [2, 6, 4, 3], weights: [], layer: maxPool2, plain: reference.maxPool2 },
  { name: "maximum of 2 × 2 of odd sizes", input: [2, 5, 7, 3], weights: [], layer: maxPool2,
    plain: reference.maxPool2 },
  { name: "mean over pixels", input: [2, 3, 4, 5], weights: [], layer: globalAverage,
    plain: reference.globalAverage },
  { name: "a residual block, flattened, to a dense layer", input: [2, 4, 4, 2],
    weights: [[3, 3, 2, 2], [1, 1, 2, 2], [32, 3]],
    layer: sequence(
      softplus,
      residual(
        sequence(convolution({ filter: 0, bias: null }, { filter: [3, 3], stride: 1, pad: "same" }), softplus),
        convolution({ filter: 1, bias: null }, { filter: [1, 1], stride: 1, pad: "same" }),
      ),
      residual(identity, sequence(softplus)),
      flatten,
      dense({ weight: 2, bias: null }),
    ),
    plain(x, [filter, projection, weight]) {
      const options = { stride: 1, pad: "same" } as const;
      const start = reference.softplus(x);
      const branch = reference.softplus(reference.convolution(start, filter!, null, options));
      const sum = reference.add(branch, reference.convolution(start, projection!, null, options));
      const flat = { ...reference.add(sum, reference.softplus(sum)), shape: [2, 32] };
      return reference.dense(flat, weight!, null);
    } },
];

function draw(shape: readonly number[], seed: number): Plain {
  const random = randomFrom(seed);
  // Multiples of 2^-8: exact in float32, and far enough apart for differences across a kink.
  return reference.filled(shape, () => Math.round(random.normal() * 256) / 256 + 1 / 1024);
}

function tensorOf(x: Plain): tf.Tensor {
  return tf.tensor(Float32Array.from(x.values), [...x.shape]);
}

async function valuesOf(x: tf.Tensor): Promise<Float64Array> {
  return Float64Array.from(await x.data());
}

function assertClose(got: ArrayLike<number>, want: ArrayLike<number>, what: string): void {
  assert.equal(got.length, want.length, what);
  const scale = Math.max(1, ...Array.from(want, Math.abs));
  for (let index = 0; index < got.length; index++) {
    const off = Math.abs(got[index]! - want[index]!);
    assert.ok(off <= 2e-5 * scale, `${what}[${index}]: ${got[index]} is not ${want[index]}`);
  }
}

function normOf(one: Case): Norm {
  if (one.fixedMoments !== true) {
    return { kind: "batch", observe: (_, { mean, variance }) => tf.dispose([mean, variance]) };
  }
  const { mean, variance } = MOMENTS;
  const moments = [{ mean: tf.tensor1d([...mean]), variance: tf.tensor1d([...variance]) }];
  return { kind: "fixed", moments };
}

async function examine(one: Case): Promise<void> {
  const x = draw(one.input, 1);
  const weights = one.weights.map((shape, slot) => draw(shape, 2 + slot));
  const y = one.plain(x, weights);
  const dy = draw(y.shape, 99);
  const norm = normOf(one);
  const kept = [tensorOf(x), tensorOf(dy), ...weights.map(tensorOf)] as const;
  const [input, flow, ...arrays] = kept;
  const run: Run = { weights: arrays, norm, isTaped: true };
  const countBefore = tf.memory().numTensors;
  const pass = one.layer.forward(input, run);
  const gradients = new Gradients();
  const dx = pass.pull(flow, { input: true, gradients, isNormFixed: false });
  const onlyInput = pass.pull(flow, { input: true, gradients: null, isNormFixed: false });
  assert.ok(dx !== null && onlyInput !== null);
  assert.deepEqual(pass.y.shape, [...y.shape]);
  assertClose(await valuesOf(pass.y), y.values, "y");
  const loss = (values: Plain): number => reference.inner(values.values, dy.values);
  const wantInput = reference.gradientByDifferences(
    (values) => loss(one.plain({ ...x, values }, weights)), x.values);
  assertClose(await valuesOf(dx), wantInput, "dx");
  assert.deepEqual(await valuesOf(onlyInput), await valuesOf(dx));
  for (const [slot, weight] of weights.entries()) {
    const lossAt = (values: Float64Array): number =>
      loss(one.plain(x, weights.with(slot, { ...weight, values })));
    const want = reference.gradientByDifferences(lossAt, weight.values);
    assert.equal(sizeOf(weight.shape), want.length);
    assertClose(await valuesOf(gradients.of(slot)), want, `weight ${slot}`);
  }
  tf.dispose([pass.y, dx, onlyInput]);
  gradients.dispose();
  pass.release();
  assert.equal(tf.memory().numTensors, countBefore, "a pass and its pulls leave no tensor behind");
  tf.dispose([...kept]);
}

for (const name of backendsUnderTest()) {
  const opened = await describeBackend(name);
  if (!opened.ok) {
    test(`${name}, which is absent here, says why and how to get it`, async (t) => {
      t.diagnostic(`${name} is not examined here: ${opened.why}`);
      assert.ok(name !== "wasm" && name !== "cpu", `${name}: ${opened.why}`);
      assert.ok(!isDemanded(name), opened.why);
      await assert.rejects(openBackend(name), (error: Error) => {
        assert.match(error.message, new RegExp(`^tensor backend ${name}: .*(npm i|driver)`));
        assert.equal(error.message.includes("\n"), false);
        return true;
      });
    });
    continue;
  }
  describe(`${name} (${opened.device})`, () => {
    before(() => openBackend(name));
    after(() => tf.disposeVariables());
    for (const one of CASES) test(`${one.name}: value and gradients are the reference's`, () => examine(one));
  });
}
