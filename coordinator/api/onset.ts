// Onset: where along an axis a metric first reaches a threshold, per line of the grid; and the lag
// between two onsets.
//
// A line that ends below the threshold is right-censored: it counts as beyond every value, so
// medians and quartiles are null where they fall among the censored. A line with a missing or
// failed point before its onset is incomplete and left out. Lag is first minus second: negative
// says that the first metric gets there before the second.
import type { z } from "zod";
import type { Onset, OnsetQuery } from "../../schema/api.ts";
import type { ColumnCache } from "./columns.ts";
import { cutOf, type FreeAxis } from "./cut.ts";
import { finite } from "./lines.ts";
import { VALID } from "./point-state.ts";
import { problem } from "./problem.ts";
import { quantile } from "./reduce.ts";
import { checkMetric, type StudyGrid } from "./study-grid.ts";

export async function onsetOf(cache: ColumnCache, grid: StudyGrid, query: z.infer<typeof OnsetQuery>): Promise<Onset> {
  const named = new Set([query.along, query.by, ...query.at.map((one) => one.split(":")[0])]);
  const over = grid.axes.map(({ name }) => name).filter((name) => !named.has(name));
  const cut = cutOf(grid, { free: [query.along, query.by], at: query.at, over });
  const first = { metric: checkMetric(grid, query.metric), threshold: query.threshold };
  const second = secondOf(grid, query);
  const wanted = second === null ? [first] : [first, second];
  const { status, columns } = await cache.get(grid, wanted.map(({ metric }) => metric));
  const [along, by] = cut.free;
  if (along === undefined || by === undefined) throw new RangeError("an onset has two free axes");
  const values = grid.axes.find(({ name }) => name === query.along)?.values ?? [];
  const order = Array.from(values.keys()).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const groups = Array.from({ length: by.size }, (_, index) => {
    const corner = cut.base + index * by.stride;
    return Array.from(cut.offsets, (offset) => wanted.map(({ threshold }, which) =>
      onsetOn(columns[which] ?? new Float64Array(0), status, { start: corner + offset, along, order, values, threshold })));
  });
  return {
    along: query.along, by: query.by,
    first: summary(groups.map((lines) => lines.map(([one]) => one ?? Number.NaN))),
    second: second === null ? null : summary(groups.map((lines) => lines.map((line) => line[1] ?? Number.NaN))),
    lag: second === null ? null : summary(groups.map((lines) => lines.map(lagOf))),
  };
}

function secondOf(grid: StudyGrid, { metric2, threshold2 }: z.infer<typeof OnsetQuery>) {
  if (metric2 === undefined) return null;
  if (threshold2 === undefined) {
    throw problem(422, { type: "no-threshold", detail: "metric2 is given without threshold2" });
  }
  return { metric: checkMetric(grid, metric2), threshold: threshold2 };
}

interface LineOfGrid {
  readonly start: number;
  readonly along: FreeAxis;
  /** Indices along the axis by ascending value. */
  readonly order: readonly number[];
  readonly values: readonly number[];
  readonly threshold: number;
}

/** The axis value of the onset, Infinity if censored, NaN if incomplete. */
function onsetOn(column: Float64Array, status: Uint8Array, line: LineOfGrid): number {
  for (const index of line.order) {
    const point = line.start + index * line.along.stride;
    const value = column[point] ?? Number.NaN;
    if (status[point] !== VALID || Number.isNaN(value)) return Number.NaN;
    if (value >= line.threshold) return line.values[index] ?? Number.NaN;
  }
  return Number.POSITIVE_INFINITY;
}

/** NaN where neither is reached. */
function lagOf([first = Number.NaN, second = Number.NaN]: readonly number[]): number {
  return first - second;
}

function summary(groups: readonly (readonly number[])[]): Onset["first"] {
  const complete = groups.map((lines) => Float64Array.from(lines.filter((value) => !Number.isNaN(value))));
  const at = (share: number) => complete.map((values) => finite(quantile(values, share)));
  return {
    median: at(0.5), low: at(0.25), high: at(0.75),
    lines: complete.map((values) => values.length),
    censored: complete.map((values) => values.filter((value) => !Number.isFinite(value)).length),
    incomplete: groups.map((lines, index) => lines.length - (complete[index]?.length ?? 0)),
  };
}
