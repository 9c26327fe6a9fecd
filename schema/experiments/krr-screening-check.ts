// What a study's `screening` block and the rest of its file say of each other.
import { expandAxis } from "../axis.ts";
import { areDistinct } from "../distinct.ts";
import type { Issue, KrrSpec } from "../study.ts";
import { isPenalised } from "./krr-penalty.ts";
import { DETECTORS } from "./krr-screening.ts";

/** Every problem of the block, each with what would be right; none where it is absent. */
export function checkScreening(spec: KrrSpec): Issue[] {
  const { screening, data } = spec;
  if (screening === undefined) return [];
  const { partitions, detectors, probes, blends } = screening;
  const issues: Issue[] = [];
  const add = (path: string, message: string): void => void issues.push({ path: ["screening", path], message });
  if (detectors.length === 0 && partitions === undefined) {
    add("detectors", `expected at least one of ${DETECTORS.join(", ")}, or partitions`);
  }
  if (!areDistinct(detectors)) {
    add("detectors", `expected each detector once, got ${JSON.stringify(detectors)}`);
  }
  if (partitions !== undefined && partitions > data.train) {
    add("partitions", `expected at most data.train ${data.train}, got ${partitions}: a partition without rows has no model, and its vote is lost`);
  }
  const rows = 2 * probes + blends;
  if (detectors.includes("strip") && rows > data.test) {
    add("probes", `strip takes ${rows} test rows (2 × ${probes} probes and ${blends} blends), data.test has ${data.test}: ask for fewer, or leave strip out of detectors`);
  }
  if (detectors.includes("strip") && (spec.kernel.name === "ntk" || spec.kernel.name === "nngp")) {
    add("detectors", `strip blends rows, which then leave the sphere that ${spec.kernel.name} is defined on: leave strip out`);
  }
  if (isPenalised(spec)) {
    issues.push({ path: ["screening"], message: "is offered without gradient_penalty: strip and dpa would need a penalised model of every point; leave one of the two out" });
  }
  if (spec.attack.kind === "shortcut") {
    issues.push({ path: ["screening"], message: "looks for rows of one target class: attack shortcut perturbs rows of all classes under their own labels; use another attack, or leave screening out" });
  }
  if (spec.intercept === true) {
    issues.push({ path: ["screening"], message: "is offered without intercept: leave one of the two out" });
  }
  if (amountsOf(spec).every((amount) => amount === 0)) {
    issues.push({ path: ["screening"], message: "looks for poisons: expected a poison_count or poison_rate above 0" });
  }
  return issues;
}

/** Counts or rates of poison that the study asks for. */
function amountsOf({ axes, fixed }: KrrSpec): readonly number[] {
  return ["poison_count", "poison_rate"].flatMap((name) => {
    const axis = axes[name];
    return axis === undefined ? (fixed[name] ?? []) : expandAxis(axis);
  });
}
