// From a study and one of its points to a training run in full.
import { isVictim } from "../../../schema/experiments/network-victims.ts";
import { ComputeError } from "../../../schema/failure.ts";
import { deriveSeed } from "../../../schema/seed.ts";
import type { NetworkSpec } from "../../../schema/study.ts";
import { type Stamp, stampOf } from "../../attack/stamp.ts";
import { rungsOf } from "./compete.ts";
import type { Tests } from "./measure.ts";
import { buildNetwork, type ModelSpec } from "./model.ts";
import { choosePoison, triggered } from "./poison.ts";
import type { ProbeSet } from "./probes.ts";
import type { PointValues } from "./point-values.ts";
import type { Replicate } from "./replicate.ts";
import { centreWindow, type Crop, writeWindow } from "./rows.ts";
import type { RunSettings } from "./run.ts";
import type { Images } from "./scores.ts";

/** @throws UserError for more poison than there are victims. */
export function settingsOf(
  spec: NetworkSpec,
  point: PointValues,
  replicate: Replicate,
  name: string,
): RunSettings {
  const { attack, training, measure } = spec;
  const { train, affine, classes, image } = replicate;
  const isAugmented = point.augmentation === 1;
  const side = isAugmented ? ([training.crop, training.crop] as const) : ([image[0], image[1]] as const);
  const crop: Crop = { image, size: side };
  const seed = deriveSeed(spec.seed, "network", point.replicate);
  const shape = { dimension: train.dimension, image };
  const stamp = stampOf(attack.trigger, shape, deriveSeed(spec.seed, "attack"));
  const poison = choosePoison(train, {
    attack, stamp, target: point.target, strength: point.trigger_strength, rate: point.poison_rate, seed,
  });
  const network = buildNetwork(modelOf(spec), [side[0], side[1], image[2]], classes);
  return {
    name,
    network,
    loss: spec.experiment === "linear" ? spec.loss : "softmax",
    training,
    measure,
    set: { train, poison, target: point.target, affine, crop, isAugmented, classes, batch: training.batch, seed },
    tests: testsOf(spec, point, replicate, { crop, stamp }),
    epochs: point.epochs,
    learningRate: point.learning_rate,
    weightDecay: point.weight_decay,
    gradientPenalty: point.gradient_penalty,
    seed,
    rungs: rungsOf(training.prune, point.epochs),
  };
}

function modelOf(spec: NetworkSpec): ModelSpec {
  return spec.experiment === "linear" ? { name: "linear", bias: spec.bias } : spec.model;
}

interface Seen {
  readonly crop: Crop;
  readonly stamp: Stamp;
}

function testsOf(spec: NetworkSpec, point: PointValues, replicate: Replicate, seen: Seen): Tests {
  const { test } = replicate;
  const { attack, measure } = spec;
  const { target } = point;
  const all = Int32Array.from(test.labels.keys());
  const victims = all.filter((row) => isVictim(attack, target, test.labels[row]!));
  if (victims.length === 0) {
    throw new ComputeError("bug", "no_victims", `no test row is one that the attack poisons (target ${target})`);
  }
  const clean = (row: number): Float64Array =>
    Float64Array.from(test.features.subarray(row * test.dimension, (row + 1) * test.dimension));
  const stamped = (row: number): Float64Array =>
    triggered(test, row, { stamp: seen.stamp, strength: point.trigger_strength, clip: attack.clip });
  const images = (rows: Int32Array, of: (row: number) => Float64Array): Images =>
    imagesOf(replicate, seen.crop, rows, of);
  const probes = (rows: Int32Array, isTriggered: boolean): ProbeSet => {
    const [without, with_] = [images(rows, clean), images(rows, stamped)];
    const directions = with_.values.map((value, index) => value - without.values[index]!);
    return { images: isTriggered ? with_ : without, directions };
  };
  const triggeredImages = images(victims, stamped);
  return {
    clean: images(all, clean),
    triggered: { ...triggeredImages, labels: victims.map(() => target) },
    cleanProbes: probes(all.slice(0, measure.probes), false),
    triggeredProbes: probes(victims.slice(0, measure.probes), true),
  };
}

/** Rows as the network sees them in a test: standardised, the window in the middle. */
function imagesOf(
  { test, affine, image }: Replicate,
  crop: Crop,
  rows: Int32Array,
  of: (row: number) => Float64Array,
): Images {
  const [height, width] = crop.size;
  const size = height * width * image[2];
  const values = new Float32Array(rows.length * size);
  rows.forEach((row, index) => {
    writeWindow(of(row), centreWindow(crop), crop, affine, values, index * size);
  });
  const labels = rows.map((row) => test.labels[row]!);
  return { rows: rows.length, shape: [height, width, image[2]], values, labels };
}
