// An interrupted run against an undisturbed one, on every backend that opens here: the same bits where
// sums are ordered, elsewhere within the tolerance that docs/science/networks.md states.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { ResultBlock } from "../../schema/column.ts";
import { memoryCheckpoints } from "../../worker/checkpoint/memory.ts";
import { describeBackend, openBackend } from "../../worker/tensor/backend.ts";
import { runJob, smallStudy } from "../network/support.ts";
import { backendsUnderTest, isDemanded } from "./backends.ts";

/** Of each number of the curve, relative to its size or 1: see docs/science/networks.md, "Long runs". */
const TOLERANCE = 1e-3;
const EPOCHS = 4;

const run = {
  data: { source: "glyphs", train: 24, test: 10, noise: 0.1, standardise: "global" },
  attack: { trigger: { kind: "cross" } },
  training: { batch: 12, crop: 12, checkpoint_every: 1, schedule: "cosine" },
  fixed: { epochs: EPOCHS, learning_rate: 0.01, augmentation: 1, weight_decay: 1e-3 },
  axes: { poison_rate: [0.1] },
};
const net = await smallStudy({
  ...run, experiment: "cnn", model: { name: "preresnet", depth: 8 }, measure: { probes: 2, every: 2 },
  fixed: { ...run.fixed, gradient_penalty: 0.1 },
});
/** SwiftShader compiles each operator for half a second: one layer has a dozen, a net a hundred. */
const layer = await smallStudy({ ...run, experiment: "linear", measure: { probes: 0, every: 2 } });

function curveOf(block: ResultBlock): Map<string, Float64Array> {
  return new Map(Object.entries(block.series?.["network_curve"]?.columns ?? {}));
}

/** Largest deviation of any number of the curve, relative to its size or to 1 where it is smaller. */
function deviation(one: ResultBlock, other: ResultBlock): number {
  let largest = 0;
  for (const [name, values] of curveOf(one)) {
    const others = curveOf(other).get(name);
    assert.equal(others?.length, values.length, name);
    values.forEach((value, row) => {
      const beside = others?.[row] ?? Number.NaN;
      if (Object.is(value, beside)) return;
      const off = Math.abs(value - beside) / Math.max(1, Math.abs(value));
      largest = Math.max(largest, Number.isNaN(off) ? Infinity : off);
    });
  }
  return largest;
}

for (const name of backendsUnderTest()) {
  // Plain JavaScript takes minutes for it and runs no other code of ours than wasm does.
  if (name === "cpu") continue;
  const opened = await describeBackend(name);
  if (!opened.ok) {
    assert.ok(!isDemanded(name), opened.why);
    continue;
  }
  test(`${name} (${opened.device}): a run killed between two epochs ends as the undisturbed one`, async (t) => {
    const backend = await openBackend(name);
    const study = name === "webgpu" ? layer : net;
    const undisturbed = await runJob(study, 0, { backend });
    const checkpoints = memoryCheckpoints();
    const killed = runJob(study, 0, { backend, checkpoints, progress({ epoch }) {
      if (epoch > 2) throw new Error("killed");
    } });
    await assert.rejects(killed, /killed/);
    const epochs: number[] = [];
    const resumed = await runJob(study, 0, { backend, checkpoints, progress: ({ epoch }) => void epochs.push(epoch) });
    assert.deepEqual(epochs, [EPOCHS], "it went on where it was");
    const off = deviation(undisturbed, resumed);
    t.diagnostic(`${name}: largest deviation ${off}`);
    assert.ok(backend.isReproducible ? off === 0 : off <= TOLERANCE, `${off}`);
    tf.disposeVariables();
  });
}
