// Line slices along one axis, and one cell with all its metrics.
import type { z } from "zod";
import type { Cell, CellQuery, Line, LineQuery } from "../../schema/api.ts";
import { STATUSES } from "../../schema/column.ts";
import type { Session } from "../store/database.ts";
import { cellOf } from "../store/cell.ts";
import type { ColumnCache } from "./columns.ts";
import { type Cut, cutConditions, cutOf } from "./cut.ts";
import { problem } from "./problem.ts";
import { aggregateSql, type Counts, reducerOf, type Source } from "./reduce.ts";
import { checkMetric, jobOfPoint, type StudyGrid } from "./study-grid.ts";

/** Points behind one cell that are read for all their metrics. */
const CELL_POINTS_MAX = 20_000;

/** Mean and spread of metrics along an axis, over the reduced axes. */
export async function linesOf(cache: ColumnCache, grid: StudyGrid, query: z.infer<typeof LineQuery>): Promise<Line> {
  const cut = cutOf(grid, { free: [query.axis], at: query.at, over: query.over });
  const metrics = query.metrics.map((name) => checkMetric(grid, name));
  const { status, columns } = await cache.get(grid, metrics);
  const lines = columns.map((values, index) => {
    const source = { values, minus: null, status };
    return alongAxis(metrics[index] ?? "", source, cut);
  });
  return { axis: query.axis, lines, sql: lineSql(grid, cut, metrics) };
}

function alongAxis(metric: string, source: Source, cut: Cut): Line["lines"][number] {
  const [axis] = cut.free;
  const { size, stride } = axis ?? { size: 0, stride: 1 };
  const counts: Counts = { value: 0, missing: 0, dead: 0, numeric: 0 };
  const still = { from: 0, to: 1, stride: 0 };
  const patch = (from: number) =>
    ({ base: cut.base, x: { from, to: from + 1, stride }, y: still, offsets: cut.offsets });
  const [mean, low, high] = [reducerOf("mean"), reducerOf("q10"), reducerOf("q90")];
  const means = Array.from({ length: size }, (_, index) => mean(source, patch(index), counts));
  return {
    metric,
    mean: means.map(({ value }) => finite(value)),
    std: means.map(({ std }) => finite(std)),
    count: means.map(({ count }) => count),
    low: means.map((_, index) => finite(low(source, patch(index), counts).value)),
    high: means.map((_, index) => finite(high(source, patch(index), counts).value)),
  };
}

/** JSON has no NaN: null says that there is no value. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function lineSql(grid: StudyGrid, cut: Cut, metrics: readonly string[]): string {
  const axis = cut.free[0]?.name ?? "";
  const values = metrics.flatMap((metric) =>
    [aggregateSql("mean", metric), aggregateSql("q10", metric), aggregateSql("q90", metric)]);
  return selection(grid, cut, [axis, ...values], {}, "group by 1 order by 1");
}

function selection(grid: StudyGrid, cut: Cut, list: readonly string[],
  ranges: Readonly<Record<string, readonly [number, number]>>, tail: string): string {
  return [
    `select ${list.join(",\n  ")}`,
    `from ${grid.table}`,
    `where study = (select id from study where name = '${grid.stored.order.spec.name}')`,
    "  and status = 'ok'",
    ...cutConditions(grid.axes, cut, ranges).map((condition) => `  and ${condition}`),
    tail,
  ].join("\n");
}

/** One cell: every metric reduced over its points, read from the table itself. */
export async function cellAt(session: Session, grid: StudyGrid, query: z.infer<typeof CellQuery>): Promise<Cell> {
  const at = [...query.at, `${query.x}:${query.xi}`, `${query.y}:${query.yi}`];
  const cut = cutOf(grid, { free: [], at, over: query.over });
  if (cut.offsets.length > CELL_POINTS_MAX) {
    throw problem(422, {
      type: "too-many-points",
      detail: `the cell stands for ${cut.offsets.length} points, over ${CELL_POINTS_MAX}`,
      hint: "hold an axis still instead of reducing over it",
    });
  }
  const points = Array.from(cut.offsets, (offset) => cut.base + offset);
  const where = `where study = ${grid.id} and point = any('{${points.join(",")}}')`;
  const statuses = await readStatuses(session, grid, where);
  const stored = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  return {
    at: valuesAt(grid, cut.at),
    points: points.length,
    statuses,
    missing: points.length - stored,
    metrics: await readMetrics(session, grid, query.reduce, where),
    job: jobOfPoint(grid, cut.base),
    sql: selection(grid, cut, ["*"], {}, "order by point"),
  };
}

/** Values of axes by their indices. */
export function valuesAt(grid: StudyGrid, at: Readonly<Record<string, number>>): Record<string, number> {
  const entries = Object.entries(at).map(([name, index]) => {
    const axis = grid.axes.find((one) => one.name === name);
    return [name, axis?.values[index] ?? Number.NaN] as const;
  });
  return Object.fromEntries(entries);
}

async function readStatuses(session: Session, grid: StudyGrid, where: string): Promise<Record<string, number>> {
  const { rows } = await session.query(
    `select status::text, count(*) from ${grid.table} ${where} group by 1`);
  const counts = new Map(rows.map(([status, count]) => [status, Number(count)]));
  return Object.fromEntries(STATUSES.flatMap((status) => {
    const count = counts.get(status);
    return count === undefined ? [] : [[status, count]];
  }));
}

async function readMetrics(session: Session, grid: StudyGrid, reduce: Line["axis"], where: string) {
  const ofMetrics = grid.metrics.flatMap(({ name }) => {
    const shown = `(case when ${name} = 'NaN' then null else ${name} end)`;
    return [aggregateSql(reduce, shown), aggregateSql("std", shown)];
  });
  const { fields, rows } = await session.query(
    `select ${ofMetrics.join(", ")} from ${grid.table} ${where} and status = 'ok'`);
  const cells = (rows[0] ?? []).map((text, column) => cellOf(fields[column]?.type ?? 0, text));
  const numberAt = (index: number): number | null => {
    const cell = cells[index];
    return typeof cell === "number" ? finite(cell) : null;
  };
  return grid.metrics.map(({ name }, index) =>
    ({ name, value: numberAt(index * 2), std: numberAt(index * 2 + 1) }));
}
