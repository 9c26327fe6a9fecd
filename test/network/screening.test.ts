// What detectors see of a network: its penultimate features, by principal components.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { randomFrom } from "../../data/random.ts";
import { metricsOf } from "../../schema/experiments/registry.ts";
import type { TrainingSet } from "../../worker/experiments/network/batches.ts";
import { buildNetwork } from "../../worker/experiments/network/model.ts";
import { represent } from "../../worker/experiments/network/penultimate.ts";
import { scoresOf } from "../../worker/experiments/network/scores.ts";
import { disposeState, initialState } from "../../worker/experiments/network/state.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import { type Matrix, matrix } from "../../worker/linalg/matrix.ts";
import { classFeatures, rowFeatures } from "../../worker/screening/class-features.ts";
import { openBackend, type TensorBackend } from "../../worker/tensor/backend.ts";
import { metric, runJob, smallStudy } from "./support.ts";

let backend: TensorBackend;
before(async () => {
  backend = await openBackend("wasm");
});
const { provider: linalg } = openProvider("portable");

const gramOf = (rows: Matrix): Matrix => {
  const out = matrix(rows.rows, rows.rows);
  linalg.gemm({ a: rows, b: rows, c: out, transposeB: true });
  return out;
};

test("components of rows are those of their Gram matrix, whichever of rows and features are fewer", () => {
  for (const [n, k] of [[30, 4], [5, 12], [9, 9]] as const) {
    const random = randomFrom(n);
    const rows = matrix(n, k, Float64Array.from({ length: n * k }, (_, index) => 3 + random.normal() * (1 + index % k)));
    for (const most of [3, 64]) {
      const [own, byGram] = [rowFeatures(rows, most, linalg), classFeatures(gramOf(rows), most, linalg)];
      assert.equal(own.values.length, byGram.values.length);
      own.values.forEach((value, j) => assert.ok(Math.abs(value - byGram.values[j]!) < 1e-9 * own.values[0]!));
      // Axes have no sign: what counts is the rows' inner products.
      const [a, b] = [gramOf(own.scores).data, gramOf(byGram.scores).data];
      a.forEach((value, index) => assert.ok(Math.abs(value - b[index]!) < 1e-9 * own.values[0]!, `${n} × ${k}: ${index}`));
    }
  }
});

test("a representation times the head's weights gives the network's scores, poisons with their trigger", async () => {
  const random = randomFrom(4);
  const features = Float32Array.from({ length: 300 * 64 }, () => random.uniform());
  const labels = Int32Array.from({ length: 300 }, (_, row) => row % 3);
  const train = { rows: 300, dimension: 64, features, labels };
  const poisoned = Int32Array.of(7, 290);
  const stamped = Float32Array.from({ length: 2 * 64 }, () => random.uniform());
  const set: TrainingSet = {
    train, target: 1, isAugmented: true, classes: 3, batch: 10, seed: 1,
    poison: { rows: poisoned, labels: Int32Array.of(1, 2), strengths: Float64Array.of(1, 1), features: stamped },
    affine: { scale: new Float64Array(64).fill(2), shift: new Float64Array(64).fill(-1) },
    crop: { image: [8, 8, 1], size: [6, 6] },
  };
  const network = buildNetwork({ name: "small", activation: "relu" }, [6, 6, 1], 3);
  const state = initialState(network, 3);
  const seen = await represent(network, state, set);
  assert.deepEqual([...seen.isPoison.keys()].filter((row) => seen.isPoison[row] === 1), [...poisoned]);
  assert.deepEqual([...seen.labels], [...labels].map((label, row) => (poisoned.includes(row) ? 1 : label)));
  // Again through the whole network, from windows cut by hand.
  const values = Float32Array.from({ length: 300 * 36 }, (_, index) => {
    const [row, y, x] = [Math.floor(index / 36), Math.floor((index % 36) / 6), index % 6];
    const place = poisoned.indexOf(row);
    const from = place < 0 ? features.subarray(row * 64) : stamped.subarray(place * 64);
    return 2 * from[(y + 1) * 8 + x + 1]! - 1;
  });
  const scores = await scoresOf(network, state, { rows: 300, shape: [6, 6, 1], values, labels });
  const weight = await state.weights.at(-2)!.data();
  for (const row of [0, 7, 255, 256, 290, 299]) {
    for (let c = 0; c < 3; c++) {
      let sum = 0;
      for (let j = 0; j < seen.features.cols; j++) sum += seen.features.data[row + j * 300]! * weight[j * 3 + c]!;
      assert.ok(Math.abs(sum - scores[row * 3 + c]!) < 1e-5, `row ${row}, class ${c}`);
    }
  }
  disposeState(state);
});

const content = {
  experiment: "cnn", model: "small", data: { source: "glyphs", train: 300, test: 60, standardise: "global" },
  attack: { trigger: { kind: "patch", size: 5 } }, training: { batch: 25, schedule: "cosine" },
  measure: { probes: 0, every: 4 }, fixed: { epochs: 4, learning_rate: 0.02 }, axes: { poison_rate: [0, 0.06] },
};

test("detectors rank the poisons of a network that learned them high, and have no area without poison", async () => {
  const study = await smallStudy({ ...content, screening: {} });
  const [clean, poisoned] = [await runJob(study, 0, { backend }), await runJob(study, 1, { backend })];
  assert.ok(metric(poisoned, "attack_success_rate") > 0.9);
  for (const [name, least] of Object.entries({ spectral: 0.65, clustering: 0.65, spectre: 0.95, scan: 0.95 })) {
    const area = metric(poisoned, `${name}_auc`);
    assert.ok(area > least, `${name}: ${area}`);
    assert.ok(Number.isNaN(metric(clean, `${name}_auc`)));
  }
});

test("a study without the block has no such columns", async () => {
  const { order } = await smallStudy(content);
  assert.equal(metricsOf(order.spec).some(({ name }) => name === "spectral_auc"), false);
});
