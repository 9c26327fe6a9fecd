// Where the two experiments must agree: a linear network under the squared loss, trained to
// convergence with weight decay, is kernel ridge regression with the linear kernel.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { planStudy } from "../../coordinator/plan.ts";
import { openData } from "../../data/source.ts";
import type { ResultBlock } from "../../schema/column.ts";
import { boxOfJob } from "../../schema/plan.ts";
import { parseStudy } from "../../schema/study.ts";
import { krr } from "../../worker/experiments/krr/experiment.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import { openBackend, type TensorBackend } from "../../worker/tensor/backend.ts";
import { orderOf } from "../support/orders.ts";
import { metric, runJob, smallStudy } from "./support.ts";

let backend: TensorBackend;
before(async () => {
  backend = await openBackend("wasm");
});

const ROWS = 60;
const data = { source: "gaussian", dimension: 12, mean_norm: 1.2, train: ROWS, test: 300, standardise: "global" };
const trigger = { kind: "additive", vector: [0, 0, 0, 1.5, -1.5] };

async function byKernel(decay: number): Promise<ResultBlock> {
  const parsed = parseStudy({
    name: "kernel", seed: 3, experiment: "krr", kernel: "linear", data, ridge_scaling: "absolute",
    attack: { kind: "clones", trigger }, axes: { ridge: [ROWS * decay] }, fixed: { poison_count: 0 },
  });
  if (!parsed.ok || parsed.spec.experiment !== "krr") throw new Error(JSON.stringify(parsed));
  const { pool, description } = await openData(parsed.spec.data, ".");
  const order = orderOf(parsed.spec, planStudy(parsed.spec), description);
  const box = boxOfJob(order.plan, 0);
  return krr.prepare(order, box, { pool, linalg: openProvider("auto").provider }).measure(box);
}

async function byDescent(decay: number): Promise<ResultBlock> {
  const study = await smallStudy({
    experiment: "linear", loss: "squared", bias: false, data, attack: { trigger },
    training: { batch: ROWS, momentum: 0.9 }, measure: { probes: 0, every: 3000 },
    fixed: { poison_rate: 0, learning_rate: 0.1, epochs: 3000 }, axes: { weight_decay: [decay] },
  });
  return runJob(study, 0, { backend });
}

test("least squares by descent has the kernel's training error, accuracy and attack success", async () => {
  for (const decay of [0.01, 0.3]) {
    const [exact, trained] = [await byKernel(decay), await byDescent(decay)];
    const errors = [metric(exact, "train_mse"), 2 * metric(trained, "train_loss")];
    assert.ok(Math.abs(errors[0]! - errors[1]!) < 1e-5 * errors[0]!, errors.join(" and "));
    assert.equal(metric(trained, "clean_accuracy"), metric(exact, "clean_accuracy"));
    assert.equal(metric(trained, "attack_success_rate"), metric(exact, "attack_success_rate"));
    // The decay is felt, and the trigger does something: else all this would be empty.
    assert.ok(metric(exact, "clean_accuracy") > 0.8 && metric(exact, "clean_accuracy") < 1);
  }
  const [weak, strong] = [await byKernel(0.01), await byKernel(0.3)];
  assert.ok(metric(strong, "train_mse") > 1.02 * metric(weak, "train_mse"));
});
