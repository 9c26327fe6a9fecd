// Reducing the points behind each cell to one number and one mark.
//
// The reducers are those of SQL, so that the query shown with a picture gives its numbers: avg,
// min, max, stddev_samp and percentile_cont (linear between neighbours). NaN metrics and points
// whose status is not ok never enter a value; they show in the mark.
import type { Reducer } from "../../schema/api.ts";
import { MARK } from "../../schema/heatmap-frame.ts";
import { kindOf, VALID } from "./point-state.ts";

/** What a kernel reads: point p has values[p] and status[p], see point-state.ts. */
export interface Source {
  readonly values: Float64Array;
  /** Subtracted point by point; null: nothing is. */
  readonly minus: Float64Array | null;
  readonly status: Uint8Array;
}

/** Points base + x · strideX + y · strideY + each offset, x and y in half-open ranges. */
export interface Patch {
  readonly base: number;
  readonly x: { readonly from: number; readonly to: number; readonly stride: number };
  readonly y: { readonly from: number; readonly to: number; readonly stride: number };
  readonly offsets: Float64Array;
}

export interface Reduced {
  /** NaN without a value. */
  readonly value: number;
  readonly mark: number;
  readonly count: number;
  readonly std: number;
}

export interface Counts {
  value: number;
  missing: number;
  dead: number;
  numeric: number;
}

const NOTHING = new Float64Array(0);

/** What became of the points of a patch, without looking at a value. */
export function countStates(status: Uint8Array, { base, x, y, offsets }: Patch): Counts {
  const tally = new Float64Array(256);
  for (let iy = y.from; iy < y.to; iy++) {
    for (let ix = x.from; ix < x.to; ix++) {
      const corner = base + ix * x.stride + iy * y.stride;
      for (let o = 0; o < offsets.length; o++) tally[status[corner + offsets[o]!]!]!++;
    }
  }
  const counts: Counts = { value: tally[VALID]!, missing: 0, dead: 0, numeric: 0 };
  tally.forEach((count, state) => {
    if (state !== VALID) counts[kindOf(state)] += count;
  });
  return counts;
}

/** A reducer with its own scratch memory; not to be shared between overlapping calls. */
export function reducerOf(name: Reducer) {
  const share = name === "median" ? 0.5 : name.startsWith("q") ? Number(name.slice(1)) / 100 : null;
  let scratch = NOTHING;
  /** Reduces one patch; adds to `counts`. */
  return (source: Source, patch: Patch, counts: Counts): Reduced => {
    const { values, minus, status } = source;
    const { base, x, y, offsets } = patch;
    const most = (x.to - x.from) * (y.to - y.from) * offsets.length;
    if (share !== null && scratch.length < most) scratch = new Float64Array(most);
    let [count, mean, squares, low, high, mark] = [0, 0, 0, Infinity, -Infinity, 0];
    for (let iy = y.from; iy < y.to; iy++) {
      for (let ix = x.from; ix < x.to; ix++) {
        const corner = base + ix * x.stride + iy * y.stride;
        for (let o = 0; o < offsets.length; o++) {
          const point = corner + offsets[o]!;
          const state = status[point]!;
          if (state !== VALID) {
            const kind = kindOf(state);
            mark |= MARK[kind];
            counts[kind]++;
            continue;
          }
          const value = minus === null ? values[point]! : values[point]! - minus[point]!;
          counts.value++;
          if (Number.isNaN(value)) continue;
          if (share !== null) scratch[count] = value;
          count++;
          const step = value - mean;
          mean += step / count;
          squares += step * (value - mean);
          if (value < low) low = value;
          if (value > high) high = value;
        }
      }
    }
    if (count === 0) return { value: Number.NaN, mark, count, std: Number.NaN };
    const std = count > 1 ? Math.sqrt(squares / (count - 1)) : Number.NaN;
    return { value: pick(), mark: mark | MARK.value, count, std };

    function pick(): number {
      if (share !== null) return quantile(scratch.subarray(0, count), share);
      if (name === "min") return low;
      if (name === "max") return high;
      return name === "std" ? std : mean;
    }
  };
}

/** percentile_cont: linear between the neighbours in order. Sorts `values` in place. */
export function quantile(values: Float64Array, share: number): number {
  values.sort();
  const place = share * (values.length - 1);
  const lower = Math.floor(place);
  const below = values[lower] ?? Number.NaN;
  const above = values[Math.min(lower + 1, values.length - 1)] ?? Number.NaN;
  return place === lower ? below : below + (above - below) * (place - lower);
}

/** The SQL aggregate that gives the same. */
export function aggregateSql(name: Reducer, expression: string): string {
  if (name === "mean") return `avg(${expression})`;
  if (name === "std") return `stddev_samp(${expression})`;
  if (name === "min" || name === "max") return `${name}(${expression})`;
  const share = name === "median" ? 0.5 : Number(name.slice(1)) / 100;
  return `percentile_cont(${share}) within group (order by ${expression})`;
}
