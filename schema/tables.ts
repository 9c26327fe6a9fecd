// The database's tables, from which drizzle-kit generates migrations/.
//
// The only schema file that knows drizzle. Columns of result tables follow from the experiments'
// own words; what every column means stands in schema/table-comments.ts and ends as SQL comments.
// Constraints are the last guard: a store that breaks the job's life cycle is stopped here.
import { sql } from "drizzle-orm";
import {
  bigint,
  check,
  customType,
  doublePrecision,
  foreignKey,
  getTableConfig,
  index,
  integer,
  json,
  jsonb,
  type PgColumnBuilderBase,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
} from "drizzle-orm/pg-core";
import { type ResultColumn, seriesColumns, STATUSES } from "./column.ts";
import { EXPERIMENTS, type ExperimentName, resultColumns, seriesTables } from "./experiments/registry.ts";
import { ATTEMPT_OUTCOMES, DESIRED_STATES, JOB_STATES } from "./state.ts";

export const desiredState = pgEnum("desired_state", DESIRED_STATES);
export const jobState = pgEnum("job_state", JOB_STATES);
export const attemptOutcome = pgEnum("attempt_outcome", ATTEMPT_OUTCOMES);
export const pointStatus = pgEnum("point_status", STATUSES);

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

export const study = pgTable(
  "study",
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    key: text().notNull(),
    name: text().notNull(),
    experiment: text().notNull(),
    experiment_version: integer().notNull(),
    identity: text().notNull(),
    // json, not jsonb: jsonb sorts an object's keys, and the order of the axes is the grid.
    spec: json().notNull(),
    plan: json().notNull(),
    data: json(),
    folder: text().notNull(),
    points: integer().notNull(),
    jobs: integer().notNull(),
    desired: desiredState().notNull().default("active"),
    priority: integer().notNull().default(0),
    duplicates: bigint({ mode: "number" }).notNull().default(0),
    conflicts: bigint({ mode: "number" }).notNull().default(0),
    created_at: instant("created_at").notNull().defaultNow(),
    finished_at: instant("finished_at"),
  },
  (table) => [
    unique("study_key_once").on(table.key),
    unique("study_name_once").on(table.name),
    check("study_key_is_its_identity", sql`${table.key} = 'st_' || left(${table.identity}, 16)`),
    check("study_identity_is_sha256", sql`${table.identity} ~ '^[0-9a-f]{64}$'`),
    check("study_has_points_and_jobs", sql`${table.points} > 0 and ${table.jobs} > 0`),
  ],
);

export const job = pgTable(
  "job",
  {
    study: integer().notNull(),
    number: integer().notNull(),
    points: integer().notNull(),
    stored: integer().notNull().default(0),
    state: jobState().notNull().default("planned"),
    attempts: integer().notNull().default(0),
    not_before: instant("not_before"),
    last_error: jsonb(),
  },
  (table) => [
    primaryKey({ name: "job_pkey", columns: [table.study, table.number] }),
    foreignKey({
      name: "job_belongs_to_study",
      columns: [table.study],
      foreignColumns: [study.id],
    }).onDelete("cascade"),
    check("job_number_from_zero", sql`${table.number} >= 0`),
    check("job_stores_no_more_than_its_points", sql`${table.stored} between 0 and ${table.points}`),
    check(
      "job_done_is_all_points_stored",
      sql`(${table.state} = 'done') = (${table.stored} = ${table.points})`,
    ),
    check(
      "job_waits_only_while_planned",
      sql`${table.not_before} is null or ${table.state} = 'planned'`,
    ),
    check("job_dead_says_why", sql`${table.state} <> 'dead' or ${table.last_error} is not null`),
    // One small index per question the coordinator asks, so that each answer costs its length only.
    index("job_planned")
      .on(table.study, table.number)
      .where(sql`state = 'planned' and not_before is null`),
    index("job_waiting")
      .on(table.study, table.not_before)
      .where(sql`state = 'planned' and not_before is not null`),
    index("job_queued")
      .on(table.study, table.number)
      .where(sql`state = 'queued'`),
    index("job_dead")
      .on(table.study, table.number)
      .where(sql`state = 'dead'`),
  ],
);

export const attempt = pgTable(
  "attempt",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    study: integer().notNull(),
    job: integer().notNull(),
    worker: text().notNull(),
    published_at: instant("published_at"),
    delivery: integer().notNull(),
    started_at: instant("started_at").notNull(),
    finished_at: instant("finished_at").notNull(),
    outcome: attemptOutcome().notNull(),
    failure_kind: text(),
    failure_code: text(),
    failure_message: text(),
    provider: text(),
    prepare_ms: doublePrecision().notNull(),
    measure_ms: doublePrecision().notNull(),
  },
  (table) => [
    // A report may arrive twice; the attempt that it ends is counted, and burnt, once.
    unique("attempt_once").on(
      table.study,
      table.job,
      table.worker,
      table.delivery,
      table.started_at,
    ),
    foreignKey({
      name: "attempt_of_study",
      columns: [table.study],
      foreignColumns: [study.id],
    }).onDelete("cascade"),
    check(
      "attempt_failed_says_why",
      sql`(${table.outcome} = 'failed') = (${table.failure_code} is not null)`,
    ),
  ],
);

export const worker = pgTable(
  "worker",
  {
    worker: text().notNull(),
    host: text().notNull(),
    version: text().notNull(),
    provider: text().notNull(),
    slots: integer().notNull(),
    memory_bytes: bigint({ mode: "number" }),
    gpus: jsonb().notNull().default([]),
    running: jsonb().notNull(),
    first_seen: instant("first_seen").notNull().defaultNow(),
    last_seen: instant("last_seen").notNull().defaultNow(),
  },
  (table) => [primaryKey({ name: "worker_pkey", columns: [table.worker] })],
);

/** The database's own name, by which queues tell clusters apart. */
export const cluster = pgTable(
  "cluster",
  {
    id: text().notNull(),
    created_at: instant("created_at").notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ name: "cluster_pkey", columns: [table.id] }),
    check("cluster_is_a_word", sql`${table.id} ~ '^[A-Za-z0-9_-]{1,64}$'`),
  ],
);

const bytea = customType<{ data: Uint8Array }>({ dataType: () => "bytea" });

/** Files of data sets, for workers that do not have them. */
export const dataFile = pgTable(
  "data_file",
  {
    sha256: text().notNull(),
    bytes: bigint({ mode: "number" }).notNull(),
    created_at: instant("created_at").notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ name: "data_file_pkey", columns: [table.sha256] }),
    check("data_file_is_named_by_content", sql`${table.sha256} ~ '^[0-9a-f]{64}$'`),
  ],
);

export const dataPiece = pgTable(
  "data_piece",
  {
    file: text().notNull(),
    number: integer().notNull(),
    content: bytea().notNull(),
  },
  (table) => [
    primaryKey({ name: "data_piece_pkey", columns: [table.file, table.number] }),
    foreignKey({
      name: "data_piece_of_file",
      columns: [table.file],
      foreignColumns: [dataFile.sha256],
    }).onDelete("cascade"),
  ],
);

/** One row per point. No foreign key: it would look into its table once per row. */
function resultTable(experiment: ExperimentName) {
  const { table } = EXPERIMENTS[experiment];
  return pgTable(
    table,
    {
      study: integer().notNull(),
      point: integer().notNull(),
      job: integer().notNull(),
      status: pointStatus().notNull(),
      ...builders(resultColumns(experiment)),
    },
    (own) => [
      primaryKey({ name: `${table}_pkey`, columns: [own.study, own.point] }),
      // Makes counting the failed points of a study cost as many rows as failed.
      index(`${table}_failed`)
        .on(own.study, own.point)
        .where(sql`status <> 'ok'`),
    ],
  );
}

function builders(columns: readonly ResultColumn[]): Record<string, PgColumnBuilderBase> {
  const values: Record<string, PgColumnBuilderBase> = {};
  for (const { name, type, needs, fallback } of columns) {
    const column = type === "integer" ? integer() : doublePrecision();
    if (needs === undefined) values[name] = column.notNull();
    else values[name] = fallback === undefined ? column : column.notNull().default(fallback);
  }
  return values;
}

/** Any number of rows per point. */
function seriesTable(table: string) {
  const series = seriesTables().find((one) => one.table === table);
  if (series === undefined) throw new RangeError(`no experiment has a table ${table}`);
  const { [series.key.name]: key, ...values } = builders(seriesColumns(series));
  if (key === undefined) throw new RangeError(`${table} has no key`);
  return pgTable(
    table,
    { study: integer().notNull(), point: integer().notNull(), key: integer(series.key.name).notNull(), ...values },
    (own) => [primaryKey({ name: `${table}_pkey`, columns: [own.study, own.point, own.key] })],
  );
}

export const krrResult = resultTable("krr");
export const networkResult = resultTable("cnn");
export const networkCurve = seriesTable("network_curve");
export const networkPoison = seriesTable("network_poison");
export const noopResult = resultTable("noop");

/** Every table by its SQL name. */
export const TABLES = {
  study,
  job,
  attempt,
  worker,
  cluster,
  data_file: dataFile,
  data_piece: dataPiece,
  krr_result: krrResult,
  network_result: networkResult,
  network_curve: networkCurve,
  network_poison: networkPoison,
  noop_result: noopResult,
} as const;

export interface TableColumns {
  readonly table: string;
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly isNullable: boolean;
  }[];
}

/** The columns of every table with their SQL types, for the documentation. */
export function tableColumns(): TableColumns[] {
  return Object.entries(TABLES).map(([name, table]) => ({
    table: name,
    columns: getTableConfig(table).columns.map((column) => ({
      name: column.name,
      type: column.getSQLType(),
      isNullable: !column.notNull,
    })),
  }));
}
