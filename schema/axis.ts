// Axis values as a study file writes them: a list, or a linear or logarithmic range with steps.
import { z } from "zod";
import { AXIS_VALUES_MAX } from "./limits.ts";

const steps = z.int().min(1).max(AXIS_VALUES_MAX);
const ends = z.tuple([z.number(), z.number()]);

/** `{ linear: [from, to], steps }`: both ends included; one step means `from`. */
const LinearRange = z.strictObject({ linear: ends, steps });
/** `{ log: [from, to], steps }`: evenly spaced in the logarithm, both ends included and positive. */
const LogRange = z.strictObject({
  log: z.tuple([z.number().positive(), z.number().positive()]),
  steps,
});

export const AxisValues = z.union([
  z.array(z.number()).min(1).max(AXIS_VALUES_MAX),
  LinearRange,
  LogRange,
]);
export type AxisValues = z.infer<typeof AxisValues>;

/** The numbers an axis stands for, in order. Range ends are exact, not rounded by the formula. */
export function expandAxis(values: AxisValues): readonly number[] {
  // Adding 0 makes −0 a plain 0, as JSON stores it.
  if (Array.isArray(values)) return values.map((value) => value + 0);
  const isLog = "log" in values;
  const [from, to] = isLog ? values.log : values.linear;
  const count = values.steps;
  return Array.from({ length: count }, (_, index) => {
    if (index === 0) return from + 0;
    if (index === count - 1) return to + 0;
    const share = index / (count - 1);
    // 13 significant digits: Math.pow may differ in the last bits between machines, and the values
    // are part of a study's identity.
    const value = isLog ? from * (to / from) ** share : from + (to - from) * share;
    return Number(value.toPrecision(13));
  });
}

/** Whether a range is logarithmic, for a plot's scale; a list is when its ratios are more even. */
export function isLogAxis(values: readonly number[]): boolean {
  if (values.length < 3 || values.some((value) => value <= 0)) return false;
  const gaps = values.slice(1).map((value, index) => value - (values[index] ?? 0));
  const ratios = values.slice(1).map((value, index) => Math.log(value / (values[index] ?? 1)));
  return unevenness(ratios) < unevenness(gaps);
}

function unevenness(steps: readonly number[]): number {
  const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
  const spread = steps.reduce((sum, step) => sum + (step - mean) ** 2, 0) / steps.length;
  return Math.sqrt(spread) / Math.abs(mean);
}
