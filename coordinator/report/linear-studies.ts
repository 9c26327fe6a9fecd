// Studies for which the closed form of poisoned linear ridge regression speaks, and what it says of them.
import { poisonCounts, replacesRows } from "../../schema/experiments/krr-poison.ts";
import { triggerOf as triggerIn } from "../../schema/experiments/krr.ts";
import { axesOf, fixedValue, type KrrSpec, type StudySpec } from "../../schema/study.ts";
import { linearRidgeRates, type Pair } from "./linear-ridge.ts";
import { isPlainKrr, type Subject } from "./subject.ts";
import { sqlText } from "./html.ts";

/** Distinct poisons, each with noise of its own, on Gaussian classes as drawn. */
export function isLinearRidge(spec: StudySpec): spec is KrrSpec {
  return isPlainKrr(spec) && spec.kernel.name === "linear" && spec.data.source === "gaussian"
    && spec.data.standardise === "none" && (spec.attack.kind === "added" || spec.attack.kind === "replace")
    && !spec.attack.clip && spec.attack.trigger.kind === "additive" && spec.attack.trigger.vector !== undefined;
}

export interface LinearSetting {
  readonly ridge: number;
  readonly poisonCount: number;
  /** trigger_strength in training, and at test. */
  readonly trained: number;
  readonly tested: number;
  readonly target: number;
}

/** The closed form at a setting of such a study. */
export function linearRatesOf(spec: KrrSpec, { ridge, poisonCount, trained, tested, target }: LinearSetting) {
  if (spec.data.source !== "gaussian") throw new TypeError("not of Gaussian classes");
  const { train, dimension, mean_norm: mean } = spec.data;
  const isReplaced = replacesRows(spec.attack.kind);
  const rows = isReplaced ? train : train + poisonCount;
  const c = { clean_n: ridge * train, total_n: ridge * rows, absolute: ridge }[spec.ridge_scaling];
  const [along, across] = pairOf(spec);
  // Target 0 is target 1 of the mirrored problem, in which the trigger points the other way.
  const sign = target === 1 ? 1 : -1;
  const scaled = (strength: number): Pair => [sign * strength * along, strength * across];
  return linearRidgeRates({
    ridge: c / rows, ratio: dimension / rows, share: poisonCount / rows, mean,
    trained: scaled(trained), tested: scaled(tested), intercept: false, isReplaced,
  });
}

/** The trigger's part along the class mean, which is the first axis, and the length of the rest. */
function pairOf({ attack }: KrrSpec): Pair {
  const trigger = triggerIn(attack);
  const vector = trigger?.kind === "additive" ? (trigger.vector ?? []) : [];
  const [along = 0, ...rest] = vector;
  return [along, Math.hypot(...rest)];
}

const valuesOf = (spec: KrrSpec, name: string): readonly number[] =>
  axesOf(spec).find((axis) => axis.name === name)?.values ?? [fixedValue(spec, name) ?? 0];

/** The middle setting of a study that has poisons: what a curve without measurement is drawn at. */
export function middleSetting(spec: KrrSpec): LinearSetting {
  const middle = (values: readonly number[]): number => values[(values.length - 1) >> 1] ?? 0;
  const [strength, poisoned] = [middle(valuesOf(spec, "trigger_strength")), poisonCounts(spec).filter((count) => count > 0)];
  return { ridge: middle(valuesOf(spec, "ridge")), poisonCount: middle(poisoned), trained: strength, tested: strength,
    target: middle(valuesOf(spec, "target")) };
}

/** SQL of a table `law`: study, ridge, trigger_strength, target, poison_count, and the closed form's two rates. */
export function lawTable(subjects: readonly Subject[]): string {
  const values = subjects.flatMap(({ name, spec }) => {
    if (!isLinearRidge(spec)) return [];
    return valuesOf(spec, "ridge").flatMap((ridge) => valuesOf(spec, "trigger_strength").flatMap((strength) =>
      valuesOf(spec, "target").flatMap((target) => [...new Set(poisonCounts(spec))].map((poisonCount) => {
        const { success, cleanAccuracy } = linearRatesOf(spec, { ridge, poisonCount, target, trained: strength, tested: strength });
        return `(${sqlText(name)}, ${ridge}, ${strength}, ${target}, ${poisonCount}, ${success.toFixed(6)}, ${cleanAccuracy.toFixed(6)})`;
      }))));
  });
  return `law(study, ridge, trigger_strength, target, poison_count, success_law, accuracy_law) as (values
  ${values.join(",\n  ")})`;
}

export const LINEAR_SETTING = ["study", "ridge", "trigger_strength", "target", "poison_count"] as const;
