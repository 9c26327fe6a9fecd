// From values to pixels of a panel, with ticks.
import { logSteps, roundSteps, share, tickLabel } from "../../../schema/ticks.ts";
import type { ChartAxis } from "./panel.ts";

export interface Scale {
  /** Pixel of a value. */
  readonly at: (value: number) => number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** Ticks that a panel of this size has room for. */
const TICKS = 5;
const BAND_TICKS = 9;

/** @param range pixels of the axis' ends, in the direction of growing values. */
export function scaleOf(axis: ChartAxis, range: readonly [number, number]): Scale {
  const [from, to] = range;
  if (axis.names !== undefined) return bandScale(axis.names, range);
  const [low, high] = padded(axis);
  const at = (value: number): number => from + share(value, low, high, axis.isLog) * (to - from);
  const steps = axis.isLog ? logSteps(low, high, TICKS) : roundSteps(low, high, TICKS);
  // An axis of less than a decade may have no round logarithmic step.
  const enough = steps.length >= 2 ? steps : roundSteps(low, high, TICKS - 1);
  const shown = enough.filter((value) => value >= low && value <= high && (!axis.isLog || value > 0));
  return { at, ticks: shown.map((value) => ({ at: at(value), label: tickLabel(value) })) };
}

/** The domain with a little room around it, none beyond a natural end such as 0 or 1. */
function padded({ domain, isLog }: ChartAxis): readonly [number, number] {
  const [low, high] = domain ?? (isLog ? [1, 10] : [0, 1]);
  if (isLog) {
    const room = high > low ? (high / low) ** 0.04 : 2;
    return [low / room, high * room];
  }
  if (low === high) return low === 0 ? [0, 1] : [Math.min(0, 2 * low), Math.max(0, 2 * high)];
  const room = (high - low) * 0.04;
  return [low === 0 ? 0 : low - room, high === 1 && low === 0 ? 1 : high + room];
}

function bandScale(names: readonly string[], [from, to]: readonly [number, number]): Scale {
  const at = (index: number): number => from + ((index + 0.5) / names.length) * (to - from);
  // Names of any length: as many as keep apart.
  const every = Math.ceil(names.length / BAND_TICKS);
  const ticks = names.map((label, index) => ({ at: at(index), label })).filter((_, index) => index % every === 0);
  return { at, ticks };
}
