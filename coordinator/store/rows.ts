// The rows of a report: from a job's box and its metrics to the columns of the result table.
//
// A row's axis values are arithmetic on study and point; only metrics and status travel.
import {
  type ResultBlock,
  seriesColumns,
  type SeriesTable,
  STATUSES,
} from "../../schema/column.ts";
import { columnsOf, EXPERIMENTS, metricsOf } from "../../schema/experiments/registry.ts";
import { poisonCounts, poisonRateOf } from "../../schema/experiments/krr-poison.ts";
import { boxSizes, pointCount, strides } from "../../schema/grid.ts";
import type { Report } from "../../schema/job.ts";
import { boxOfJob, type Plan } from "../../schema/plan.ts";
import { axesOf, fixedValue, type KrrSpec, type StudySpec } from "../../schema/study.ts";
import type { CopyWriter, FixedColumn } from "./copy-encode.ts";

/** Where a column of axis values comes from. */
interface Source {
  readonly type: "integer" | "double";
  /** Which of the study's axes its values follow; null: one value for the whole study. */
  readonly axis: number | null;
  readonly values: Float64Array;
}

/** What the rows of one study have in common. */
export interface RowShape {
  readonly table: string;
  readonly plan: Plan;
  readonly sources: readonly Source[];
  readonly metrics: readonly { readonly name: string; readonly type: "integer" | "double" }[];
  /** The columns in the order that `writeRows` writes them, as SQL. */
  readonly columnList: string;
  /** Tables of rows that a point has any number of. */
  readonly series: readonly SeriesTable[];
}

export function rowShape(spec: StudySpec, plan: Plan): RowShape {
  const columns = columnsOf(spec);
  const axisNames = axesOf(spec).map(({ name }) => name);
  const derived = spec.experiment === "krr" ? poisonSources(spec) : new Map<string, Source>();
  const sources = columns
    .filter(({ role }) => role === "axis")
    .map(({ name, type }) => derived.get(name) ?? plainSource(spec, name, type, axisNames));
  const names = ["study", "point", "job", ...columns.map(({ name }) => name), "status"];
  return {
    table: EXPERIMENTS[spec.experiment].table,
    plan,
    sources,
    metrics: metricsOf(spec),
    columnList: names.join(", "),
    series: EXPERIMENTS[spec.experiment].series,
  };
}

function plainSource(
  spec: StudySpec,
  name: string,
  type: Source["type"],
  axes: readonly string[],
): Source {
  const axis = axes.indexOf(name);
  if (axis < 0)
    return { type, axis: null, values: Float64Array.of(fixedValue(spec, name) ?? Number.NaN) };
  return { type, axis, values: Float64Array.from(axesOf(spec)[axis]?.values ?? []) };
}

/** Count and rate are two views of one realised number, whichever of them the study gives. */
function poisonSources(spec: KrrSpec): Map<string, Source> {
  const found = Object.keys(spec.axes).findIndex(
    (name) => name === "poison_count" || name === "poison_rate",
  );
  const axis = found < 0 ? null : found;
  const counts = Float64Array.from(poisonCounts(spec));
  const rates = counts.map((count) => poisonRateOf(count, spec.data.train, spec.attack.kind));
  return new Map([
    ["poison_count", { type: "integer", axis, values: counts }],
    ["poison_rate", { type: "double", axis, values: rates }],
  ]);
}

/** Why a report cannot be stored, or null: reports come from other machines. */
export function complaintAbout(report: Report, shape: RowShape): string | null {
  const { plan } = shape;
  const { number } = report.job;
  if (number >= plan.jobs) return `job ${number} is not among the study's ${plan.jobs} jobs`;
  if (report.block === null) return null;
  const { status, metrics } = report.block;
  const points = pointCount(boxSizes(boxOfJob(plan, number)));
  const end = report.offset + status.length;
  if (
    !Number.isInteger(report.offset) ||
    report.offset < 0 ||
    status.length === 0 ||
    end > points
  ) {
    return `rows ${report.offset} to ${end} are not among the ${points} points of job ${number}`;
  }
  for (const { name } of shape.metrics) {
    const length = metrics[name]?.length;
    if (length !== status.length) {
      return `job ${number}: metric ${name} has ${length ?? 0} values for ${status.length} points`;
    }
  }
  const code = status.find((one) => one >= STATUSES.length);
  if (code !== undefined) return `job ${number}: unknown status code ${code}`;
  const why = seriesComplaint(report.block, shape);
  return why === null ? null : `job ${number}: ${why}`;
}

function seriesComplaint({ series = {}, status }: ResultBlock, shape: RowShape): string | null {
  for (const [table, { point, columns }] of Object.entries(series)) {
    const words = shape.series.find((one) => one.table === table);
    if (words === undefined) return `${shape.table} has no series ${table}`;
    if (point.some((one) => one < 0 || one >= status.length)) return `${table}: a row of no point`;
    const wrong = seriesColumns(words).find(({ name }) => columns[name]?.length !== point.length);
    if (wrong === undefined) continue;
    return `${table}: ${columns[wrong.name]?.length ?? 0} values of ${wrong.name} for ${point.length} rows`;
  }
  return null;
}

/** The columns in the order that `writeSeries` writes them, as SQL. */
export function seriesColumnList(series: SeriesTable): string {
  return ["study", "point", ...seriesColumns(series).map(({ name }) => name)].join(", ");
}

/** Appends a report's rows of one series; returns how many. */
export function writeSeries(
  writer: CopyWriter,
  study: number,
  report: Report,
  shape: RowShape,
  series: SeriesTable,
): number {
  const rows = report.block?.series?.[series.table];
  if (rows === undefined || report.block === null) return 0;
  const { points } = walk(shape.plan, report.job.number, report.offset, report.block.status.length);
  writer.append(rows.point.length, [
    { type: "integer", values: study },
    { type: "integer", values: rows.point.map((index) => points[index] ?? -1) },
    ...seriesColumns(series).map(({ name, type }) =>
      ({ type, values: rows.columns[name] ?? new Float64Array(rows.point.length) })),
  ]);
  return rows.point.length;
}

/** Appends a report's rows to a copy file. The report must have passed `complaintAbout`. */
export function writeRows(
  writer: CopyWriter,
  study: number,
  report: Report,
  shape: RowShape,
): void {
  const { block, job } = report;
  if (block === null) return;
  const rows = block.status.length;
  const { points, indices } = walk(shape.plan, job.number, report.offset, rows);
  const columns: FixedColumn[] = [
    { type: "integer", values: study },
    { type: "integer", values: points },
    { type: "integer", values: job.number },
  ];
  for (const { type, axis, values } of shape.sources) {
    const along = axis === null ? undefined : indices[axis];
    columns.push({
      type,
      values: along === undefined ? (values[0] ?? Number.NaN) : gather(values, along),
    });
  }
  for (const { name, type } of shape.metrics) {
    columns.push({ type, values: block.metrics[name] ?? Number.NaN });
  }
  writer.append(rows, columns, { codes: block.status, labels: STATUSES });
}

function gather(values: Float64Array, indices: Int32Array): Float64Array {
  const column = new Float64Array(indices.length);
  for (let i = 0; i < column.length; i++) column[i] = values[indices[i] ?? 0] ?? Number.NaN;
  return column;
}

/** The points [offset, offset + rows) of a job's box, and each one's index on every axis. */
function walk(plan: Plan, job: number, offset: number, rows: number) {
  const box = boxOfJob(plan, job);
  const lengths = boxSizes(box);
  const inBox = strides(lengths);
  const inGrid = strides(plan.sizes);
  const points = new Int32Array(rows);
  const indices = lengths.map((length, axis) => {
    const column = new Int32Array(rows);
    const from = box.from[axis] ?? 0;
    const run = inBox[axis] ?? 1;
    const step = inGrid[axis] ?? 1;
    let index = Math.floor(offset / run) % length;
    let left = run - (offset % run);
    for (let i = 0; i < rows; i++) {
      column[i] = from + index;
      points[i] = (points[i] ?? 0) + (from + index) * step;
      if (--left > 0) continue;
      left = run;
      index = index + 1 === length ? 0 : index + 1;
    }
    return column;
  });
  return { points, indices };
}
