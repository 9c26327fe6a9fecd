// What a point of a network study is: its value of every parameter.
import { axesOf, fixedValue, type NetworkSpec } from "../../../schema/study.ts";

/** A point's own values. */
export interface PointValues {
  readonly replicate: number;
  readonly poison_rate: number;
  readonly trigger_strength: number;
  readonly target: number;
  readonly gradient_penalty: number;
  readonly weight_decay: number;
  readonly learning_rate: number;
  readonly augmentation: number;
  readonly epochs: number;
}

/** A parameter's value where the axes have these indices. */
export function valueAt(spec: NetworkSpec, name: string, indices: readonly number[]): number {
  const axis = axesOf(spec).findIndex((one) => one.name === name);
  if (axis < 0) return fixedValue(spec, name) ?? Number.NaN;
  return axesOf(spec)[axis]?.values[indices[axis] ?? 0] ?? Number.NaN;
}

/** The values where the axes have these indices. */
export function pointValues(spec: NetworkSpec, indices: readonly number[]): PointValues {
  const at = (name: keyof PointValues): number => valueAt(spec, name, indices);
  return {
    replicate: at("replicate"),
    poison_rate: at("poison_rate"),
    trigger_strength: at("trigger_strength"),
    target: at("target"),
    gradient_penalty: at("gradient_penalty"),
    weight_decay: at("weight_decay"),
    learning_rate: at("learning_rate"),
    augmentation: at("augmentation"),
    epochs: at("epochs"),
  };
}
