// What the fields of a study file say of each other: parameters, their domains, the grid's size.
import { type AxisValues, expandAxis } from "./axis.ts";
import { isRadial, triggerOf } from "./experiments/krr.ts";
import { checkCurvature } from "./experiments/krr-curvature-check.ts";
import { isPenalised } from "./experiments/krr-penalty.ts";
import { checkPenalty } from "./experiments/krr-penalty-check.ts";
import { checkPrecision } from "./experiments/krr-precision.ts";
import { checkScreening } from "./experiments/krr-screening-check.ts";
import { networkIssues } from "./experiments/network-check.ts";
import { EXPERIMENTS } from "./experiments/registry.ts";
import { STUDY_POINTS_MAX } from "./limits.ts";
import { describeDomain, isInDomain, type Parameter } from "./parameter.ts";
import type { Issue, KrrSpec, StudySpec } from "./study.ts";

/** Every problem of a well-shaped study file; empty if there is none. */
export function checkGrid(spec: StudySpec): Issue[] {
  const parameters = EXPERIMENTS[spec.experiment].parameters;
  const issues = [...checkNames(spec, parameters), ...checkValues(spec, parameters)];
  if (spec.experiment === "krr") issues.push(...checkKrr(spec));
  if (spec.experiment === "linear" || spec.experiment === "cnn") issues.push(...networkIssues(spec));
  issues.push(...checkMissing(spec, parameters));
  if (issues.length === 0 && spec.experiment === "krr") {
    issues.push(...checkCurvature(spec), ...checkPenalty(spec), ...checkScreening(spec), ...checkPrecision(spec));
  }
  if (issues.length === 0) issues.push(...checkSize(spec));
  return issues;
}

function checkNames(spec: StudySpec, parameters: readonly Parameter[]): Issue[] {
  const known = new Set(parameters.map((one) => one.name));
  const issues: Issue[] = [];
  for (const block of ["axes", "fixed"] as const) {
    for (const name of Object.keys(spec[block])) {
      if (!known.has(name)) issues.push({ path: [block, name], message: "unknown key" });
    }
  }
  for (const name of Object.keys(spec.fixed)) {
    if (name in spec.axes) {
      issues.push({ path: ["fixed", name], message: "is an axis too: keep one of the two" });
    }
  }
  return issues;
}

function checkValues(spec: StudySpec, parameters: readonly Parameter[]): Issue[] {
  const issues: Issue[] = [];
  for (const parameter of parameters) {
    const { name } = parameter;
    const fixed = spec.fixed[name];
    if (fixed !== undefined && !isInDomain(parameter, fixed)) {
      issues.push({ path: ["fixed", name], message: outside(parameter, fixed) });
    }
    const axis = spec.axes[name];
    if (axis === undefined) continue;
    issues.push(...stepsIssues(name, axis));
    const path = (index: number): (string | number)[] =>
      Array.isArray(axis) ? ["axes", name, index] : ["axes", name];
    const seen = new Map<number, number>();
    expandAxis(axis).forEach((value, index) => {
      if (!isInDomain(parameter, value)) {
        issues.push({ path: path(index), message: outside(parameter, value) });
      }
      const first = seen.get(value);
      if (first !== undefined) {
        issues.push({ path: path(index), message: `${value} stands at [${first}] already: values must differ` });
      } else seen.set(value, index);
    });
  }
  return issues;
}

/** A range of one step has one end only: the other would be left out without a word. */
function stepsIssues(name: string, axis: AxisValues): Issue[] {
  if (Array.isArray(axis) || axis.steps > 1) return [];
  const [from, to] = "log" in axis ? axis.log : axis.linear;
  if (from === to) return [];
  return [{ path: ["axes", name, "steps"], message: `expected at least 2 from ${from} to ${to}, got 1: for one value write [${from}]` }];
}

function outside(parameter: Parameter, value: number): string {
  return `expected ${describeDomain(parameter)}, got ${value}`;
}

function isGiven(spec: StudySpec, name: string): boolean {
  return name in spec.axes || name in spec.fixed;
}

function checkIntercept(spec: KrrSpec): Issue[] {
  if (spec.intercept === undefined) return [];
  const { kind } = spec.attack;
  const clashes: string[] = [];
  if (kind !== "clones") clashes.push(`attack ${kind}: expected clones`);
  if (isPenalised(spec)) clashes.push("gradient_penalty: leave one of the two out");
  if (spec.curvature !== undefined) clashes.push("curvature: leave one of the two out");
  return clashes.map((clash) => ({ path: ["intercept"], message: `is not offered with ${clash}` }));
}

function checkKrr(spec: KrrSpec): Issue[] {
  const issues: Issue[] = checkIntercept(spec);
  const [count, rate] = [isGiven(spec, "poison_count"), isGiven(spec, "poison_rate")];
  if (count && rate) {
    const block = "poison_rate" in spec.axes ? "axes" : "fixed";
    issues.push({ path: [block, "poison_rate"], message: "poison_count is given too: keep one of the two" });
  }
  if (!count && !rate) issues.push({ path: ["axes"], message: "expected poison_count or poison_rate, as an axis or fixed" });
  const hasScale = isGiven(spec, "length_scale");
  if (isRadial(spec.kernel) && !hasScale) {
    issues.push({ path: ["axes"], message: `expected length_scale, as an axis or fixed: kernel ${spec.kernel.name} needs it` });
  }
  if (!isRadial(spec.kernel) && hasScale) {
    const block = "length_scale" in spec.axes ? "axes" : "fixed";
    issues.push({ path: [block, "length_scale"], message: `kernel ${spec.kernel.name} has no length scale: leave it out` });
  }
  const trigger = triggerOf(spec.attack);
  const targets = spec.axes["target"];
  if (trigger === null && targets !== undefined && expandAxis(targets).length > 1) {
    const message = `attack shortcut is measured for one target, whose pattern test rows carry: expected 1 value, got ${expandAxis(targets).length}`;
    issues.push({ path: ["axes", "target"], message });
  }
  if (trigger?.kind === "additive" && (trigger.file === undefined) === (trigger.vector === undefined)) {
    issues.push({ path: ["attack", "trigger"], message: "expected either file or vector" });
  }
  return issues;
}

/** Parameters whose absence `checkKrr` judges itself. */
const CONDITIONAL: Readonly<Partial<Record<StudySpec["experiment"], ReadonlySet<string>>>> = {
  krr: new Set(["length_scale", "poison_count", "poison_rate"]),
};

function checkMissing(spec: StudySpec, parameters: readonly Parameter[]): Issue[] {
  const conditional = CONDITIONAL[spec.experiment];
  return parameters
    .filter(({ name, fallback }) => fallback === undefined && conditional?.has(name) !== true)
    .filter(({ name }) => !isGiven(spec, name))
    .map(({ name }) => ({ path: ["axes"], message: `expected ${name}, as an axis or fixed` }));
}

function checkSize(spec: StudySpec): Issue[] {
  const points = Object.values(spec.axes).reduce((all, axis) => all * expandAxis(axis).length, 1);
  if (points <= STUDY_POINTS_MAX) return [];
  return [{ path: ["axes"], message: `expected at most ${STUDY_POINTS_MAX} points, got ${points}` }];
}
