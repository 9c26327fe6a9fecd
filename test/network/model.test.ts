// The models: shapes of what comes out, parameter counts, the rule of the depth, schedules.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../../schema/failure.ts";
import { buildNetwork, parameterCount } from "../../worker/experiments/network/model.ts";
import { rateAt } from "../../worker/experiments/network/schedule.ts";
import { disposeState, initialState } from "../../worker/experiments/network/state.ts";
import { openBackend } from "../../worker/tensor/backend.ts";

before(() => openBackend("wasm"));

/** Parameters of a pre-activation ResNet of basic blocks, counted layer by layer. */
function countedByHand(depth: number, channels: number, classes: number): number {
  const blocks = (depth - 2) / 6;
  let count = 9 * channels * 16;
  let before = 16;
  for (const wide of [16, 32, 64]) {
    for (let block = 0; block < blocks; block++) {
      count += 2 * before + 9 * before * wide + 2 * wide + 9 * wide * wide;
      if (before !== wide) count += before * wide;
      before = wide;
    }
  }
  return count + 2 * 64 + 64 * classes + classes;
}

test("pre-activation ResNets of depth 8, 20 and 110 have the parameters that their layers have", () => {
  for (const [depth, classes] of [[8, 10], [20, 10], [110, 100]] as const) {
    const network = buildNetwork({ name: "preresnet", depth }, [32, 32, 3], classes);
    assert.equal(parameterCount(network), countedByHand(depth, 3, classes));
    const filters = network.weights.filter(({ shape }) => shape.length === 4 && shape[0] === 3);
    assert.equal(filters.length + 1, depth, "3 × 3 convolutions and the head");
    assert.equal(network.norms.length, depth - 1);
  }
  // 0.27 million and 1.7 million: the sizes that the paper's tables round to.
  assert.equal(Math.round(countedByHand(20, 3, 10) / 1e4), 27);
  assert.equal(Math.round(countedByHand(110, 3, 10) / 1e5), 17);
});

test("a depth that is not 6k + 2 is refused, with its neighbours", () => {
  for (const [depth, neighbours] of [[9, "8 or 14"], [18, "14 or 20"], [19, "14 or 20"], [2, "8 or 14"]] as const) {
    assert.throws(() => buildNetwork({ name: "preresnet", depth }, [32, 32, 3], 10),
      (error: unknown) => error instanceof UserError && error.message.includes(neighbours));
  }
});

test("every model gives one score per class for any image size, and stages halve the image", () => {
  const models = [{ name: "linear", bias: true }, { name: "linear", bias: false },
    { name: "small", activation: "relu" }, { name: "preresnet", depth: 8 }] as const;
  for (const model of models) {
    for (const image of [[28, 28, 1], [32, 32, 3], [9, 11, 2]] as const) {
      const network = buildNetwork(model, [...image], 7);
      const state = initialState(network, 3);
      const before = tf.memory().numTensors;
      const [scores, features] = tf.tidy(() => {
        const run = { weights: state.weights, norm: { kind: "fixed", moments: state.moments }, isTaped: false } as const;
        const x = tf.ones<tf.Rank.R4>([2, ...image]);
        return [network.layer.forward(x, run).y.shape, network.body.forward(x, run).y.shape] as const;
      });
      assert.deepEqual(scores, [2, 7]);
      assert.equal(features.length, 2);
      assert.equal(tf.memory().numTensors, before);
      disposeState(state);
    }
  }
});

test("the same seed starts the same weights, another seed others, with He's deviation", async () => {
  const network = buildNetwork({ name: "preresnet", depth: 8 }, [32, 32, 3], 10);
  const states = [1, 1, 2].map((seed) => initialState(network, seed));
  const slot = network.weights.findIndex(({ name }) => name === "stage3.block1.conv2.filter");
  const [one, same, other] = await Promise.all(states.map(async ({ weights }) => weights[slot]!.data()));
  assert.deepEqual(one, same);
  assert.notDeepEqual(one, other);
  const variance = Array.from(one!).reduce((sum, value) => sum + value * value, 0) / one!.length;
  // 36,864 draws: the sample variance is within 4 % of 2 / (9 · 64) at five standard deviations.
  assert.ok(Math.abs(variance / (2 / (9 * 64)) - 1) < 0.04, `${variance}`);
  states.forEach(disposeState);
});

test("schedules: constant, steps at shares of the epochs, half a cosine", () => {
  const along = (schedule: Parameters<typeof rateAt>[0]): number[] =>
    Array.from({ length: 8 }, (_, epoch) => rateAt(schedule, 0.4, epoch, 8));
  assert.deepEqual(along({ kind: "constant" }), Array.from({ length: 8 }, () => 0.4));
  const steps = along({ kind: "step", at: [0.5, 0.75], factor: 0.1 });
  assert.deepEqual(steps.map((rate) => Math.round(rate * 1e6) / 1e6), [0.4, 0.4, 0.4, 0.4, 0.04, 0.04, 0.004, 0.004]);
  const cosine = along({ kind: "cosine" });
  assert.equal(cosine[0], 0.4);
  assert.ok(Math.abs(cosine[4]! - 0.2) < 1e-12 && cosine.every((rate, epoch) => epoch === 0 || rate < cosine[epoch - 1]!));
});
