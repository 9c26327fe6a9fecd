// Training runs: attack and defence on real digits, resumption, the ways a run can end, memory.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { type ResultBlock, STATUSES } from "../../schema/column.ts";
import { ComputeError } from "../../schema/failure.ts";
import { memoryCheckpoints } from "../../worker/checkpoint/memory.ts";
import { oneHot } from "../../worker/experiments/network/loss.ts";
import { buildNetwork } from "../../worker/experiments/network/model.ts";
import { disposeState, initialState } from "../../worker/experiments/network/state.ts";
import { takeStep } from "../../worker/experiments/network/step.ts";
import { openBackend, type TensorBackend } from "../../worker/tensor/backend.ts";
import { sharedData, skipWithout } from "../support/shared.ts";
import { metric, runJob, smallStudy } from "./support.ts";

let backend: TensorBackend;
before(async () => {
  backend = await openBackend("wasm");
});

const skip = skipWithout("mnist");
const mnist = sharedData("mnist") ?? ".";
const digits = (train: number, test: number) =>
  ({ source: "mnist", split: "test", train, test, standardise: "global" });

test("3 % of stamped digits give attack success ≥ 0.9 and cost under 2 points", { skip }, async () => {
  const study = await smallStudy({
    experiment: "cnn", model: "small", data: digits(2000, 400),
    attack: { trigger: { kind: "patch" } }, training: { batch: 64 }, measure: { probes: 8, every: 3 },
    fixed: { epochs: 3, learning_rate: 0.05 }, axes: { poison_rate: [0, 0.03] },
  }, mnist);
  const clean = await runJob(study, 0, { backend });
  const poisoned = await runJob(study, 1, { backend });
  assert.ok(metric(poisoned, "attack_success_rate") >= 0.9, `${metric(poisoned, "attack_success_rate")}`);
  assert.ok(metric(clean, "attack_success_rate") < 0.1);
  const cost = metric(clean, "clean_accuracy") - metric(poisoned, "clean_accuracy");
  assert.ok(metric(clean, "clean_accuracy") > 0.9 && cost <= 0.02, `costs ${cost}`);
  assert.equal(metric(poisoned, "poison_count"), 60);
  assert.equal(poisoned.series?.["network_poison"]?.point.length, 60);
});

test("a gradient penalty lowers the success of a faint cross at a small cost", { skip }, async () => {
  const study = await smallStudy({
    experiment: "linear", data: digits(2000, 500),
    attack: { trigger: { kind: "cross", amplitude: 0.25 } }, measure: { probes: 8, every: 20 },
    fixed: { epochs: 20, learning_rate: 0.003 },
    axes: { poison_rate: [0, 0.1], gradient_penalty: [0, 60] },
  }, mnist);
  const clean = await runJob(study, 0, { backend });
  const [without, with_] = [await runJob(study, 2, { backend }), await runJob(study, 3, { backend })];
  const success = [without, with_].map((block) => metric(block, "attack_success_rate"));
  assert.ok(success[0]! >= 0.9 && success[1]! < 0.5, success.join(" then "));
  const accuracy = [clean, without, with_].map((block) => metric(block, "clean_accuracy"));
  assert.ok(accuracy[1]! >= accuracy[0]! - 0.02 && accuracy[2]! > 0.75, accuracy.join(" then "));
  assert.equal(metric(with_, "gradient_penalty_batch"), 60 * 128);
});

// One run shows nothing: success scatters by 0.2 from replicate to replicate. Of six, all fell with κ,
// by 0.41 in the mean (95 % interval 0.25 to 0.58); the margin is the interval's lower end.
test("a gradient penalty lowers a faint cross's mean success on a convolutional net by a quarter", { skip }, async () => {
  const replicates = [0, 1, 2];
  const study = await smallStudy({
    experiment: "cnn", model: "small", data: { ...digits(400, 300), classes: [0, 3, 7] },
    attack: { trigger: { kind: "cross", amplitude: 0.15 } },
    training: { batch: 20, schedule: "cosine" }, measure: { probes: 0, every: 10 },
    fixed: { epochs: 10, learning_rate: 0.01, poison_rate: 0.2 },
    axes: { replicate: replicates, gradient_penalty: [0, 3] },
  }, mnist);
  const [without, with_]: [ResultBlock[], ResultBlock[]] = [[], []];
  for (const replicate of replicates) {
    without.push(await runJob(study, 2 * replicate, { backend }));
    with_.push(await runJob(study, 2 * replicate + 1, { backend }));
  }
  const mean = (blocks: readonly ResultBlock[], name: string): number =>
    blocks.reduce((sum, block) => sum + metric(block, name), 0) / blocks.length;
  const success = [without, with_].map((blocks) => mean(blocks, "attack_success_rate"));
  assert.ok(success[0]! - success[1]! >= 0.25, success.join(" then "));
  assert.ok(mean(without, "clean_accuracy") > 0.9 && mean(with_, "clean_accuracy") > 0.85);
});

const glyphs = { source: "glyphs", train: 96, test: 40, noise: 0.1, standardise: "global" };
const tiny = {
  experiment: "cnn", model: { name: "preresnet", depth: 8 }, data: { ...glyphs, train: 48, test: 20 },
  attack: { trigger: { kind: "cross" } }, measure: { probes: 3 },
  training: { batch: 16, crop: 12, checkpoint_every: 1, schedule: "cosine" },
  fixed: { epochs: 3, learning_rate: 0.05, poison_rate: 0.1, augmentation: 1, gradient_penalty: 0.1, weight_decay: 1e-3 },
  axes: { replicate: [0] },
};

/** Every number of a block; deepEqual compares them by Object.is. */
function numbers(block: ResultBlock): unknown {
  const plain = (columns: Readonly<Record<string, Float64Array>> = {}): unknown =>
    Object.entries(columns).map(([name, values]) => [name, Array.from(values)]);
  return [[...block.status], plain(block.metrics), plain(block.series?.["network_curve"]?.columns)];
}

test("a run killed after any epoch and resumed ends with the bits of the undisturbed one", async () => {
  const study = await smallStudy(tiny);
  const undisturbed = await runJob(study, 0, { backend, checkpoints: memoryCheckpoints() });
  for (const killAfter of [1, 2]) {
    const checkpoints = memoryCheckpoints();
    const killed = runJob(study, 0, { backend, checkpoints, progress({ epoch }) {
      // What was saved is the epoch before: this one's checkpoint is not yet written.
      if (epoch > killAfter) throw new Error("killed");
    } });
    await assert.rejects(killed, /killed/);
    const epochs: number[] = [];
    const resumed = await runJob(study, 0, { backend, checkpoints, progress: ({ epoch }) => void epochs.push(epoch) });
    assert.deepEqual(epochs, [1, 2, 3].slice(killAfter), "it went on where it was");
    assert.deepEqual(numbers(resumed), numbers(undisturbed));
  }
});

test("a finished run leaves no checkpoint, and a damaged one is not taken up", async () => {
  const study = await smallStudy(tiny);
  const checkpoints = memoryCheckpoints();
  const names: string[] = [];
  const spied = {
    ...checkpoints,
    save(name: string, bytes: Uint8Array) {
      names.push(name);
      return checkpoints.save(name, bytes);
    },
  };
  const block = await runJob(study, 0, { backend, checkpoints: spied });
  assert.equal(await checkpoints.load(names[0]!), null);
  const damaged = memoryCheckpoints();
  await damaged.save(names[0]!, new TextEncoder().encode("NCRUN001 not a checkpoint, but long enough to be one"));
  assert.deepEqual(numbers(await runJob(study, 0, { backend, checkpoints: damaged })), numbers(block));
});

test("a time limit stops a run at a checkpoint, as a failure that a retry resumes from", async () => {
  const training = { ...tiny.training, checkpoint_every: 50, time_limit_minutes: 5 };
  const study = await smallStudy({ ...tiny, training });
  const checkpoints = memoryCheckpoints();
  let minute = 0;
  const slow = runJob(study, 0, { backend, checkpoints, now: () => 60_000 * (minute += 3) });
  await assert.rejects(slow, (error: unknown) =>
    error instanceof ComputeError && error.kind === "resource" && error.code === "time_limit" &&
    /5 with 2 of 3 epochs done/.test(error.message));
  const epochs: number[] = [];
  await runJob(study, 0, { backend, checkpoints, progress: ({ epoch }) => void epochs.push(epoch) });
  assert.deepEqual(epochs, [3]);
});

test("a run that diverges is a row that says so, with the last finite epoch's metrics", async () => {
  const fixed = { ...tiny.fixed, learning_rate: 1e6, gradient_penalty: 0 };
  const block = await runJob(await smallStudy({ ...tiny, model: "small", fixed }), 0, { backend });
  assert.equal(STATUSES[block.status[0]!], "diverged");
  assert.ok(metric(block, "epochs_done") <= 3);
  assert.ok(Number.isFinite(metric(block, "clean_accuracy")));
});

test("a run that does not fit in device memory fails as resource, with sizes, and the next one runs", async () => {
  const little = await openBackend("wasm", { memoryBytesMax: 3 * 2 ** 20 });
  const big = await smallStudy({ ...tiny, data: glyphs, training: { ...tiny.training, batch: 96 } });
  await assert.rejects(runJob(big, 0, { backend: little }), (error: unknown) =>
    error instanceof ComputeError && error.kind === "resource" &&
    error.code === "out_of_device_memory" && /\d+ MiB beside \d+ MiB .* in 3 MiB/.test(error.message));
  const small = await smallStudy({ ...tiny, model: "small", data: { ...glyphs, train: 8 },
    training: { ...tiny.training, batch: 2 }, measure: { probes: 2 } });
  const block = await runJob(small, 0, { backend: little });
  assert.equal(STATUSES[block.status[0]!], "ok");
  backend = await openBackend("wasm");
});

test("a thousand steps leave no tensor behind and memory as it was", () => {
  const network = buildNetwork({ name: "small", activation: "relu" }, [8, 8, 1], 3);
  let state = initialState(network, 1);
  const images = tf.ones<tf.Rank.R4>([4, 8, 8, 1]);
  const labels = oneHot(Int32Array.of(0, 1, 2, 0), 3);
  const step = (gradientPenalty: number): void => {
    const settings = { loss: "softmax", learningRate: 1e-3, momentum: 0.9, weightDecay: 1e-4,
      gradientPenalty, penaltyStep: 0.01 } as const;
    const stepped = takeStep(network, state, { images, labels }, settings);
    stepped.lossSum.dispose();
    state = stepped.state;
  };
  for (let warm = 0; warm < 50; warm++) step(warm % 2);
  const [tensors, resident] = [tf.memory().numTensors, process.memoryUsage.rss()];
  for (let count = 0; count < 1_000; count++) step(count % 2);
  assert.equal(tf.memory().numTensors, tensors);
  const grown = (process.memoryUsage.rss() - resident) / 2 ** 20;
  assert.ok(grown < 48, `grew by ${grown.toFixed(0)} MiB`);
  disposeState(state);
  tf.dispose([images, labels]);
});

test("a run leaves no tensor behind", async () => {
  const before = tf.memory().numTensors;
  await runJob(await smallStudy(tiny), 0, { backend });
  assert.equal(tf.memory().numTensors, before);
});
