// What a study file says of its data, held against the data: known before any work starts.
import { basesLeft } from "../data/source.ts";
import type { DataDescription } from "../schema/data.ts";
import { basesMax, basesToDraw, poisonCountOf, poisonRateOf, replacesRows } from "../schema/experiments/krr-poison.ts";
import { shortcutIssue, triggerIssue } from "../schema/experiments/krr-trigger.ts";
import { networkDataIssues } from "../schema/experiments/network-check.ts";
import { axesOf, type Issue, type KrrSpec, type NetworkSpec } from "../schema/study.ts";
import { countText, shortNumber } from "./face/number.ts";

/** Every problem of a study with the data it names; empty if there is none. */
export function checkAgainstData(spec: KrrSpec | NetworkSpec, data: DataDescription): Issue[] {
  if (spec.experiment !== "krr") return networkDataIssues(spec, data);
  return [
    ...checkTargets(spec, data),
    ...checkProbeClasses(spec, data),
    ...checkRates(spec),
    ...checkBases(spec, data),
    ...checkTrigger(spec, data),
    ...checkCluster(spec, data),
  ];
}

/** The values of a parameter with their places in the file. */
function valuesOf(spec: KrrSpec, name: string): { value: number; path: Issue["path"] }[] {
  const fixed = spec.fixed[name];
  if (fixed !== undefined) return [{ value: fixed, path: ["fixed", name] }];
  const isList = Array.isArray(spec.axes[name]);
  const values = axesOf(spec).find((axis) => axis.name === name)?.values ?? [];
  return values.map((value, index) =>
    ({ value, path: isList ? ["axes", name, index] : ["axes", name] }));
}

function checkTargets(spec: KrrSpec, { classes }: DataDescription): Issue[] {
  return valuesOf(spec, "target")
    .filter(({ value }) => value >= classes)
    .map(({ value, path }) =>
      ({ path, message: `expected a class from 0 to ${classes - 1}, got ${value}` }));
}

function checkProbeClasses({ curvature }: KrrSpec, { classes }: DataDescription): Issue[] {
  return (curvature?.classes ?? []).flatMap((value, index) => (value < classes ? [] : [{
    path: ["curvature", "classes", index],
    message: `expected a class from 0 to ${classes - 1}, got ${value}: the data have no row of it that could be a probe`,
  }]));
}

/** A rate above zero that realises no poison at all would show up as a clean run under its name. */
function checkRates(spec: KrrSpec): Issue[] {
  const rows = spec.data.train;
  const least = shortNumber(poisonRateOf(1, rows, spec.attack.kind));
  return valuesOf(spec, "poison_rate")
    .filter(({ value }) => value > 0 && poisonCountOf(value, rows, spec.attack.kind) === 0)
    .map(({ value, path }) => ({
      path,
      message:
        `rate ${value} of ${countText(rows)} training rows is no poison at all: ` +
        `expected 0, or at least ${least} (1 poison)`,
    }));
}

function checkBases(spec: KrrSpec, data: DataDescription): Issue[] {
  const left = basesLeft(spec.data, data);
  const most = basesMax(spec);
  if (replacesRows(spec.attack.kind)) return checkReplaced(spec, most);
  const needed = basesToDraw(most, 2);
  if (needed <= left) return [];
  const what = most === 1 ? "the cloned point" : `${countText(most)} poisons`;
  const message =
    `${what} of attack ${spec.attack.kind} need ${countText(needed)} rows to choose from, ` +
    `train and test leave ${countText(Math.max(0, left))}: expected fewer of them`;
  return [{ path: ["data", "train"], message }];
}

/** Rows of the target's own class cannot be replaced either, but how many there are is drawn. */
function checkReplaced({ data, attack }: KrrSpec, most: number): Issue[] {
  const isShortcut = attack.kind === "shortcut";
  if (most < data.train || (isShortcut && most === data.train)) return [];
  if (isShortcut) return [{ path: ["data", "train"], message: `attack shortcut perturbs ${countText(most)} of ${countText(data.train)} training rows: expected at most all of them` }];
  const message = `attack replace takes ${countText(most)} of ${countText(data.train)} training rows: ` +
    "expected fewer, since rows of the target's class stay";
  return [{ path: ["data", "train"], message }];
}

function checkCluster({ attack }: KrrSpec, { dimension }: DataDescription): Issue[] {
  if (attack.kind !== "cluster" || attack.rank <= dimension) return [];
  const message = `expected at most ${dimension} directions (the data's features), got ${attack.rank}`;
  return [{ path: ["attack", "rank"], message }];
}

function checkTrigger(spec: KrrSpec, { dimension, image, classes }: DataDescription): Issue[] {
  const { attack } = spec;
  if (attack.kind === "shortcut") {
    const message = shortcutIssue(attack.patch, { dimension, image, classes });
    return message === null ? [] : [{ path: ["attack", "patch"], message }];
  }
  const message = triggerIssue(attack.trigger, { dimension, image });
  return message === null ? [] : [{ path: ["attack", "trigger"], message }];
}
