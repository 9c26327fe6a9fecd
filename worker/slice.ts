// Part of a job's rows, as one report carries it.
import type { ResultBlock } from "../schema/column.ts";

/** The rows [from, to) of a block with the series rows of their points, numbered from `from`. */
export function sliceBlock(block: ResultBlock, from: number, to: number): ResultBlock {
  const cut = (columns: Readonly<Record<string, Float64Array>>, start: number, end: number) =>
    Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column.subarray(start, end)]));
  const rows = { status: block.status.subarray(from, to), metrics: cut(block.metrics, from, to) };
  if (block.series === undefined) return rows;
  const series = Object.entries(block.series).map(([table, { point, columns }]) => {
    const first = point.findIndex((index) => index >= from);
    const end = point.findIndex((index) => index >= to);
    const [start, stop] = [first < 0 ? point.length : first, end < 0 ? point.length : end];
    const own = point.subarray(start, stop).map((index) => index - from);
    return [table, { point: own, columns: cut(columns, start, stop) }] as const;
  });
  return { ...rows, series: Object.fromEntries(series) };
}
