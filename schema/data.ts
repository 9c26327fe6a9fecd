// The `data` block of a study file: where training and test rows come from.
import { z } from "zod";
import { areDistinct } from "./distinct.ts";

const rows = z.int().positive();

const drawn = {
  /** Clean training rows n, drawn at random by replicate without replacement. */
  train: rows.describe("clean training rows, drawn anew for each replicate"),
  /** Test rows; the same rows are measured clean and triggered. */
  test: rows.describe("test rows, measured both clean and triggered"),
  standardise: z
    .enum(["none", "global", "feature"])
    .default("none")
    .describe(
      "none: as stored (images scaled to [0, 1]); global: one mean and deviation of the clean " +
        "training rows; feature: one for each feature (constant features are only centred)",
    ),
};

const classes = z
  .array(z.int().nonnegative())
  .min(2)
  .refine(areDistinct, "expected each class once")
  .optional()
  .describe("keep only these classes; they are renumbered 0, 1, … in this order");

const images = {
  ...drawn,
  classes,
  directory: z
    .string()
    .optional()
    .describe("folder of the official files, relative to the study file; default: the data cache"),
  split: z
    .enum(["official", "test"])
    .default("official")
    .describe(
      "official: train and test rows from their own files; test: both, disjoint, from the " +
        "test file",
    ),
};

export const MnistSpec = z.strictObject({ source: z.literal("mnist"), ...images });
export const Cifar10Spec = z.strictObject({ source: z.literal("cifar10"), ...images });
export const Cifar100Spec = z.strictObject({
  source: z.literal("cifar100"),
  ...images,
  labels: z.enum(["fine", "coarse"]).default("fine").describe("100 fine or 20 coarse classes"),
});
const arrayFile = z.string().min(1);
export const ArraysSpec = z
  .strictObject({
    source: z.literal("arrays"),
    ...drawn,
    classes,
    train_features: arrayFile.describe(
      "(n, d) or (n, height, width[, channels]) .npy, .npz#name or .csv, gzipped or not, " +
        "relative to the study file; values are used as stored, also bytes",
    ),
    train_labels: arrayFile.describe(
      "(n) integers from 0, same formats; .csv#column (a name, or a number from 0) takes one " +
        "column, which is then no feature of the same file",
    ),
    test_features: arrayFile.optional().describe("default: drawn from the train files, disjoint"),
    test_labels: arrayFile.optional().describe("with test_features"),
    image: z
      .tuple([rows, rows, rows])
      .optional()
      .describe("[height, width, channels] of a row, where the file's shape does not say it"),
  })
  .refine((spec) => spec.test_features === undefined || spec.test_labels !== undefined, {
    path: ["test_labels"],
    message: "expected beside test_features",
  })
  .refine((spec) => spec.test_labels === undefined || spec.test_features !== undefined, {
    path: ["test_features"],
    message: "expected beside test_labels",
  });
export const GaussianSpec = z.strictObject({
  source: z.literal("gaussian"),
  ...drawn,
  dimension: rows.describe("p, features"),
  mean_norm: z.number().nonnegative().describe("|mu|: class 1 is N(+mu, I), class 0 is N(-mu, I)"),
});
export const GlyphsSpec = z.strictObject({
  source: z.literal("glyphs"),
  ...drawn,
  classes,
  noise: z.number().min(0).max(1).default(0.05).describe("standard deviation of the pixel noise"),
});

export const DataSpec = z.discriminatedUnion("source", [
  MnistSpec,
  Cifar10Spec,
  Cifar100Spec,
  ArraysSpec,
  GaussianSpec,
  GlyphsSpec,
]);
export type DataSpec = z.infer<typeof DataSpec>;

/** Height, width and channels of an image row, channel-last: (y · width + x) · channels + c. */
export const ImageShape = z.tuple([rows, rows, rows]);
export type ImageShape = z.infer<typeof ImageShape>;

/** A file as it is stored: its size and digest are those that `ls` and `sha256sum` print. */
export const FileRecord = z.strictObject({
  path: z.string(),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type FileRecord = z.infer<typeof FileRecord>;

/** What the coordinator learns about a data set before it plans, and stores with the study. */
export const DataDescription = z.strictObject({
  /**
   * SHA-256 over what draws depend on: the rows, labels and shapes as read and selected, however
   * the files pack them; or the generator's version and settings.
   */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  dimension: rows,
  classes: rows,
  image: ImageShape.nullable(),
  /** Rows to draw from after the class filter; null where a generator makes as many as asked. */
  trainRows: rows.nullable(),
  testRows: rows.nullable(),
  /** Whether train and test rows are drawn, disjoint, from the same rows. */
  shared: z.boolean(),
  /** The files as they are stored, so that `sha256sum` prints the same. */
  files: z.array(FileRecord),
});
export type DataDescription = z.infer<typeof DataDescription>;
