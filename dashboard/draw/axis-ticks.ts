// Ticks along a grid axis, of which every value has a band of equal width.
//
// An axis that is even on its scale (linear or log) gets round numbers at their true places; an
// uneven list gets its own values, at the middle of their bands.
import type { AxisView } from "../../schema/api.ts";
import { logSteps, roundSteps, type Tick, tickLabel } from "../../schema/ticks.ts";

export interface AxisWindow {
  readonly axis: AxisView;
  /** Half-open index range shown. */
  readonly from: number;
  readonly to: number;
}

export function axisTicks(shown: AxisWindow, wanted: number): Tick[] {
  const { axis, from, to } = shown;
  const values = axis.values.slice(from, to);
  if (values.length <= wanted || !isEven(values, axis.isLog)) return bandTicks(values, wanted);
  const [first, last] = [values[0] ?? 0, values.at(-1) ?? 0];
  const [low, high] = [Math.min(first, last), Math.max(first, last)];
  const steps = axis.isLog ? logSteps(low, high, wanted) : roundSteps(low, high, wanted);
  const position = axis.isLog
    ? (value: number) => Math.log(value / first) / Math.log(last / first)
    : (value: number) => (value - first) / (last - first);
  // Values sit at the middle of their bands: half a band in from either end.
  return steps.map((value) => ({
    at: (0.5 + position(value) * (values.length - 1)) / values.length,
    label: tickLabel(value),
  }));
}

/** Of a value that stands for itself; the cell under the crosshair tells it whole. */
const DIGITS = 3;

function bandTicks(values: readonly number[], wanted: number): Tick[] {
  const every = Math.max(1, Math.ceil(values.length / wanted));
  return values.flatMap((value, index) =>
    (index % every === 0 ? [{ at: (index + 0.5) / values.length, label: tickLabel(Number(value.toPrecision(DIGITS))) }] : []));
}

function isEven(values: readonly number[], isLog: boolean): boolean {
  if (values.length < 3) return false;
  const place = (value: number): number => (isLog ? Math.log(value) : value);
  const [first, last] = [place(values[0] ?? 0), place(values.at(-1) ?? 0)];
  const step = (last - first) / (values.length - 1);
  return values.every((value, index) => Math.abs(place(value) - first - index * step) < Math.abs(step) * 0.1);
}
