// What a run ends with: the picture, the extremes, the counts, where the rows are, what to do next.
import type { StudyOrder } from "../schema/job.ts";
import { axesOf } from "../schema/study.ts";
import type { ColorDepth } from "./face/color.ts";
import { countText, durationText, plural, shortNumber } from "./face/number.ts";
import { legendLine, phaseLines } from "./face/phase.ts";
import { labelLines, tableLines } from "./face/table.ts";
import { deadLines } from "./job-report.ts";
import { rowsOf, type Slice, slicePicture } from "./slice.ts";
import type { JobRow, Progress, Store } from "./store/port.ts";

/** A point of the grid, by column name. */
export type PointValues = Readonly<Record<string, number | string | boolean | null>>;

export interface StudySummary {
  readonly order: StudyOrder;
  readonly database: string;
  readonly progress: Progress;
  /** Rows by status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly best: PointValues | null;
  readonly worst: PointValues | null;
  readonly slice: Slice | null;
  readonly dead: readonly JobRow[];
}

/** What the run itself knows, besides the rows. */
export interface RunFacts {
  readonly elapsedMs: number;
  /** Points that this run stored. */
  readonly computed: number;
  readonly provider: string | null;
}

export async function summarise(store: Store, order: StudyOrder): Promise<StudySummary> {
  const { table, condition } = rowsOf(order);
  const progress = await store.progress(order.key);
  const counted = await store.sql(
    `select status, count(*) from ${table}
     where ${condition.replace(/ and status = 'ok'$/, "")} group by 1 order by 2 desc`,
  );
  return {
    order,
    database: store.label,
    progress,
    statuses: Object.fromEntries(counted.rows.map(([status, n]) => [String(status), Number(n)])),
    best: await extreme(store, order, "desc"),
    worst: await extreme(store, order, "asc"),
    slice: await slicePicture(store, order),
    dead: await store.jobs(order.key, { state: "dead", limit: 100 }),
  };
}

const TIES = {
  desc: "clean_accuracy desc, poison_count, point",
  asc: "poison_count desc, clean_accuracy desc, point",
} as const;

/**
 * The point with the highest or lowest main metric. Among equals: the attack that costs the least
 * clean accuracy, then poisons; or the defence that withstands most poisons, at the best accuracy.
 */
async function extreme(
  store: Store,
  order: StudyOrder,
  direction: "asc" | "desc",
): Promise<PointValues | null> {
  const { table, condition, metric } = rowsOf(order);
  const isPoisoning = order.spec.experiment !== "noop";
  const names = axesOf(order.spec).map(({ name }) => name);
  const columns = [metric, ...(isPoisoning ? ["clean_accuracy"] : []), ...names];
  const ties = isPoisoning ? TIES[direction] : "point";
  const { rows } = await store.sql(
    `select ${columns.join(", ")} from ${table} where ${condition}
     order by ${metric} ${direction}, ${ties} limit 1`,
  );
  const [row] = rows;
  if (row === undefined) return null;
  return Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null]));
}

export interface SummaryFrame {
  readonly columns: number;
  readonly color: ColorDepth;
  /** What a user types for this program and database in the next commands. */
  readonly program: string;
  readonly databaseArgument: string;
}

const PICTURE_ROWS = 25;

export function summaryLines(
  summary: StudySummary,
  facts: RunFacts | null,
  frame: SummaryFrame,
): string[] {
  const { slice } = summary;
  const picture = slice === null ? [] : pictureLines(slice, frame);
  return [
    headline(summary, facts),
    ...picture,
    ...extremeLines(summary),
    "",
    ...labelLines([...statusPairs(summary), ...wherePairs(summary), ...nextPairs(summary, frame)]),
    ...deadLines(summary.progress.jobs.dead, summary.dead),
  ];
}

function headline({ order, progress }: StudySummary, facts: RunFacts | null): string {
  const { points, stored } = progress;
  const count = stored === points ? plural(points, "point") : `${countText(stored)} of ${plural(points, "point")}`;
  const done = `${order.spec.name}: ${count} stored`;
  if (facts === null || facts.computed === 0) return done;
  const rate = shortNumber((facts.computed / facts.elapsedMs) * 1000);
  const some = facts.computed < stored ? `, ${countText(facts.computed)} of them now` : "";
  return `${done}${some} in ${durationText(facts.elapsedMs)} (${rate} points/s)`;
}

function pictureLines({ metric, diagram, others }: Slice, frame: SummaryFrame): string[] {
  const { columns, color } = frame;
  return [
    "",
    `${metric}${others}   ${legendLine(diagram, color)}`,
    "",
    ...phaseLines(diagram, { columns: Math.min(columns, 100), rows: PICTURE_ROWS, color }),
  ];
}

/** The two extreme points, below one another. */
function extremeLines({ best, worst }: StudySummary): string[] {
  if (best === null || worst === null) return [];
  const names = Object.keys(best);
  const row = (label: string, point: PointValues): string[] =>
    [label, ...names.map((name) => valueText(point[name] ?? null))];
  return ["", ...tableLines({ columns: ["", ...names], rows: [row("highest", best), row("lowest", worst)] })];
}

function valueText(value: number | string | boolean | null): string {
  return typeof value === "number" ? shortNumber(value) : String(value ?? "");
}

function statusPairs({ statuses }: StudySummary): [string, string][] {
  const counts = Object.entries(statuses).map(([status, n]) => `${countText(n)} ${status}`);
  return counts.length === 0 ? [] : [["status", counts.join(", ")]];
}

function wherePairs({ order, database }: StudySummary): [string, string][] {
  return [["rows", `${rowsOf(order).table} in ${database}, or by study name: ${order.spec.experiment}`]];
}

/** Commands that work as they stand. */
function nextPairs({ order }: StudySummary, frame: SummaryFrame): [string, string][] {
  const { name, experiment } = order.spec;
  const { metric } = rowsOf(order);
  const [axis = "point"] = axesOf(order.spec).map((one) => one.name).toReversed();
  const { program, databaseArgument: database } = frame;
  // The view with the experiment's name has the study's name in every row.
  const query =
    `select ${axis}, avg(${metric}) from ${experiment} where study = '${name}' group by 1 order by 1`;
  return [
    ["next", `${program} sql${database} "${query}"`],
    ["", `${program} export${database} ${name} --out ${name}.parquet`],
    ["", `${program} verify${database} ${name} --sample 20`],
  ];
}

/** For a program: one object. */
export function summaryObject(summary: StudySummary, facts: RunFacts | null): object {
  const { order, progress, statuses, best, worst, database, dead } = summary;
  return {
    study: order.spec.name,
    key: order.key,
    database,
    complete: progress.stored === progress.points,
    points: progress.points,
    stored: progress.stored,
    computed: facts?.computed ?? 0,
    elapsedMs: facts?.elapsedMs ?? 0,
    pointsPerSecond: facts === null || facts.computed === 0 ? null : (facts.computed / facts.elapsedMs) * 1000,
    provider: facts?.provider ?? null,
    jobs: progress.jobs,
    statuses,
    highest: best,
    lowest: worst,
    deadJobs: dead,
  };
}
