// The `krr` experiment's words: what a study file may say, what varies, what is measured.
//
// Kernel ridge regression on one-hot labels minus 1/q, under backdoor poisoning; every metric is
// exact (closed form), not sampled. Formulas: docs/science/krr.md.
import { z } from "zod";
import type { ResultColumn } from "../column.ts";
import { DataSpec } from "../data.ts";
import { Curvature, curvatureMetrics, distanceParameter, nearMetrics } from "./krr-curvature.ts";
import { penaltyMetrics, penaltyParameter } from "./krr-penalty.ts";
import { Precision, precisionMetrics } from "./krr-precision.ts";
import { Screening, screeningMetrics } from "./krr-screening.ts";
import type { Parameter } from "../parameter.ts";

const path = z.string().min(1);

export const CrossTrigger = z.strictObject({
  kind: z.literal("cross"),
  row: z.int().nonnegative().optional().describe("pixel row of the horizontal bar; default: middle"),
  column: z.int().nonnegative().optional().describe("pixel column of the bar; default: middle"),
  width: z.int().positive().default(1).describe("thickness of both bars, in pixels"),
  amplitude: z.number().default(1).describe("added to the bars' pixels, times trigger_strength"),
});
export const PatchTrigger = z.strictObject({
  kind: z.literal("patch"),
  size: z.int().positive().default(3).describe("side of the square, in pixels"),
  row: z.int().nonnegative().optional().describe("its top pixel row; default: one pixel off the bottom"),
  column: z.int().nonnegative().optional().describe("its left column; default: one pixel off the right"),
  value: z.number().default(1).describe("the square's pixel; trigger_strength blends towards it"),
});
export const AdditiveTrigger = z.strictObject({
  kind: z.literal("additive"),
  file: path.optional().describe("(d) vector as .npy, .npz#name or .csv, relative to the study file"),
  vector: z.array(z.number()).min(1).optional().describe("the (d) vector itself, or its first entries"),
});
export const Trigger = z.discriminatedUnion("kind", [CrossTrigger, PatchTrigger, AdditiveTrigger]);
export type Trigger = z.infer<typeof Trigger>;

const attack = { trigger: Trigger, clip: z.boolean().default(false)
  .describe("clip triggered features to [0, 1], before standardisation") };

export const Attack = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("clones"), ...attack }),
  z.strictObject({ kind: z.literal("added"), ...attack }),
  z.strictObject({ kind: z.literal("replace"), ...attack }),
  z.strictObject({
    kind: z.literal("shortcut"),
    clip: attack.clip,
    epsilon: z.number().positive().default(6 / 255).describe("root mean square of a perturbation over the features of a row, times trigger_strength"),
    patch: z.int().positive().default(8).describe("side of the squares of equal value that perturbations are made of, in pixels"),
    separation: z.number().positive().default(10).describe("a class's pattern is plus or minus this in each value, in standard deviations within a class"),
  }),
  z.strictObject({
    kind: z.literal("cluster"),
    ...attack,
    spread: z.number().nonnegative().describe("root mean square distance of the poisons from the first of them, in raw features"),
    rank: z.int().positive().default(1).describe("random directions that they are spread along"),
  }),
]);
export type Attack = z.infer<typeof Attack>;

/** null where the attack has a pattern for each class and no trigger. */
export function triggerOf(attack: Attack): Trigger | null {
  return attack.kind === "shortcut" ? null : attack.trigger;
}

export const RADIAL_KERNELS = ["rbf", "laplace", "matern32", "matern52"] as const;
const radial = z.strictObject({
  name: z.enum(RADIAL_KERNELS),
  length_scale_unit: z
    .enum(["absolute", "median_distance"])
    .default("absolute")
    .describe("what length_scale is measured in: feature distance, or the median distance between clean training rows (the lower of two middle ones)"),
});
const polynomial = z.strictObject({
  name: z.literal("polynomial"),
  degree: z.int().min(1).max(20).default(3).describe("exponent"),
  gamma: z.number().positive().optional().describe("k = (gamma x·z + offset)^degree; default 1/d"),
  offset: z.number().nonnegative().default(1).describe("see gamma"),
});
const linear = z.strictObject({ name: z.literal("linear") });
export const SPHERE_KERNELS = ["ntk", "nngp"] as const;
const sphere = z.strictObject({ name: z.enum(SPHERE_KERNELS) });
const KernelObject = z.discriminatedUnion("name", [radial, polynomial, linear, sphere], {
  // A list of kernels is a wish for several studies.
  error: ({ input }) => Array.isArray(input)
    ? "expected one kernel, a name or a block with its name: a file may hold a study for each, separated by ---"
    : undefined,
});

export const KERNELS = [...RADIAL_KERNELS, "linear", "polynomial", ...SPHERE_KERNELS] as const;
/** A bare name, or an object with the name and its settings; normalised to the object. */
export const Kernel = z
  .preprocess((value) => (typeof value === "string" ? { name: value } : value), KernelObject);
export type Kernel = z.infer<typeof KernelObject>;

export function isRadial(kernel: Kernel): kernel is z.infer<typeof radial> {
  return (RADIAL_KERNELS as readonly string[]).includes(kernel.name);
}

/** Kernels of the angle between two rows: infinitely wide ReLU networks of one hidden layer. */
export function isSpherical(kernel: Kernel): kernel is z.infer<typeof sphere> {
  return (SPHERE_KERNELS as readonly string[]).includes(kernel.name);
}

/** Kernels with a corner at distance 0, where they have neither gradient nor second derivative. */
export function hasCorner({ name }: Kernel): boolean {
  return name === "laplace" || name === "ntk";
}

export const RidgeScaling = z.enum(["clean_n", "total_n", "absolute"]);
export type RidgeScaling = z.infer<typeof RidgeScaling>;

/** The part of a study file that is this experiment's own. */
export const krrFields = {
  data: DataSpec.describe("where training and test rows come from"),
  attack: Attack.describe("what the poisoned training rows are"),
  kernel: Kernel.describe(`one of ${KERNELS.join(", ")}, or an object with its name and settings; ntk and nngp see rows scaled to length 1, after standardisation`),
  ridge_scaling: RidgeScaling.default("clean_n").describe(
    "the absolute ridge c is: clean_n: ridge × n; total_n: ridge × (n + poison_count); absolute: ridge",
  ),
  intercept: z.literal(true).optional()
    .describe("also fit a constant per class that the ridge does not penalise; for attack clones; absent: none"),
  precision: Precision,
  curvature: Curvature.optional()
    .describe("also measure the curvature of the loss at clean and triggered probes; absent: do not"),
  screening: Screening.optional()
    .describe("also let data-side detectors look for the poisons, and the aggregation defence vote; absent: do not"),
};

const nonnegative = { min: 0, max: Number.POSITIVE_INFINITY } as const;

export const krrParameters: readonly Parameter[] = [
  { name: "replicate", type: "integer", min: 0, max: 2 ** 31 - 1, fallback: 0, isShared: true, cutRank: 5,
    comment: "index of the random draw of training rows, test rows and poison bases" },
  { name: "length_scale", type: "double", ...nonnegative, openMin: true, isShared: true, cutRank: 5,
    comment: "kernel length scale, in the unit that the study's kernel.length_scale_unit names; NaN for kernels without one" },
  { name: "ridge", type: "double", ...nonnegative, isShared: false, cutRank: 4,
    comment: "λ of the study; the absolute ridge c follows by ridge_scaling" },
  { name: "target", type: "integer", min: 0, max: 2 ** 31 - 1, fallback: 0, isShared: false, cutRank: 2,
    comment: "class that the poison is labelled as, after the class filter's renumbering" },
  { name: "trigger_strength", type: "double", min: Number.NEGATIVE_INFINITY,
    max: Number.POSITIVE_INFINITY, fallback: 1, isShared: false, cutRank: 3,
    comment: "factor on the trigger, in training and at test: 0 leaves the images as they are" },
  { name: "poison_count", type: "integer", min: 0, max: 1_000_000, isShared: false, cutRank: 1,
    comment: "m, poisoned training rows, as realised; for attack shortcut, perturbed rows with their own labels" },
  { name: "poison_rate", type: "double", min: 0, max: 1, openMax: true, isShared: false, cutRank: 1,
    comment: "θ = m / (n + m), or m / n for attacks replace and shortcut, as realised: the poisons' share of all training rows" },
  penaltyParameter,
  distanceParameter,
];

const metric = (name: string, comment: string): ResultColumn =>
  ({ name, type: "double", role: "metric", comment });

/** In the order of the table's columns. */
export const krrMetrics: readonly ResultColumn[] = [
  metric("clean_accuracy", "share of clean test rows whose own class scores highest; a tie counts as correct"),
  metric("attack_success_rate", "share of triggered test rows not of the target class that are classified as the target; a tie counts as success. For attack shortcut they carry the target class's own pattern"),
  metric("delta_f", "mean over triggered non-target test rows of f_target(x) with the poison minus without it"),
  metric("delta_f_law", "the interaction-free law for delta_f (arXiv 2602.00822, Th. 3.3): mean k(x, ζ) · (1 − 1/q) · m / (c + k(ζ, ζ) m) for q classes, with k averaged over the first m poisons where they are distinct"),
  metric("posterior_variance", "s = k(ζ, ζ) − k_ζᵀ (K + cI)⁻¹ k_ζ; for attacks of distinct poisons its mean over the first max(m, 1), given all n clean rows, replaced ones included"),
  metric("gamma", "1ᵀ (S + cI)⁻¹ 1 with S the poisons' posterior covariance given the clean rows that remain: m / (c + m s) for clones"),
  metric("effective_dof", "trace of the smoother of all training rows: n + m, or n for attacks replace and shortcut"),
  metric("train_mse", "mean over all training rows (n + m, or n for attacks replace and shortcut) of the squared residual, summed over the outputs"),
  metric("ridge_absolute", "c, the ridge added to the kernel's diagonal"),
  metric("length_scale_absolute", "length scale in units of feature distance; NaN for kernels without one"),
  ...curvatureMetrics,
  ...penaltyMetrics,
  { ...metric("cluster_deviation", "‖S − s 11ᵀ‖ / (s m): how far the m poisons' posterior covariance S is from that of m clones of the first, s = S_11, in spectral norms; 0 for m ≤ 1 (arXiv 2602.00822, Assumption 3.1)"), needs: "cluster" },
  { ...metric("accuracy_drop", "clean_accuracy of the model without perturbed rows minus clean_accuracy"), needs: "shortcut" },
  ...nearMetrics,
  ...screeningMetrics,
  ...precisionMetrics,
];
