// Parallel coordinates as bands: between two neighbouring columns, how many points go from bin to
// bin and the mean of the colouring metric among them. A million points become a few thousand.
import type { z } from "zod";
import type { Parallel, ParallelQuery } from "../../schema/api.ts";
import { strides } from "../../schema/grid.ts";
import type { ColumnCache } from "./columns.ts";
import { cutOf } from "./cut.ts";
import { finite } from "./lines.ts";
import { rangeOf } from "./pareto.ts";
import { VALID } from "./point-state.ts";
import { problem, unknownName } from "./problem.ts";
import { checkMetric, isLog, type StudyGrid } from "./study-grid.ts";

const BINS = 24;

/** A column as bin numbers, without storing them per point. */
interface Scale {
  readonly name: string;
  readonly range: [number, number];
  readonly isLog: boolean;
  readonly bins: number;
  readonly binOf: (point: number) => number;
  /** The number that a condition compares: an index on an axis, a metric's value. */
  readonly valueOf: (point: number) => number;
}

export async function parallelOf(cache: ColumnCache, grid: StudyGrid, query: z.infer<typeof ParallelQuery>): Promise<Parallel> {
  if (query.columns.length < 2) {
    throw problem(422, { type: "too-few-columns", detail: `expected at least 2 columns, got ${query.columns.length}` });
  }
  const isAxis = (name: string): boolean => grid.axes.some((axis) => axis.name === name);
  const conditions = query.where.map((text) => conditionOf(text));
  const used = [...query.columns, ...conditions.map(({ name }) => name)];
  const metrics = [...new Set([query.colour, ...used].filter((name) => !isAxis(name)))];
  for (const name of metrics) checkColumn(grid, name);
  const { status, columns } = await cache.get(grid, metrics);
  const scaleOf = (name: string): Scale => {
    const values = columns[metrics.indexOf(name)];
    return values === undefined ? axisScale(grid, name) : metricScale(name, values, status);
  };
  const colour = scaleOf(query.colour);
  const scales = query.columns.map(scaleOf);
  const tests = conditions.map(({ name, from, to }) => ({ scale: scaleOf(name), from, to }));
  const keep = (point: number): boolean =>
    status[point] === VALID && tests.every(({ scale, from, to }) => {
      const value = scale.valueOf(point);
      return value >= from && value <= to;
    });
  const { points, bands } = bandsOf(pointsOf(grid, query.at), keep, scales, colour);
  return {
    points,
    columns: scales.map(({ name, range, isLog, bins }) => ({ name, range, isLog, bins })),
    bands,
    colour: { name: query.colour, range: points === 0 ? null : colour.range },
  };
}

function checkColumn(grid: StudyGrid, name: string): void {
  const names = [...grid.axes, ...grid.metrics].map((one) => one.name);
  if (!names.includes(name)) throw unknownName("column", name, names);
  checkMetric(grid, name);
}

function conditionOf(text: string) {
  const [name = "", from, to] = text.split(":");
  const [low, high] = [Number(from), Number(to)];
  if (Number.isNaN(low) || Number.isNaN(high)) {
    throw problem(422, { type: "bad-condition", detail: `where ${JSON.stringify(text)}: expected name:from:to` });
  }
  return { name, from: low, to: high };
}

function pointsOf(grid: StudyGrid, at: readonly string[]): Float64Array {
  const named = new Set(at.map((one) => one.split(":")[0]));
  const over = grid.axes.map(({ name }) => name).filter((name) => !named.has(name));
  const { base, offsets } = cutOf(grid, { free: [], at, over });
  return base === 0 ? offsets : offsets.map((offset) => offset + base);
}

function axisScale(grid: StudyGrid, name: string): Scale {
  const position = grid.axes.findIndex((axis) => axis.name === name);
  const values = grid.axes[position]?.values ?? [];
  const stride = strides(grid.sizes)[position] ?? 1;
  const step = Math.ceil(values.length / BINS);
  const indexOf = (point: number): number => Math.floor(point / stride) % values.length;
  return {
    name,
    range: [values[0] ?? 0, values.at(-1) ?? 0],
    isLog: isLog(grid, name),
    bins: Math.ceil(values.length / step),
    binOf: (point) => Math.floor(indexOf(point) / step),
    valueOf: indexOf,
  };
}

function metricScale(name: string, values: Float64Array, status: Uint8Array): Scale {
  const range = rangeOf(values.filter((value, point) => status[point] === VALID && Number.isFinite(value)));
  const [low, high] = range;
  const scale = high > low ? BINS / (high - low) : 0;
  return {
    name, range, isLog: false, bins: BINS,
    binOf: (point) => Math.min(BINS - 1, Math.floor(((values[point] ?? 0) - low) * scale)),
    valueOf: (point) => values[point] ?? Number.NaN,
  };
}

function bandsOf(points: Float64Array, keep: (point: number) => boolean, scales: readonly Scale[], colour: Scale) {
  const pairs = scales.length - 1;
  const side = Math.max(...scales.map(({ bins }) => bins));
  const counts = new Float64Array(pairs * side * side);
  const sums = new Float64Array(pairs * side * side);
  let kept = 0;
  for (const point of points) {
    if (!keep(point)) continue;
    kept++;
    const shade = colour.valueOf(point);
    let bin = scales[0]?.binOf(point) ?? 0;
    for (let pair = 0; pair < pairs; pair++) {
      const next = scales[pair + 1]?.binOf(point) ?? 0;
      const place = (pair * side + bin) * side + next;
      bin = next;
      counts[place] = (counts[place] ?? 0) + 1;
      sums[place] = (sums[place] ?? 0) + shade;
    }
  }
  const bands = Array.from({ length: pairs }, (_, pair) => {
    const list: [number, number, number, number | null][] = [];
    for (let cell = 0; cell < side * side; cell++) {
      const count = counts[pair * side * side + cell] ?? 0;
      if (count === 0) continue;
      const mean = (sums[pair * side * side + cell] ?? 0) / count;
      list.push([Math.floor(cell / side), cell % side, count, finite(mean)]);
    }
    return list;
  });
  return { points: kept, bands };
}
