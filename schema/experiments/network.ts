// The words of the experiments `linear` and `cnn`: networks trained under backdoor poisoning.
//
// One point is one training run. Both experiments share parameters, metrics and code; `linear` is
// softmax or least-squares regression, `cnn` a convolutional network. docs/science/networks.md.
import { z } from "zod";
import type { ResultColumn, SeriesTable } from "../column.ts";
import { DataSpec } from "../data.ts";
import type { Parameter } from "../parameter.ts";
import { CLASS_DETECTORS, trainingScreeningMetrics } from "./krr-screening.ts";
import { AdditiveTrigger, CrossTrigger, PatchTrigger } from "./krr.ts";

export const WarpTrigger = z.strictObject({
  kind: z.literal("warp"),
  amount: z.number().positive().default(0.02)
    .describe("root mean square displacement, as a share of the image's side, times trigger_strength"),
  grid: z.int().min(2).default(4)
    .describe("random displacements per side of the control grid; the field between is bicubic"),
});
export const BlendedTrigger = z.strictObject({
  kind: z.literal("blended"),
  opacity: z.number().min(0).max(1).default(0.1)
    .describe("x ← x + opacity · trigger_strength · (noise − x), with one fixed image of uniform noise"),
});
export const NetworkTrigger = z.discriminatedUnion("kind", [
  CrossTrigger, PatchTrigger, AdditiveTrigger, WarpTrigger, BlendedTrigger,
]);
export type NetworkTrigger = z.infer<typeof NetworkTrigger>;

export const NetworkAttack = z.strictObject({
  kind: z.literal("replace").default("replace")
    .describe("m clean training rows are stamped and relabelled where they stand: n stays"),
  trigger: NetworkTrigger,
  clip: z.boolean().default(false).describe("clip triggered features to [0, 1], before standardisation"),
  strength: z.enum(["fixed", "random"]).default("fixed").describe(
    "random: each poisoned training row's trigger_strength is multiplied by its own factor, uniform on [0, 2); triggered test rows always have the full strength",
  ),
  labels: z.enum(["all_to_one", "one_to_one"]).default("all_to_one").describe(
    "all_to_one: any class but the target is poisoned and tested; one_to_one: only class `source`",
  ),
  source: z.int().nonnegative().optional().describe("the class that one_to_one poisons"),
});
export type NetworkAttack = z.infer<typeof NetworkAttack>;

const byName = (value: unknown): unknown => (typeof value === "string" ? { name: value } : value);
const byKind = (value: unknown): unknown => (typeof value === "string" ? { kind: value } : value);

const SmallModel = z.strictObject({
  name: z.literal("small"),
  activation: z.enum(["relu", "softplus"]).default("relu")
    .describe("softplus is smooth: second derivatives exist everywhere"),
});
const PreresnetModel = z.strictObject({
  name: z.literal("preresnet"),
  depth: z.int().positive().default(20).describe("6k + 2 layers: 8, 14, 20, …, 110"),
});
const CnnObject = z.discriminatedUnion("name", [SmallModel, PreresnetModel]);
/** A bare name, or an object with the name and its settings; normalised to the object. */
export const CnnModel = z.preprocess(byName, CnnObject);

const ScheduleObject = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant") }),
  z.strictObject({
    kind: z.literal("step"),
    at: z.array(z.number().gt(0).lt(1)).min(1).default([0.5, 0.75])
      .describe("shares of the epochs after which the rate falls"),
    factor: z.number().gt(0).lt(1).default(0.1),
  }),
  z.strictObject({ kind: z.literal("cosine") }),
]);

export const Pruning = z.strictObject({
  along: z.array(z.string()).min(1)
    .describe("axes whose runs compete: those that differ in these alone, which then share a job and a thread"),
  metric: z.enum(["clean_accuracy", "attack_success_rate", "train_loss", "test_loss"]).default("clean_accuracy")
    .describe("rates: more is better; losses: less is"),
  at: z.array(z.number().gt(0).lt(1)).min(1).default([0.25, 0.5])
    .describe("rungs, as shares of the epochs: runs that are worse than the median there end"),
});
export type Pruning = z.infer<typeof Pruning>;

export const Training = z.strictObject({
  batch: z.int().positive().default(128).describe("training rows per step"),
  momentum: z.number().min(0).lt(1).default(0.9),
  schedule: z.preprocess(byKind, ScheduleObject).default({ kind: "constant" })
    .describe("learning rate along the epochs: constant, step or cosine"),
  crop: z.int().positive().default(28)
    .describe("side in pixels of augmentation 1's window: random in training, central at test"),
  penalty_step: z.number().positive().default(0.01)
    .describe("h of the gradient penalty's difference, in units of the network's input"),
  checkpoint_every: z.int().positive().default(10).describe("epochs between checkpoints"),
  time_limit_minutes: z.number().positive().optional()
    .describe("a run that takes longer stops at a checkpoint and is retried from there"),
  prune: Pruning.optional().describe("median pruning; a run that ends by it has the status pruned"),
});
export type Training = z.infer<typeof Training>;

export const Measurements = z.strictObject({
  every: z.int().positive().default(1).describe("epochs between rows of the learning curve"),
  probes: z.int().min(0).default(64)
    .describe("test rows, clean and triggered, that input Hessians are measured on; 0 for none"),
});
export type Measurements = z.infer<typeof Measurements>;

const NETWORK_DETECTORS = [...CLASS_DETECTORS, "scan"] as const;
export const NetworkScreening = z.strictObject({
  detectors: z.array(z.enum(NETWORK_DETECTORS)).min(1).default([...NETWORK_DETECTORS])
    .describe("which detectors look at the trained network's penultimate features of the training rows"),
  seed: z.int().nonnegative().default(0).describe("starts of clusters"),
});

const shared = {
  data: DataSpec,
  attack: NetworkAttack,
  training: Training.prefault({}),
  measure: Measurements.prefault({}),
  screening: NetworkScreening.optional()
    .describe("also let data-side detectors look for the poisons once a run is over; absent: do not"),
};

export const LossName = z.enum(["softmax", "squared"]);

/** The part of a `linear` study's file that is its own. */
export const linearFields = {
  ...shared,
  loss: LossName.default("softmax").describe(
    "softmax: −ln p of the label; squared: ½ |z − t|² with t the one-hot label minus 1/q, as in kernel ridge regression",
  ),
  bias: z.boolean().default(true),
};

/** The part of a `cnn` study's file that is its own. */
export const cnnFields = {
  ...shared,
  model: CnnModel.describe("small, preresnet, or an object with the name and its settings"),
};

const shape = { isShared: true, cutRank: 1 } as const;
const nonnegative = { min: 0, max: Number.POSITIVE_INFINITY } as const;
const index = { type: "integer", min: 0, max: 2 ** 31 - 1 } as const;

/** What `augmentation` codes. */
export const AUGMENTATIONS = ["none", "crop_flip"] as const;

export const networkParameters: readonly Parameter[] = [
  { name: "replicate", ...index, fallback: 0, ...shape,
    comment: "index of the random draw of rows, of initial weights, order and poison choice" },
  { name: "poison_rate", type: "double", min: 0, max: 1, openMax: true, ...shape,
    comment: "θ = m / n as asked: share of the n training rows that are poisoned; poison_count is what it came to" },
  { name: "trigger_strength", type: "double", min: Number.NEGATIVE_INFINITY,
    max: Number.POSITIVE_INFINITY, fallback: 1, ...shape,
    comment: "factor on the trigger, in training and at test: 0 leaves the images as they are" },
  { name: "target", ...index, fallback: 0, ...shape,
    comment: "class that the poison is labelled as, after the class filter's renumbering" },
  { name: "gradient_penalty", type: "double", ...nonnegative, fallback: 0, ...shape,
    comment: "κ of J = E L + (κ/2) E|∇ₓL|², per example, x in the network's (standardised) units" },
  { name: "weight_decay", type: "double", ...nonnegative, fallback: 0, ...shape,
    comment: "added to every weight's gradient, times the weight" },
  { name: "learning_rate", type: "double", ...nonnegative, openMin: true, fallback: 0.1, ...shape,
    comment: "step size of stochastic gradient descent, before the schedule" },
  { name: "augmentation", type: "integer", min: 0, max: AUGMENTATIONS.length - 1, fallback: 0, ...shape,
    comment: "0: none; 1: random crop of training.crop pixels and horizontal flip, central crop at test" },
  { name: "epochs", type: "integer", min: 1, max: 100_000, ...shape,
    comment: "passes over the training rows" },
];

const metric = (name: string, comment: string, type: ResultColumn["type"] = "double"): ResultColumn =>
  ({ name, type, role: "metric", comment });

const PROBES = "the clean probes (test rows without a trigger)";
const TRIGGERED = "the triggered probes (the same test rows, target class left out, triggered)";

/** What is measured on clean and on triggered probes; the epoch's curve holds some of it. */
const hessian = (suffix: string, on: string): readonly ResultColumn[] => [
  metric(`input_gradient_square${suffix}`, `mean over ${on} of |∇ₓL|², L with the label: the true one`),
  metric(`hessian_top${suffix}`, `mean over ${on} of the input Hessian's largest eigenvalue`),
  metric(`hessian_trace${suffix}`, `mean over ${on} of the trace of Jᵀ D J, which is the input Hessian's for piecewise linear networks`),
  metric(`hessian_overlap${suffix}`, `mean over ${on} of cos² between the top eigenvector and the row's own trigger direction, rows without curvature left out`),
  metric(`hessian_subspace_overlap${suffix}`, `mean over ${on} of the summed cos² of the top q − 1 eigenvectors; NaN for smooth networks`),
  metric(`mean_hessian_top${suffix}`, `largest eigenvalue of the mean input Hessian over ${on}`),
  metric(`mean_hessian_overlap${suffix}`, `cos² between that mean's top eigenvector and the mean trigger direction`),
];

/** In the order of the table's columns. */
export const networkMetrics: readonly ResultColumn[] = [
  metric("poison_count", "m, poisoned training rows, as realised", "integer"),
  metric("clean_accuracy", "share of clean test rows whose own class scores highest; a tie counts as correct"),
  metric("attack_success_rate", "share of triggered test rows, target class left out (one_to_one: of the source class), classified as the target; a tie counts as success"),
  metric("train_loss", "mean loss over the last epoch's training rows, poisons included, as they were trained on"),
  metric("test_loss", "mean loss over clean test rows"),
  metric("triggered_loss", "mean loss of the target label over triggered test rows, target class left out"),
  ...hessian("", PROBES),
  ...hessian("_triggered", TRIGGERED),
  metric("overlap_null", "99.9 % quantile of cos² between a fixed and a random direction: Beta(1/2, (d − 1)/2)"),
  metric("attack_onset_epoch", "first measured epoch with attack success ≥ 0.5; Infinity if none"),
  metric("attack_onset90_epoch", "first measured epoch with attack success ≥ 0.9; Infinity if none"),
  metric("visible_onset_epoch", "first measured epoch with mean_hessian_overlap above overlap_null; Infinity if none"),
  metric("lag_epochs", "attack_onset_epoch − visible_onset_epoch: negative where the attack works before it is visible, −Infinity where it is never visible; NaN where it never works"),
  metric("epochs_done", "epochs trained: fewer than asked where the status is diverged or pruned", "integer"),
  metric("gradient_penalty_batch", "κ · batch: the same penalty written as (κ_code/2) Σᵢ |∂(mean loss)/∂xᵢ|²"),
  metric("backend", "who trained: 0 tensorflow, 1 webgpu, 2 wasm, 3 cpu; the attempt names the device", "integer"),
  ...trainingScreeningMetrics,
];

/** Rows of the learning curve: one for each measured epoch of a run. */
export const curveColumns: readonly ResultColumn[] = [
  metric("learning_rate", "step size in this epoch"),
  metric("train_loss", "mean loss over the epoch's training rows, poisons included; NaN before training"),
  metric("test_loss", "mean loss over clean test rows"),
  metric("triggered_loss", "mean loss of the target label over triggered test rows, target class left out"),
  metric("clean_accuracy", "as in the result table"),
  metric("attack_success_rate", "as in the result table"),
  metric("input_gradient_square", `mean over ${PROBES} of |∇ₓL|²`),
  metric("hessian_top", `mean over ${PROBES} of the input Hessian's largest eigenvalue`),
  metric("hessian_trace", `mean over ${PROBES} of the trace of Jᵀ D J`),
  metric("hessian_overlap", `mean over ${PROBES} of cos² between the top eigenvector and the trigger direction`),
  metric("mean_hessian_top", `largest eigenvalue of the mean input Hessian over ${PROBES}`),
  metric("mean_hessian_overlap", "cos² between that mean's top eigenvector and the mean trigger direction"),
];

export const networkSeries: readonly SeriesTable[] = [
  {
    table: "network_curve",
    comment: "learning curves: one row per measured epoch of a run of a linear or cnn study",
    key: metric("epoch", "passes over the training rows done; 0: before training", "integer"),
    columns: curveColumns,
  },
  {
    table: "network_poison",
    comment: "which training rows of a run of a linear or cnn study are poisoned",
    key: metric("train_row", "place among the replicate's clean training rows, from 0", "integer"),
    columns: [
      metric("label", "the row's own class, before it was relabelled as the target", "integer"),
      metric("strength", "the row's own trigger strength"),
    ],
  },
];
