// Heatmaps: any two axes of a study by any metric, the rest held still or reduced, as one frame.
//
// A frame is cut from columns in memory (columns.ts). Where axis values outnumber the cells asked
// for, neighbours share a cell, and a cell's value is the reducer over all its points. A delta
// holds the cells that jobs finished since a version touch, at most DELTA_CELLS_MAX at a time.
import type { HeatmapHeader, HeatmapQuery, Side } from "../../schema/api.ts";
import { encodeFrame } from "../../schema/heatmap-frame.ts";
import { boxOfJob } from "../../schema/plan.ts";
import type { ColumnCache, ColumnSet } from "./columns.ts";
import { aggregateSql, type Counts, countStates, reducerOf, type Source } from "./reduce.ts";
import { type Cut, cutConditions, cutOf, type FreeAxis, indexSql } from "./cut.ts";
import { checkMetric, type StudyGrid } from "./study-grid.ts";
import { problem } from "./problem.ts";

/** Cells after which a delta takes no further job: 10,000 of 9 bytes are 90 kB. */
const DELTA_CELLS_MAX = 10_000;

export interface HeatmapPlan {
  readonly grid: StudyGrid;
  readonly cut: Cut;
  readonly x: Side;
  readonly y: Side;
  readonly columns: number;
  readonly rows: number;
  readonly metrics: readonly string[];
  readonly query: HeatmapQuery;
}

/** What a query asks for, with its defaults filled in. Throws ProblemError 422. */
export function planHeatmap(grid: StudyGrid, query: HeatmapQuery): HeatmapPlan {
  const [xName, yName] = defaultAxes(grid, query);
  const at = [...defaultPlaces(grid, [xName, yName], query), ...query.at];
  const cut = cutOf(grid, { free: [xName, yName], at, over: query.over });
  const [x, y] = cut.free;
  if (x === undefined || y === undefined) throw new RangeError("a heatmap has two free axes");
  const window = query.window?.split(",").map(Number) ?? [0, x.size, 0, y.size];
  const sides = [
    sideOf(x, [window[0] ?? 0, window[1] ?? x.size], query.width),
    sideOf(y, [window[2] ?? 0, window[3] ?? y.size], query.height),
  ] as const;
  const metric = checkMetric(grid, query.metric ?? defaultMetric(grid));
  const metrics = query.minus === undefined ? [metric] : [metric, checkMetric(grid, query.minus)];
  return {
    grid, cut, query, metrics, x: sides[0], y: sides[1],
    columns: cellsAlong(sides[0]), rows: cellsAlong(sides[1]),
  };
}

function cellsAlong({ from, to, step }: Side): number {
  return Math.ceil((to - from) / step);
}

/** The two longest axes, the longer one along x, unless asked otherwise. */
function defaultAxes(grid: StudyGrid, query: HeatmapQuery): readonly [string, string] {
  if (grid.axes.length < 2) {
    throw problem(422, {
      type: "one-axis",
      detail: `study ${grid.stored.order.spec.name} has one axis, a heatmap needs two`,
      hint: `read it as a line: /lines?axis=${grid.axes[0]?.name ?? ""}`,
    });
  }
  const taken = new Set([query.x, query.y, ...query.over, ...query.at.map((at) => at.split(":")[0])]);
  const free = grid.axes
    .filter(({ name }) => !taken.has(name))
    .sort((a, b) => b.values.length - a.values.length)
    .map(({ name }) => name);
  const x = query.x ?? free.shift() ?? grid.axes[0]?.name ?? "";
  const y = query.y ?? free.shift() ?? grid.axes.find(({ name }) => name !== x)?.name ?? "";
  return [x, y];
}

/** Axes that the query leaves open stand at their middle, where a diagram has its transitions. */
function defaultPlaces({ axes }: StudyGrid, free: readonly string[], { at, over }: HeatmapQuery): string[] {
  const taken = new Set([...free, ...over, ...at.map((text) => text.split(":")[0])]);
  return axes.filter(({ name }) => !taken.has(name) && name !== "replicate")
    .map(({ name, values }) => `${name}:${values.length >> 1}`);
}

export function defaultMetric(grid: StudyGrid): string {
  const names = grid.metrics.map(({ name }) => name);
  return names.find((name) => name === "attack_success_rate") ?? names[0] ?? "";
}

function sideOf({ name, size }: FreeAxis, range: readonly [number, number], cellsMax: number): Side {
  const [from, to] = range;
  if (to > size || from >= to) {
    throw problem(422, {
      type: "outside-axis",
      detail: `window ${from},${to} on ${name}: expected 0 ≤ from < to ≤ ${size}`,
    });
  }
  return { axis: name, from, to, step: Math.ceil((to - from) / cellsMax) };
}

export interface HeatmapAnswer {
  readonly body: Uint8Array;
  readonly version: string;
}

/** Cuts the frame, whole or since `query.since`. */
export async function heatmap(cache: ColumnCache, plan: HeatmapPlan): Promise<HeatmapAnswer> {
  const set = await cache.get(plan.grid, plan.metrics);
  const since = plan.query.since === undefined ? null : set.feed.sequenceOf(plan.query.since);
  const changed = since === null ? null : changedCells(plan, set, since);
  const { values, marks, counts: ofCells } = cutCells(plan, set, changed?.cells ?? null);
  const counts = changed === null ? ofCells : countsOf(plan, set);
  const version = changed?.version ?? set.version;
  const header: HeatmapHeader = {
    version,
    metric: plan.metrics[0] ?? "",
    minus: plan.metrics[1] ?? null,
    x: plan.x, y: plan.y, columns: plan.columns, rows: plan.rows,
    at: { ...plan.cut.at },
    over: plan.cut.over.map(({ name }) => name),
    reduce: plan.query.reduce,
    cells: changed === null ? null : changed.cells.length,
    more: changed?.more ?? false,
    counts,
    range: rangeOf(values),
    sql: heatmapSql(plan),
  };
  const body = encodeFrame({ header, cells: changed?.cells ?? null, values, marks });
  return { body, version };
}

function sourceOf({ status, columns }: ColumnSet): Source {
  const [values, minus] = columns;
  if (values === undefined) throw new RangeError("a cut needs a column");
  return { values, minus: minus ?? null, status };
}

function cutCells(plan: HeatmapPlan, set: ColumnSet, cells: Uint32Array | null) {
  const { cut, x, y, columns } = plan;
  const source = sourceOf(set);
  const reduce = reducerOf(plan.query.reduce);
  const counts: Counts = { value: 0, missing: 0, dead: 0, numeric: 0 };
  const count = cells?.length ?? columns * plan.rows;
  const values = new Float32Array(count);
  const marks = new Uint8Array(count);
  const [strideX, strideY] = cut.free.map(({ stride }) => stride);
  for (let i = 0; i < count; i++) {
    const cell = cells?.[i] ?? i;
    const fromX = x.from + (cell % columns) * x.step;
    const fromY = y.from + Math.floor(cell / columns) * y.step;
    const reduced = reduce(source, {
      base: cut.base,
      x: { from: fromX, to: Math.min(fromX + x.step, x.to), stride: strideX ?? 1 },
      y: { from: fromY, to: Math.min(fromY + y.step, y.to), stride: strideY ?? 1 },
      offsets: cut.offsets,
    }, counts);
    values[i] = reduced.value;
    marks[i] = reduced.mark;
  }
  return { values, marks, counts };
}

/** What became of all points of the cut, for a frame that holds only some of its cells. */
function countsOf({ cut, x, y }: HeatmapPlan, { status }: ColumnSet): Counts {
  const [strideX = 1, strideY = 1] = cut.free.map(({ stride }) => stride);
  const { base, offsets } = cut;
  return countStates(status, { base, offsets, x: { ...x, stride: strideX }, y: { ...y, stride: strideY } });
}

function rangeOf(values: Float32Array): [number, number] | null {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low && value !== -Infinity) low = value;
    if (value > high && value !== Infinity) high = value;
  }
  return low > high ? null : [low, high];
}

/** The cells that jobs touch which changed after `since`, job by job until the limit. */
function changedCells(plan: HeatmapPlan, { feed, sequence: until }: ColumnSet, since: number) {
  const cells = new Set<number>();
  let sequence = since;
  for (const job of feed.jobs(since, until)) {
    if (cells.size >= DELTA_CELLS_MAX) break;
    sequence++;
    addCells(plan, job, cells);
  }
  return {
    cells: Uint32Array.from(cells).sort(),
    version: feed.versionAt(sequence),
    more: sequence < until,
  };
}

function addCells(plan: HeatmapPlan, job: number, cells: Set<number>): void {
  const { grid, cut, x, y } = plan;
  const box = boxOfJob(grid.plan, job);
  const rangeOn = (name: string): readonly [number, number] => {
    const axis = grid.axes.findIndex((one) => one.name === name);
    return [box.from[axis] ?? 0, box.to[axis] ?? 1];
  };
  for (const [name, index] of Object.entries(cut.at)) {
    const [from, to] = rangeOn(name);
    if (index < from || index >= to) return;
  }
  const [columnFrom, columnTo] = cellRange(x, rangeOn(x.axis));
  const [rowFrom, rowTo] = cellRange(y, rangeOn(y.axis));
  for (let row = rowFrom; row < rowTo; row++) {
    for (let column = columnFrom; column < columnTo; column++) cells.add(row * plan.columns + column);
  }
}

function cellRange(side: Side, [from, to]: readonly [number, number]): readonly [number, number] {
  const first = Math.max(from, side.from) - side.from;
  const last = Math.min(to, side.to) - side.from;
  return [Math.floor(first / side.step), Math.ceil(last / side.step)];
}

/** The query that gives the picture's numbers: cells as indices, row by row. */
export function heatmapSql(plan: HeatmapPlan): string {
  const { grid, cut, x, y, metrics } = plan;
  const cellSql = (side: Side, axis: FreeAxis | undefined): string => {
    const index = indexSql(axis?.stride ?? 1, axis?.size ?? 1);
    const shifted = side.from === 0 ? `(${index})` : `(${index} - ${side.from})`;
    return side.step === 1 ? shifted : `${shifted} / ${side.step}`;
  };
  const value = metrics.length > 1 ? `${metrics[0]} - ${metrics[1]}` : (metrics[0] ?? "");
  const conditions = cutConditions(grid.axes, cut, {
    [x.axis]: [x.from, x.to], [y.axis]: [y.from, y.to],
  });
  return [
    `select ${cellSql(x, cut.free[0])} as "column", ${cellSql(y, cut.free[1])} as "row",`,
    `  min(${x.axis}) as ${x.axis}, min(${y.axis}) as ${y.axis},`,
    `  ${aggregateSql(plan.query.reduce, value)} as value, count(*) as points`,
    `from ${grid.table}`,
    `where study = (select id from study where name = '${grid.stored.order.spec.name}')`,
    `  and status = 'ok' and (${value}) <> 'NaN'`,
    ...conditions.map((condition) => `  and ${condition}`),
    "group by 1, 2 order by 2, 1",
  ].join("\n");
}
