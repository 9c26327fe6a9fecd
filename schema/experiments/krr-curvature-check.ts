// What a study's `curvature` block and the rest of its file say of each other.
import { expandAxis } from "../axis.ts";
import { areDistinct } from "../distinct.ts";
import type { Issue, KrrSpec } from "../study.ts";
import { type Curvature, hasNearProbe, REFERENCES_MIN, REFITS_MIN } from "./krr-curvature.ts";

/** Every problem of the block, each with what would be right; none where it is absent. */
export function checkCurvature(spec: KrrSpec): Issue[] {
  const { curvature } = spec;
  if (curvature === undefined) return nearIssues(spec);
  const apart: Issue[] = spec.attack.kind === "clones" || !hasNearProbe(spec) ? [] : [{
    path: ["probe_distance" in spec.axes ? "axes" : "fixed", "probe_distance"],
    message: `is the distance from the one poison of attack clones, got ${spec.attack.kind}: leave probe_distance out, or use clones`,
  }];
  const messages: (readonly [Issue["path"], string | null])[] = [
    [["attack", "kind"], attackIssue(spec)],
    [["curvature"], penaltyIssue(spec)],
    [["axes"], zeroIssue(spec)],
    [["curvature", "classes"], onceIssue("class", curvature.classes ?? []) ?? classIssue(spec, curvature)],
    [["curvature", "labels"], onceIssue("label", curvature.labels)],
    [["curvature", "probes"], rowsIssue(spec, curvature)],
    [["curvature", "references"], referencesIssue(curvature)],
    [["curvature", "refits"], refitsIssue(spec, curvature)],
  ];
  return apart.concat(messages.flatMap(([path, message]) => (message === null ? [] : [{ path, message }])));
}

/** A distance changes nothing but what curvature measures. */
function nearIssues(spec: KrrSpec): Issue[] {
  if (!hasNearProbe(spec)) return [];
  const path = ["probe_distance" in spec.axes ? "axes" : "fixed", "probe_distance"];
  return [{ path, message: "is measured by curvature alone: add a curvature block, or leave probe_distance out" }];
}

function attackIssue({ attack }: KrrSpec): string | null {
  if (attack.kind === "clones" || attack.kind === "added") return null;
  return `curvature is measured for attacks clones and added, got ${attack.kind}: leave curvature out, or use clones`;
}

function penaltyIssue(spec: KrrSpec): string | null {
  if (valuesOf(spec, "gradient_penalty").length === 0) return null;
  return "curvature is not measured under a gradient_penalty, whose models are no quadratic in one number: leave one of the two out";
}

function zeroIssue(spec: KrrSpec): string | null {
  if ([...valuesOf(spec, "poison_count"), ...valuesOf(spec, "poison_rate")].includes(0)) return null;
  return "curvature is read beside the clean model: expected 0 among the values of poison_count or poison_rate";
}

function classIssue(spec: KrrSpec, { classes }: Curvature): string | null {
  if (classes === undefined) return null;
  const targets = valuesOf(spec, "target");
  const barren = (targets.length > 0 ? targets : [0]).find((target) => classes.every((one) => one === target));
  if (barren === undefined) return null;
  return `probes of class ${barren} alone, which is the target: a poison cannot move them to it; add another class`;
}

/** Along the axis, or the fixed one; none where the study does not say. */
function valuesOf({ axes, fixed }: KrrSpec, name: string): readonly number[] {
  const axis = axes[name];
  if (axis !== undefined) return expandAxis(axis);
  const value = fixed[name];
  return value === undefined ? [] : [value];
}

function onceIssue(what: string, values: readonly (string | number)[]): string | null {
  return areDistinct(values) ? null : `expected each ${what} once, got ${JSON.stringify(values)}`;
}

function rowsIssue({ data }: KrrSpec, { probes, references }: Curvature): string | null {
  if (probes + references <= data.test) return null;
  return `expected at most ${data.test} probes and references together (data.test), got ${probes + references}`;
}

function referencesIssue({ references, pointwise }: Curvature): string | null {
  if (references === 0 && pointwise !== undefined) {
    return `expected at least ${REFERENCES_MIN}, got 0: pointwise compares each probe with references`;
  }
  if (references === 0 || references >= REFERENCES_MIN) return null;
  return `expected 0 or at least ${REFERENCES_MIN}, got ${references}: with fewer no row can have a two-sided p-value of .05`;
}

function refitsIssue(spec: KrrSpec, { refits }: Curvature): string | null {
  if (refits === 0) return null;
  if (refits < REFITS_MIN) {
    return `expected 0 or at least ${REFITS_MIN}, got ${refits}: with fewer no model can be above 95 % of them`;
  }
  const replicates = Math.max(1, valuesOf(spec, "replicate").length);
  if (replicates > refits) return null;
  return `the refits are the other replicates' clean models: expected at least ${refits + 1} values of replicate, got ${replicates}`;
}
