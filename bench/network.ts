// What training costs: a step on every backend that opens, the gradient penalty, input Hessians
// against steps, and memory over a thousand steps. Images are noise of CIFAR-10's size.
//
// Ratios compare medians of rounds taken in turn, so that a slow minute of the machine slows both.
import { execFile } from "node:child_process";
import * as tf from "@tensorflow/tfjs-core";
import { randomFrom } from "../data/random.ts";
import { BackendName } from "../schema/provider.ts";
import { oneHot } from "../worker/experiments/network/loss.ts";
import { buildNetwork, type ModelSpec, type Network } from "../worker/experiments/network/model.ts";
import { measureProbes, type ProbeSet } from "../worker/experiments/network/probes.ts";
import { disposeState, initialState, type TrainingState } from "../worker/experiments/network/state.ts";
import { type Batch, takeStep } from "../worker/experiments/network/step.ts";
import { openProvider } from "../worker/linalg/choose.ts";
import { describeBackend, openBackend } from "../worker/tensor/backend.ts";

const IMAGE = [32, 32, 3] as const;
const SETTING = { classes: 10, batch: 128, probes: 64, memorySteps: 1_000, memoryBatch: 32 };
const MODELS = {
  small: { name: "small", activation: "relu" },
  preresnet20: { name: "preresnet", depth: 20 },
} as const satisfies Record<string, ModelSpec>;
type ModelName = keyof typeof MODELS;

/** JSON-able; times in milliseconds, memory in MiB. */
export async function benchNetwork(): Promise<object> {
  const backends = await stepsByBackend();
  await openBackend("wasm");
  return {
    ...SETTING,
    steps: backends,
    penalty: { small: await penaltyRatio("small"), preresnet20: await penaltyRatio("preresnet20") },
    hessian: { small: await hessianAgainstSteps("small"), preresnet20: await hessianAgainstSteps("preresnet20") },
    memory: await memoryOverSteps(),
  };
}

/** Steps of each backend, the plain one's only once, since it takes half a minute; ratios to wasm. */
async function stepsByBackend(): Promise<object> {
  const rows: Record<string, { device: string; small: number; preresnet20: number | null; gpu: string | null }> = {};
  const absent: Record<string, string> = {};
  for (const name of BackendName.options) {
    const opened = await describeBackend(name);
    if (!opened.ok) {
      absent[name] = opened.why;
      continue;
    }
    await openBackend(name);
    const isPlain = name === "cpu";
    const small = new Trainer("small", SETTING.batch);
    const smallMs = await best(() => small.step(0), isPlain ? 0 : 8);
    small.dispose();
    const deep = isPlain ? null : new Trainer("preresnet20", SETTING.batch);
    const watch = watchGpu();
    const deepMs = deep === null ? null : await best(() => deep.step(0), 3);
    const gpu = await watch();
    deep?.dispose();
    rows[name] = { device: opened.device, small: smallMs, preresnet20: deepMs, gpu };
  }
  const [wasm, plain, native] = [rows["wasm"]?.small, rows["cpu"]?.small, rows["tensorflow"]?.small];
  return {
    ...rows,
    absent,
    wasmOverCpu: wasm === undefined || plain === undefined ? null : plain / wasm,
    wasmOverTensorflow: wasm === undefined || native === undefined ? null : native / wasm,
  };
}

async function penaltyRatio(model: ModelName): Promise<object> {
  const trainer = new Trainer(model, SETTING.batch);
  const [without, with_] = await inTurn([() => trainer.step(0), () => trainer.step(0.1)], 5);
  trainer.dispose();
  return { without, with: with_, ratio: with_! / without! };
}

/** The report of 64 probes (each one's top pair, trace, overlap, and the mean's) in training steps. */
async function hessianAgainstSteps(model: ModelName): Promise<object> {
  const trainer = new Trainer(model, SETTING.batch);
  const { provider: linalg } = openProvider("auto");
  const set = noiseProbes();
  const report = async (): Promise<void> => {
    await measureProbes(set, { network: trainer.network, state: trainer.state, kind: "softmax", seed: 1, linalg });
  };
  const [step, hessian] = await inTurn([() => trainer.step(0), report], 3);
  trainer.dispose();
  return { step, hessian, steps: hessian! / step! };
}

async function memoryOverSteps(): Promise<object> {
  const trainer = new Trainer("small", SETTING.memoryBatch);
  for (let warm = 0; warm < 50; warm++) await trainer.step(warm % 2);
  const tensors = tf.memory().numTensors;
  const residentMib = [resident()];
  for (let step = 1; step <= SETTING.memorySteps; step++) {
    await trainer.step(step % 2);
    if (step % (SETTING.memorySteps / 5) === 0) residentMib.push(resident());
  }
  const leaked = tf.memory().numTensors - tensors;
  trainer.dispose();
  return { leaked, residentMib };
}

const resident = (): number => Math.round(process.memoryUsage.rss() / 2 ** 20);

/** A network in training on one batch of noise. */
class Trainer {
  readonly network: Network;
  state: TrainingState;
  readonly #batch: Batch;

  constructor(model: ModelName, batch: number) {
    this.network = buildNetwork(MODELS[model], [...IMAGE], SETTING.classes);
    this.state = initialState(this.network, 1);
    const labels = Int32Array.from({ length: batch }, (_, row) => row % SETTING.classes);
    this.#batch = {
      images: tf.tensor4d(noise(batch), [batch, ...IMAGE]),
      labels: oneHot(labels, SETTING.classes),
    };
  }

  /** Forward, backward and update, until the device is done. */
  async step(gradientPenalty: number): Promise<void> {
    const settings = { loss: "softmax", learningRate: 1e-3, momentum: 0.9, weightDecay: 1e-4,
      gradientPenalty, penaltyStep: 0.01 } as const;
    const { state, lossSum } = takeStep(this.network, this.state, this.#batch, settings);
    this.state = state;
    await Promise.all([lossSum.data(), ...state.weights.slice(-1).map((weight) => weight.data())]);
    lossSum.dispose();
  }

  dispose(): void {
    disposeState(this.state);
    tf.dispose([this.#batch.images, this.#batch.labels]);
  }
}

function noise(rows: number): Float32Array {
  const random = randomFrom(7);
  return Float32Array.from({ length: rows * IMAGE[0] * IMAGE[1] * IMAGE[2] }, () => random.normal());
}

function noiseProbes(): ProbeSet {
  const { probes, classes } = SETTING;
  const values = noise(probes);
  const labels = Int32Array.from({ length: probes }, (_, row) => row % classes);
  return { images: { rows: probes, shape: [...IMAGE], values, labels }, directions: values.map((value) => value / 2) };
}

async function timed(action: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await action();
  return performance.now() - begin;
}

/** The shortest of some runs after one that warms up. */
async function best(action: () => Promise<void>, runs: number): Promise<number> {
  const times = [await timed(action)];
  for (let run = 0; run < runs; run++) times.push(await timed(action));
  return Math.min(...times);
}

/** Median times of actions that take turns, after one round that warms up. */
async function inTurn(actions: readonly (() => Promise<void>)[], rounds: number): Promise<number[]> {
  const times: number[][] = actions.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, action] of actions.entries()) {
      const time = await timed(action);
      if (round > 0) times[index]!.push(time);
    }
  }
  return times.map((all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!);
}

/** Looks at NVIDIA's counter until called: "NAME: 87 %", or null where there is none. */
function watchGpu(): () => Promise<string | null> {
  const seen: { name: string; percent: number }[] = [];
  const look = (): Promise<void> => new Promise((done) => {
    const query = ["--query-gpu=name,utilization.gpu", "--format=csv,noheader,nounits"];
    execFile("nvidia-smi", query, (error, text) => {
      const [name, percent] = (text.split("\n")[0] ?? "").split(", ");
      if (error === null && name !== undefined) seen.push({ name, percent: Number(percent) });
      done();
    });
  });
  const timer = setInterval(() => void look(), 200);
  return async () => {
    clearInterval(timer);
    await look();
    const most = Math.max(...seen.map(({ percent }) => percent));
    return seen[0] === undefined ? null : `${seen[0].name}: ${most} %`;
  };
}
