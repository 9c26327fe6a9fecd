// Reducing the points behind each cell to one number and one mark.
//
// The reducers are those of SQL, so that the query shown with a picture gives its numbers: avg,
// min, max, stddev_samp and percentile_cont (linear between neighbours). NaN metrics and points
// whose status is not ok never enter a value; they show in the mark.
import type { Reducer } from "../../schema/api.ts";
import { MARK } from "../../schema/heatmap-frame.ts";
import { kindOf, MISSING, VALID } from "./point-state.ts";

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

/**
 * What became of the points of a patch, without looking at a value. Read in the order of memory,
 * four states at a time where they lie side by side: three million points across the order of the
 * grid take 60 ms, along it 12, and as words 2.
 */
export function countStates(status: Uint8Array, { base, x, y, offsets }: Patch): Counts {
  const along = ({ from, to, stride }: Patch["x"]): Int32Array =>
    Int32Array.from({ length: to - from }, (_, index) => (from + index) * stride);
  const [first, second, finest] = [along(x), along(y), Int32Array.from(offsets)].sort((a, b) => gapOf(b) - gapOf(a));
  if (first === undefined || second === undefined || finest === undefined) throw new RangeError("a patch has three parts");
  const length = finest.length;
  const isRun = length - 1 === finest[length - 1]! - finest[0]!;
  const tally = new Uint32Array(256);
  for (const far of first) {
    for (const near of second) {
      const corner = base + far + near;
      if (isRun) countRun(status, corner + finest[0]!, corner + finest[0]! + length, tally);
      else for (let i = 0; i < length; i++) tally[status[corner + finest[i]!]!]!++;
    }
  }
  const counts: Counts = { value: tally[VALID]!, missing: 0, dead: 0, numeric: 0 };
  tally.forEach((count, state) => {
    if (state !== VALID) counts[kindOf(state)] += count;
  });
  return counts;
}

/** Four states of a point in a word. */
const ALL_VALID = VALID * 0x01010101;
const ALL_MISSING = MISSING * 0x01010101;

/** Adds the states from `from` to `to` to a tally. */
function countRun(status: Uint8Array, from: number, to: number, tally: Uint32Array): void {
  const words = new Uint32Array(status.buffer, status.byteOffset, status.length >> 2);
  let [valid, missing, point] = [0, 0, from];
  for (; point < to && point % 4 !== 0; point++) tally[status[point]!]!++;
  for (; point + 4 <= to; point += 4) {
    const word = words[point >> 2]!;
    if (word === ALL_VALID) valid += 4;
    else if (word === ALL_MISSING) missing += 4;
    else for (let i = 0; i < 4; i++) tally[status[point + i]!]!++;
  }
  for (; point < to; point++) tally[status[point]!]!++;
  tally[VALID]! += valid;
  tally[MISSING]! += missing;
}

/** How far neighbours of a list lie apart; a list of one has none, and may stand anywhere. */
function gapOf(places: Int32Array): number {
  return places.length < 2 ? Number.POSITIVE_INFINITY : places[1]! - places[0]!;
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
    let count = 0;
    let mean = 0;
    let squares = 0;
    let low = Infinity;
    let high = -Infinity;
    let mark = 0;
    // The finer side within the coarser one, as memory has them.
    const outer = x.stride < y.stride ? y : x;
    const inner = outer === x ? y : x;
    for (let far = outer.from; far < outer.to; far++) {
      for (let near = inner.from; near < inner.to; near++) {
        const corner = base + far * outer.stride + near * inner.stride;
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
    let value = mean;
    if (share !== null) value = quantile(scratch.subarray(0, count), share);
    else if (name === "min") value = low;
    else if (name === "max") value = high;
    else if (name === "std") value = std;
    return { value, mark: mark | MARK.value, count, std };
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
