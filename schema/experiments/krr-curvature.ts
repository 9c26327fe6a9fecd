// What a study file may ask of curvature, and the columns that it then gets: the `curvature` block.
//
// Curvature is of the loss L(x, y) = |f(x) − y|² / 2 in the input x, averaged over a batch of
// probes: its Gauss-Newton part JᵀJ and its whole Hessian. Formulas: docs/science/curvature.md.
import { z } from "zod";
import type { ResultColumn } from "../column.ts";
import type { Parameter } from "../parameter.ts";
import type { KrrSpec } from "../study.ts";

export const PROBE_LABELS = ["true", "predicted"] as const;
export const PROBE_SETS = ["clean", "triggered"] as const;
export const NEAR_DIRECTIONS = ["trigger", "random"] as const;

/** YAML reads a bare true as a truth value. */
const quotedTrue = ({ input }: { readonly input?: unknown }): string | undefined =>
  input === true ? 'expected "true" in quotes, which without them is no text' : undefined;

export const Curvature = z.strictObject({
  probes: z.int().min(1).max(500).default(20)
    .describe("test rows to look at, never of the target class; each clean and triggered"),
  classes: z.array(z.int().nonnegative()).min(1).optional()
    .describe("classes that probes may have; default: all but the target"),
  labels: z.array(z.enum(PROBE_LABELS, { error: quotedTrue })).max(2).default([...PROBE_LABELS])
    .describe("y of the loss whose Hessian is taken; [] leaves the Gauss-Newton part alone"),
  bottom: z.literal(true).optional()
    .describe("also each Hessian's smallest eigenvalue, which can take longer than all the rest; absent: do not"),
  near_direction: z.enum(NEAR_DIRECTIONS).optional()
    .describe("where probe_distance leads from the poison: along the trigger, or a random unit vector chosen by seed; default: trigger"),
  references: z.int().min(0).max(500).default(0)
    .describe("clean test rows that calibrate the conformal detectors; 0: no such detectors"),
  pointwise: z.literal(true).optional()
    .describe("also test each probe's own Hessian against the references', which takes a search for each of them; absent: do not"),
  refits: z.int().min(0).default(0)
    .describe("clean models of other replicates that the top-eigenvalue detector must find; 0: no demand"),
  seed: z.int().nonnegative().default(0).describe("chooses probes and references among the test rows"),
});
export type Curvature = z.infer<typeof Curvature>;

/** Level of the conformal tests: a share of clean rows that may be flagged. */
export const CONFORMAL_LEVEL = 0.05;
/** With fewer references than this no row can be flagged at that level by a two-sided test. */
export const REFERENCES_MIN = Math.ceil(2 / CONFORMAL_LEVEL) - 1;
/** With fewer clean refits than this no model can be above 95 % of them. */
export const REFITS_MIN = Math.ceil(1 / CONFORMAL_LEVEL) - 1;

const WHERE = {
  clean: "over the clean probes (what a defender can look at)",
  triggered: "over the triggered probes (the oracle view)",
} as const;
const LABELLED = { true: "y the true label", predicted: "y the predicted label" } as const;

export const distanceParameter: Parameter = {
  name: "probe_distance", type: "double", min: 0, max: Number.POSITIVE_INFINITY, fallback: 0,
  isShared: false, cutRank: 0, isOptional: true,
  comment: "r, distance of the near probe x0 = ζ + r u from the poison ζ, in units of feature distance; 0 in studies without it. ntk and nngp put x0 back on the unit sphere",
};

/** Whether a study looks at a probe near its poison; fixed at 0 it does not. */
export function hasNearProbe(spec: KrrSpec): boolean {
  return "probe_distance" in spec.axes || (spec.fixed["probe_distance"] ?? 0) !== 0;
}

const metric = (name: string, comment: string, needs = "curvature"): ResultColumn =>
  ({ name, type: "double", role: "metric", needs, comment });

const gaussNewton = PROBE_SETS.flatMap((set) => [
  metric(`gn_top_${set}`, `largest eigenvalue of the mean of JᵀJ ${WHERE[set]}`),
  metric(`gn_gap_${set}`, `(λ1 − λ2) / λ1 of the mean of JᵀJ ${WHERE[set]}: near 0 its top eigenvector is arbitrary`),
  metric(`gn_overlap_${set}`, `squared cosine of gn_top's eigenvector with the trigger direction, ${WHERE[set]}`),
  metric(`gn_subspace_overlap_${set}`, `squared length of the trigger direction within the top q − 1 eigenvectors of the mean of JᵀJ ${WHERE[set]}`),
  metric(`gn_best_index_${set}`, `which of these eigenvectors, from 1, has the largest squared cosine with the trigger direction, ${WHERE[set]}`),
  metric(`gn_law_overlap_${set}`, `squared cosine of gn_top's eigenvector with the mean of ∇k(x, ζ), ${WHERE[set]}: x − ζ on average for radial kernels, ζ for the others; NaN for attack added, which has no one ζ`),
  metric(`gn_pull_overlap_${set}`, `squared cosine of gn_top's eigenvector with the mean of ∇g (clones) or of what the poisons add to ∇f_target (added), where the poison really pushes, ${WHERE[set]}`),
]);

const hessian = PROBE_SETS.flatMap((set) => PROBE_LABELS.flatMap((label) => {
  const of = `of the mean input Hessian of the loss ${WHERE[set]}, ${LABELLED[label]}`;
  return [
    metric(`hessian_top_${set}_${label}`, `largest eigenvalue ${of}`),
    metric(`hessian_bottom_${set}_${label}`, `smallest eigenvalue ${of}; NaN unless curvature.bottom asks for it`),
    metric(`hessian_trace_${set}_${label}`, `trace ${of}`),
    metric(`hessian_gap_${set}_${label}`, `(λ1 − λ2) / |λ1| ${of}: near 0 its top eigenvector is arbitrary`),
    metric(`hessian_overlap_${set}_${label}`, `squared cosine with the trigger direction of the top eigenvector ${of}`),
  ];
}));

const near = (name: string, comment: string): ResultColumn => metric(name, comment, "probe_distance");
const AT_X0 = "at the near probe x0";

/** Of studies with a probe_distance. */
export const nearMetrics: readonly ResultColumn[] = [
  near("delta_f_near", `f_target(x0) with the poison minus without it`),
  near("delta_f_law_near", "the interaction-free law for delta_f_near: k(x0, ζ) · (1 − 1/q) · m / (c + k(ζ, ζ) m)"),
  near("success_near", "1 if x0 is classified as the target, else 0; a tie counts as success"),
  near("gn_spike_near", `γ² |r|² |∇g|² ${AT_X0}: the poison's own Gauss-Newton curvature, exact`),
  near("gn_spike_law_near", `its interaction-free law ${AT_X0}: |∇k(x0, ζ)|² (1 − 1/q) (m / (c + k(ζ, ζ) m))²`),
  near("gn_spike_floor", "γ² |r|² |∇s(ζ)|² / 4: what gn_spike_near tends to as probe_distance goes to 0, s the posterior variance; not defined on the cusp of laplace, where it leaves the poison's own term out"),
  near("gn_top_near", `largest eigenvalue of JᵀJ ${AT_X0}`),
  near("gn_gap_near", `(λ1 − λ2) / λ1 of JᵀJ ${AT_X0}`),
  near("gn_overlap_near", `squared cosine of gn_top_near's eigenvector with u`),
  near("gn_subspace_overlap_near", `squared length of u within the top q − 1 eigenvectors of JᵀJ ${AT_X0}`),
  near("gn_best_index_near", `which of these eigenvectors, from 1, has the largest squared cosine with u`),
  near("gn_law_overlap_near", `squared cosine of gn_top_near's eigenvector with ∇k(x0, ζ); 0 where that is 0`),
  near("gn_pull_overlap_near", `squared cosine of gn_top_near's eigenvector with ∇g(x0)`),
  ...PROBE_LABELS.flatMap((label) => {
    const of = `of the loss's input Hessian ${AT_X0}, ${{ true: "y the poison's class before relabelling", predicted: LABELLED.predicted }[label]}`;
    return [
      near(`hessian_top_near_${label}`, `largest eigenvalue ${of}`),
      near(`hessian_bottom_near_${label}`, `smallest eigenvalue ${of}; NaN unless curvature.bottom asks for it`),
      near(`hessian_trace_near_${label}`, `trace ${of}`),
      near(`hessian_gap_near_${label}`, `(λ1 − λ2) / |λ1| ${of}`),
      near(`hessian_overlap_near_${label}`, `squared cosine with u of the top eigenvector ${of}`),
    ];
  }),
];

/** In the order of the table's columns. */
export const curvatureMetrics: readonly ResultColumn[] = [
  ...gaussNewton,
  ...hessian,
  metric("gn_spike", "mean over the triggered probes of |J − J0|², J0 the clean model's: the poison's own Gauss-Newton curvature, exact; γ² |r|² |∇g|² for clones"),
  metric("gn_spike_law", "the interaction-free law for gn_spike (arXiv 2602.00822, Th. 3.4): R_k (Δf)² = |∇k(x, ζ)|² (1 − 1/q) (m / (c + k(ζ, ζ) m))², mean over the triggered probes; NaN for attack added"),
  metric("overlap_threshold", "99.9 % quantile of the squared cosine with a random direction, Beta(1/2, (d − 1)/2): overlaps above it do not come by chance"),
  metric("conformal_gn_power", "share of triggered probes whose largest eigenvalue of JᵀJ is above 95 % of the references' (conformal p ≤ .05); NaN without references"),
  metric("conformal_gn_false", "the same share of the clean probes: its false-positive rate"),
  metric("conformal_hessian_power", "share of triggered probes whose Hessian's largest eigenvalue, y the predicted label, is above 95 % of the references' (conformal p ≤ .05); NaN unless curvature.pointwise asks for it"),
  metric("conformal_hessian_false", "the same share of the clean probes: its false-positive rate"),
  metric("conformal_trace_power", "share of triggered probes whose Hessian trace, y the predicted label, is outside the middle 95 % of the references' (two-sided conformal p ≤ .05); NaN without references"),
  metric("conformal_trace_false", "the same share of the clean probes: its false-positive rate"),
  metric("curvature_cusps", "pairs of a probe and a training row at distance 0 whose term has no derivative and is left out (laplace, ntk)"),
];
