// The views: what a user's SQL starts from.
import { seriesColumns, type SeriesTable } from "./column.ts";
import { EXPERIMENTS, ExperimentName, resultColumns, resultTables, seriesTables } from "./experiments/registry.ts";
import { networkLag } from "./network-views.ts";
import { detectionViews } from "./detection-views.ts";
import { TABLE_COMMENTS } from "./table-comments.ts";

export interface ViewColumn {
  readonly name: string;
  readonly type: string;
  readonly comment: string;
}

export interface View {
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly ViewColumn[];
  /** The select statement behind it. */
  readonly query: string;
}

const SQL_TYPES = { integer: "integer", double: "double precision" } as const;

/** A result table with the study's name in place of its number. */
function resultView(experiment: ExperimentName): View {
  const { table } = EXPERIMENTS[experiment];
  const comments = TABLE_COMMENTS[table]?.columns ?? {};
  const own = resultColumns(experiment);
  const isShared = (resultTables().get(table)?.length ?? 0) > 1;
  const columns: ViewColumn[] = [
    { name: "study", type: "text", comment: "study.name" },
    { name: "point", type: "integer", comment: comments["point"] ?? "" },
    { name: "job", type: "integer", comment: comments["job"] ?? "" },
    { name: "status", type: "point_status", comment: comments["status"] ?? "" },
    ...own.map(({ name, type, comment }) => ({ name, type: SQL_TYPES[type], comment })),
  ];
  const list = columns
    .slice(1)
    .map(({ name }) => `r.${name}`)
    .join(", ");
  return {
    name: experiment,
    comment: `the points of all ${experiment} studies, each with its study's name`,
    columns,
    query: [
      `select s.name as study, ${list}`,
      `from study s join ${table} r on r.study = s.id`,
      ...(isShared ? [`where s.experiment = '${experiment}'`] : []),
    ].join("\n"),
  };
}

/** A series table with the study's name in place of its number, such as `curve`. */
function seriesView(series: SeriesTable): View {
  const own = seriesColumns(series);
  return {
    name: series.table.replace(/^network_/, ""),
    comment: `${series.comment}, with the study's name`,
    columns: [
      { name: "study", type: "text", comment: "study.name" },
      { name: "point", type: "integer", comment: TABLE_COMMENTS[series.table]?.columns["point"] ?? "" },
      ...own.map(({ name, type, comment }) => ({ name, type: SQL_TYPES[type], comment })),
    ],
    query: [
      `select s.name as study, r.point, ${own.map(({ name }) => `r.${name}`).join(", ")}`,
      `from study s join ${series.table} r on r.study = s.id`,
    ].join("\n"),
  };
}

const jobsIn = (state: string): string => `count(*) filter (where state = '${state}') as ${state}`;

const progress: View = {
  name: "study_progress",
  comment: "how far each study is",
  columns: [
    { name: "study", type: "text", comment: "study.name" },
    {
      name: "desired",
      type: "desired_state",
      comment: "what the user wants: active, paused or cancelled",
    },
    { name: "priority", type: "integer", comment: "each step up doubles the share of the workers that the study gets beside others; 0 at first" },
    { name: "points", type: "integer", comment: "cells of the grid" },
    { name: "stored", type: "bigint", comment: "points that have their row" },
    { name: "planned", type: "bigint", comment: "jobs that wait for the coordinator" },
    { name: "queued", type: "bigint", comment: "jobs that are offered to workers, or run" },
    { name: "done", type: "bigint", comment: "jobs all of whose points are stored" },
    { name: "dead", type: "bigint", comment: "jobs that gave up; job.last_error says why" },
    { name: "attempts", type: "bigint", comment: "executions of jobs so far" },
    { name: "failed_attempts", type: "bigint", comment: "executions that failed" },
    {
      name: "first_started_at",
      type: "timestamp with time zone",
      comment: "start of the first attempt, by its worker's clock",
    },
    {
      name: "last_finished_at",
      type: "timestamp with time zone",
      comment: "end of the last attempt, by its worker's clock",
    },
    {
      name: "finished_at",
      type: "timestamp with time zone",
      comment: "when the last point was stored; null before",
    },
  ],
  query: `select s.name as study, s.desired, s.priority, s.points,
  j.stored, j.planned, j.queued, j.done, j.dead,
  a.attempts, a.failed_attempts, a.first_started_at, a.last_finished_at, s.finished_at
from study s
cross join lateral (
  select coalesce(sum(stored), 0)::bigint as stored,
    ${["planned", "queued", "done", "dead"].map(jobsIn).join(",\n    ")}
  from job where job.study = s.id) j
cross join lateral (
  select count(*) as attempts, count(*) filter (where outcome = 'failed') as failed_attempts,
    min(started_at) as first_started_at, max(attempt.finished_at) as last_finished_at
  from attempt where attempt.study = s.id) a`,
};

const failedPoints = ExperimentName.options.map(
  (experiment) =>
    `when '${experiment}' then (
      select count(*) from ${EXPERIMENTS[experiment].table} r where r.study = s.id and r.status <> 'ok')`,
);

const coverage: View = {
  name: "study_coverage",
  comment: "how many points of each study have which kind of result",
  columns: [
    { name: "study", type: "text", comment: "study.name" },
    { name: "points", type: "integer", comment: "cells of the grid" },
    { name: "done", type: "bigint", comment: "points with status ok" },
    {
      name: "failed",
      type: "bigint",
      comment: "points with another status: their metrics are NaN for a numeric reason",
    },
    { name: "missing", type: "bigint", comment: "points without a row yet" },
  ],
  query: `select s.name as study, s.points, j.stored - f.failed as done, f.failed,
  s.points - j.stored as missing
from study s
cross join lateral (
  select coalesce(sum(stored), 0)::bigint as stored from job where job.study = s.id) j
cross join lateral (
  select case s.experiment
    ${failedPoints.join("\n    ")}
  end as failed) f`,
};

const krrColumns = new Map(resultColumns("krr").map((column) => [column.name, column]));

/** A safety-efficacy frontier is drawn for each combination of these: κ and λ vary within. */
const FRONTIER_GROUP = [
  "replicate",
  "length_scale",
  "target",
  "trigger_strength",
  "poison_count",
  "poison_rate",
  "probe_distance",
];
const FRONTIER_COLUMNS = [
  ...FRONTIER_GROUP,
  "gradient_penalty",
  "ridge",
  "clean_accuracy",
  "attack_success_rate",
];
const frontierGroup = ["s.name", ...FRONTIER_GROUP.map((name) => `r.${name}`)].join(", ");

const frontier: View = {
  name: "krr_frontier",
  comment: "safety against efficacy: the ok points of all krr studies, each marked if, among those that differ from it in gradient_penalty and ridge alone, none is better",
  columns: [
    { name: "study", type: "text", comment: "study.name" },
    { name: "point", type: "integer", comment: "row-major index of the point in the study's grid" },
    ...FRONTIER_COLUMNS.map((name) => {
      const column = krrColumns.get(name);
      const type = column?.type === "integer" ? "integer" : "double precision";
      return { name, type, comment: column?.comment ?? "" };
    }),
    {
      name: "is_pareto",
      type: "boolean",
      comment: "on the frontier: no point of its group has at most its attack success and at least its clean accuracy, one of them better",
    },
  ],
  // The best accuracy among safer points, and among those that are as safe.
  query: `select study, point, ${FRONTIER_COLUMNS.join(", ")},
  clean_accuracy = best_here and (best_safer is null or clean_accuracy > best_safer) as is_pareto
from (
  select s.name as study, r.point, ${FRONTIER_COLUMNS.map((name) => `r.${name}`).join(", ")},
    max(r.clean_accuracy) over (partition by ${frontierGroup}, r.attack_success_rate) as best_here,
    max(r.clean_accuracy) over (partition by ${frontierGroup} order by r.attack_success_rate
      groups between unbounded preceding and 1 preceding) as best_safer
  from study s join krr_result r on r.study = s.id
  where r.status = 'ok') as marked`,
};

/** All views, in an order in which they can be made. */
export const VIEWS: readonly View[] = [
  ...ExperimentName.options.map(resultView),
  frontier,
  ...seriesTables().map(seriesView),
  networkLag,
  progress,
  coverage,
  ...detectionViews,
];
