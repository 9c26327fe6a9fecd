// The dashboard's API: what every route takes and gives. The page imports the types only.
//
// Axis values travel as indices on the axis, never as numbers: an index restores exactly, and two
// rates of an axis may realise the same count. Queries arrive as strings, so they are coerced here.
import { z } from "zod";
import { StudyKey, TrainingProgress } from "./job.ts";
import { Plan } from "./plan.ts";
import { DesiredState, JobState } from "./state.ts";

/** RFC 9457. `hint` says what to do next; `position` is an SQL error's, 1-based. */
export const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  hint: z.string().optional(),
  position: z.int().positive().optional(),
});
export type Problem = z.infer<typeof Problem>;

/** Rows that a page of rows may have. */
export const PAGE_ROWS_MAX = 1_000;

const number = z.number().or(z.nan());
const index = z.coerce.number().int().nonnegative();
/** A comma-separated list; absent or empty: none. */
const list = z.string().default("").transform((text) => (text === "" ? [] : text.split(",")))
  .pipe(z.array(z.string()).max(32));

export const Reducer = z.string().regex(/^(mean|median|min|max|std|q(0|[1-9][0-9]?|100))$/,
  "expected mean, median, min, max, std or q0 to q100");
export type Reducer = z.infer<typeof Reducer>;

export const Progress = z.strictObject({
  key: StudyKey,
  desired: DesiredState,
  points: z.int(),
  stored: z.int(),
  jobs: z.strictObject({ planned: z.int(), queued: z.int(), done: z.int(), dead: z.int() }),
  /** Over the last minute of finished jobs; null when none finished. */
  pointsPerSecond: number.nullable(),
  /** From finished jobs; null when unknown or when nothing is left. */
  etaSeconds: number.nullable(),
  isFinished: z.boolean(),
  conflicts: z.int(),
  duplicates: z.int(),
});
export type Progress = z.infer<typeof Progress>;

export const StudySummary = z.strictObject({
  key: StudyKey,
  name: z.string(),
  experiment: z.string(),
  description: z.string(),
  priority: z.int(),
  createdAt: z.string(),
  finishedAt: z.string().nullable(),
  axes: z.array(z.strictObject({ name: z.string(), size: z.int() })),
  progress: Progress,
});
export type StudySummary = z.infer<typeof StudySummary>;
export const StudyList = z.strictObject({ studies: z.array(StudySummary) });
export type StudyList = z.infer<typeof StudyList>;

export const AxisView = z.strictObject({
  name: z.string(),
  comment: z.string(),
  isLog: z.boolean(),
  values: z.array(z.number()),
});
export type AxisView = z.infer<typeof AxisView>;
export const MetricView = z.strictObject({ name: z.string(), comment: z.string() });
export type MetricView = z.infer<typeof MetricView>;

export const StudyDetail = z.strictObject({
  study: StudySummary,
  table: z.string(),
  axes: z.array(AxisView),
  metrics: z.array(MetricView),
  fixed: z.record(z.string(), z.number()),
  plan: Plan,
  /** The study file's content. */
  spec: z.unknown(),
});
export type StudyDetail = z.infer<typeof StudyDetail>;

/** Which axes stand still and which are reduced: `at=ridge:3,target:0`, `over=replicate`. */
const cutFields = {
  at: list.describe("axes held at an index, as name:index; an axis in neither list stands at 0 (on a heatmap: at its middle)"),
  over: list.describe("axes reduced over"),
  reduce: Reducer.default("mean"),
};

export const HeatmapQuery = z.strictObject({
  ...cutFields,
  x: z.string().optional(),
  y: z.string().optional(),
  metric: z.string().optional(),
  minus: z.string().optional().describe("a second metric to subtract, point by point"),
  window: z.string().regex(/^\d+,\d+,\d+,\d+$/, "expected x0,x1,y0,y1, as half-open index ranges")
    .optional(),
  width: z.coerce.number().int().min(1).max(4096).default(1000)
    .describe("most cells along x; more are binned"),
  height: z.coerce.number().int().min(1).max(4096).default(1000),
  since: z.string().regex(/^[\w-]+\.\d+$/).optional()
    .describe("the version of a frame in hand: only the cells that changed since are sent"),
});
export type HeatmapQuery = z.infer<typeof HeatmapQuery>;

const Side = z.strictObject({
  axis: z.string(),
  /** Half-open index range shown, and how many axis values a cell spans. */
  from: z.int(),
  to: z.int(),
  step: z.int(),
});
export type Side = z.infer<typeof Side>;

export const HeatmapHeader = z.strictObject({
  version: z.string(),
  metric: z.string(),
  minus: z.string().nullable(),
  x: Side,
  y: Side,
  columns: z.int(),
  rows: z.int(),
  at: z.record(z.string(), z.int()),
  over: z.array(z.string()),
  reduce: Reducer,
  /** null: a full frame; otherwise how many cells this delta has. */
  cells: z.int().nullable(),
  /** A delta stopped at its limit: ask again at once. */
  more: z.boolean(),
  /** Points of the cut by what became of them. */
  counts: z.strictObject({ value: z.int(), missing: z.int(), dead: z.int(), numeric: z.int() }),
  /** Of the finite cell values; null if there is none. */
  range: z.tuple([z.number(), z.number()]).nullable(),
  sql: z.string(),
});
export type HeatmapHeader = z.infer<typeof HeatmapHeader>;

export const CellQuery = z.strictObject({
  ...cutFields,
  x: z.string(), y: z.string(), xi: index, yi: index,
});
export const Cell = z.strictObject({
  at: z.record(z.string(), z.number()),
  points: z.int(),
  statuses: z.record(z.string(), z.int()),
  missing: z.int(),
  metrics: z.array(z.strictObject({ name: z.string(), value: number.nullable(), std: number.nullable() })),
  job: z.int(),
  sql: z.string(),
});
export type Cell = z.infer<typeof Cell>;

export const LineQuery = z.strictObject({ ...cutFields, axis: z.string(), metrics: list });
const series = z.array(number.nullable());
export const Line = z.strictObject({
  axis: z.string(),
  lines: z.array(z.strictObject({
    /** Over the reduced axes: mean, and the 10 % and 90 % quantiles. */
    metric: z.string(), mean: series, low: series, high: series, std: series, count: z.array(z.int()),
  })),
  sql: z.string(),
});
export type Line = z.infer<typeof Line>;

const Goal = z.string().regex(/^[a-z0-9_]+:(max|min)$/, "expected metric:max or metric:min");
export const ParetoQuery = z.strictObject({ a: Goal, b: Goal, at: list });
export const Pareto = z.strictObject({
  a: z.string(), b: z.string(),
  points: z.int(),
  /** Distinct pairs on the front; beyond PAGE_ROWS_MAX they are thinned evenly. */
  frontSize: z.int(),
  front: z.array(z.strictObject({
    /** The first of the points with this pair, and how many there are. */
    point: z.int(), ties: z.int(), a: z.number(), b: z.number(), at: z.record(z.string(), z.number()),
  })),
  density: z.strictObject({
    columns: z.int(), rows: z.int(),
    a: z.tuple([z.number(), z.number()]), b: z.tuple([z.number(), z.number()]),
    counts: z.array(z.int()),
  }).nullable(),
  sql: z.string(),
});
export type Pareto = z.infer<typeof Pareto>;

export const ParallelQuery = z.strictObject({
  columns: list, colour: z.string(), at: list,
  where: list.describe("only points with a column in a range, as name:from:to"),
});
export const Parallel = z.strictObject({
  points: z.int(),
  columns: z.array(z.strictObject({
    name: z.string(), range: z.tuple([z.number(), z.number()]), isLog: z.boolean(), bins: z.int(),
  })),
  /** Between each column and the next: bin pairs, their points and mean colour. */
  bands: z.array(z.array(z.tuple([z.int(), z.int(), z.int(), number.nullable()]))),
  colour: z.strictObject({ name: z.string(), range: z.tuple([z.number(), z.number()]).nullable() }),
});
export type Parallel = z.infer<typeof Parallel>;

export const OnsetQuery = z.strictObject({
  along: z.string(), by: z.string(),
  metric: z.string(), threshold: z.coerce.number(),
  metric2: z.string().optional(), threshold2: z.coerce.number().optional(),
  at: list,
});
const onsets = z.strictObject({
  /** Median onset per value of `by`; null where half or more lines never reach the threshold. */
  median: series, low: series, high: series,
  lines: z.array(z.int()),
  /** Lines that end before they reach it (right-censored), and lines with a missing point. */
  censored: z.array(z.int()), incomplete: z.array(z.int()),
});
export const Onset = z.strictObject({
  along: z.string(), by: z.string(), first: onsets, second: onsets.nullable(), lag: onsets.nullable(),
});
export type Onset = z.infer<typeof Onset>;

export const PointsQuery = z.strictObject({
  sort: z.string().default("point"), order: z.enum(["asc", "desc"]).default("asc"),
  where: list.describe("conditions as name:op:number, op one of eq ne lt le gt ge"),
  status: z.string().optional(),
  after: z.string().max(200).optional().describe("the `next` of the page before"),
  limit: z.coerce.number().int().min(1).max(PAGE_ROWS_MAX).default(100),
});
export const Points = z.strictObject({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.union([number, z.string()]))),
  next: z.string().nullable(),
});
export type Points = z.infer<typeof Points>;

export const JobsQuery = z.strictObject({
  state: JobState.optional(),
  after: z.coerce.number().int().optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_ROWS_MAX).default(100),
});
export const JobView = z.strictObject({
  number: z.int(), state: JobState, points: z.int(), stored: z.int(), attempts: z.int(),
  /** Axis values the job covers, as text. */
  box: z.string(),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
});
export type JobView = z.infer<typeof JobView>;
export const Jobs = z.strictObject({ jobs: z.array(JobView), next: z.int().nullable() });
export type Jobs = z.infer<typeof Jobs>;

export const AttemptView = z.strictObject({
  job: z.int(), worker: z.string(), delivery: z.int(),
  startedAt: z.string(), finishedAt: z.string(), outcome: z.string(), provider: z.string().nullable(),
  failure: z.strictObject({ kind: z.string(), code: z.string(), message: z.string() }).nullable(),
  prepareMs: z.number(), measureMs: z.number(),
});
export type AttemptView = z.infer<typeof AttemptView>;
export const Attempts = z.strictObject({ attempts: z.array(AttemptView) });
export const JobDetail = z.strictObject({ job: JobView, attempts: z.array(AttemptView) });
export type JobDetail = z.infer<typeof JobDetail>;

/** Buckets of consecutive jobs: how many of each state. */
export const Coverage = z.strictObject({
  jobs: z.int(), perBucket: z.int(),
  buckets: z.array(z.tuple([z.int(), z.int(), z.int(), z.int()])).describe("planned, queued, done, dead"),
});
export type Coverage = z.infer<typeof Coverage>;

export const Timeline = z.strictObject({
  from: z.string().nullable(), to: z.string().nullable(), bucketMs: z.number(),
  workers: z.array(z.strictObject({
    worker: z.string(),
    /** bucket, share busy (may exceed 1 with several slots), jobs done, attempts failed */
    spans: z.array(z.tuple([z.int(), z.number(), z.int(), z.int()])),
  })),
});
export type Timeline = z.infer<typeof Timeline>;

export const Failures = z.strictObject({
  failures: z.array(z.strictObject({
    kind: z.string(), code: z.string(), attempts: z.int(), jobs: z.int(),
    message: z.string(), lastAt: z.string(), exampleJob: z.int(),
  })),
});
export type Failures = z.infer<typeof Failures>;

export const WorkerView = z.strictObject({
  worker: z.string(), host: z.string(), version: z.string(), provider: z.string(),
  slots: z.int(), running: z.array(z.strictObject({
    study: z.string(), number: z.int(), progress: TrainingProgress.nullable(),
  })),
  firstSeen: z.string(), lastSeen: z.string(), isPresent: z.boolean(),
});
export type WorkerView = z.infer<typeof WorkerView>;
export const Workers = z.strictObject({ workers: z.array(WorkerView), now: z.string() });
export type Workers = z.infer<typeof Workers>;

export const Control = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("pause") }),
  z.strictObject({ action: z.literal("resume") }),
  z.strictObject({ action: z.literal("cancel") }),
  z.strictObject({ action: z.literal("priority"), priority: z.int().min(-1000).max(1000) }),
  z.strictObject({ action: z.literal("retry"), job: z.int().nonnegative().optional() }),
]);
export type Control = z.infer<typeof Control>;
export const Controlled = z.strictObject({ ok: z.literal(true), jobs: z.int() });
export type Controlled = z.infer<typeof Controlled>;

export const SqlRequest = z.strictObject({
  query: z.string().min(1).max(100_000),
  limit: z.int().min(1).max(10_000).default(1_000),
});
export const SqlAnswer = z.strictObject({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.union([number, z.string(), z.boolean(), z.null()]))),
  isTruncated: z.boolean(),
  elapsedMs: z.number(),
});
export type SqlAnswer = z.infer<typeof SqlAnswer>;

export const SqlSchema = z.strictObject({
  tables: z.array(z.strictObject({
    name: z.string(), kind: z.enum(["table", "view"]), comment: z.string(),
    columns: z.array(z.strictObject({ name: z.string(), type: z.string(), comment: z.string() })),
  })),
});
export type SqlSchema = z.infer<typeof SqlSchema>;

export const LoginRequest = z.strictObject({ token: z.string().min(1).max(1_000) });
/** What the page must know before all else. */
export const Session = z.strictObject({
  isOpen: z.boolean(), needsToken: z.boolean(), version: z.string(), boot: z.string(),
});
export type Session = z.infer<typeof Session>;
