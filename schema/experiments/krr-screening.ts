// What a study file may ask of data-side detectors, and the columns that it then gets: the `screening` block.
//
// Detectors look at training rows through the kernel (STRIP at test rows), not at curvature. DPA is no detector but a
// defence: votes of models that each see a share of the rows. Formulas: docs/science/screening.md.
import { z } from "zod";
import type { ResultColumn } from "../column.ts";

export const CLASS_DETECTORS = ["spectral", "clustering", "spectre"] as const;
export const DETECTORS = [...CLASS_DETECTORS, "scan", "strip"] as const;
export type Detector = (typeof DETECTORS)[number];

export const Screening = z.strictObject({
  detectors: z.array(z.enum(DETECTORS)).default([...DETECTORS])
    .describe("which detectors look at every point"),
  partitions: z.int().min(2).max(10_000).optional()
    .describe("models of the aggregation defence (DPA), each on its share of the rows; absent: none"),
  probes: z.int().min(1).max(500).default(40)
    .describe("strip: test rows not of the target class that it looks at, clean and triggered"),
  blends: z.int().min(1).max(500).default(32)
    .describe("strip: other clean test rows that each is blended with"),
  false_rate: z.number().gt(0).lt(1).default(0.1)
    .describe("strip: share of clean rows that its threshold flags"),
  seed: z.int().nonnegative().default(0).describe("starts of clusters, and choice of probes and blends"),
});
export type Screening = z.infer<typeof Screening>;

const metric = (name: string, comment: string): ResultColumn =>
  ({ name, type: "double", role: "metric", needs: "screening", comment });

const WORDS: Readonly<Record<Detector, string>> = {
  spectral: "spectral signatures",
  clustering: "activation clustering",
  spectre: "SPECTRE",
  scan: "SCAn",
  strip: "STRIP",
};

/** Columns of the detectors that look at training rows. */
export const trainingScreeningMetrics: readonly ResultColumn[] = ([...CLASS_DETECTORS, "scan"] as const).flatMap((name) => [
  metric(`${name}_auc`, `${WORDS[name]}: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for`),
  metric(`${name}_tpr`, `${WORDS[name]}: share of poisons flagged; NaN without poison, or not asked for`),
  metric(`${name}_fpr`, `${WORDS[name]}: share of all clean training rows flagged; NaN where not asked for`),
]);

export const screeningMetrics: readonly ResultColumn[] = [
  ...trainingScreeningMetrics,
  metric("strip_auc", "STRIP: chance that a triggered probe has less entropy than a clean one; NaN where not asked for"),
  metric("strip_tpr", "STRIP: share of triggered probes flagged; NaN where not asked for"),
  metric("strip_fpr", "STRIP: share of clean probes flagged that did not set the threshold; NaN where not asked for"),
  metric("dpa_clean_accuracy", "clean_accuracy of the partitions' vote; NaN without partitions"),
  metric("dpa_success", "attack_success_rate against the partitions' vote; NaN without partitions"),
  metric("dpa_certified", "share of clean test rows that the vote gets right and certifies against this point's poisons (2m row changes for attack replace, else m); NaN without partitions"),
  metric("dpa_radius", "mean over clean test rows of the row changes that cannot change the vote, 0 where the vote is wrong; NaN without partitions"),
];
