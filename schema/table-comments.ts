// What every table and column means: the text of the SQL comments and of docs/SCHEMA.md.
//
// Result tables take theirs from the experiments' words; test/contract/store-sql.ts sees to it
// that each column of each table has a comment, and the database has exactly these.
import { seriesColumns, type SeriesTable } from "./column.ts";
import { type ExperimentName, resultColumns, resultTables, seriesTables } from "./experiments/registry.ts";
import { JOB_ATTEMPTS_MAX } from "./limits.ts";

export interface TableComment {
  readonly table: string;
  /** By column name, in the table's order. */
  readonly columns: Readonly<Record<string, string>>;
}

const study: TableComment = {
  table: "one row per study file; the same file content is stored once",
  columns: {
    id: "number of the study in this database; what other tables refer to",
    key: "st_ and the first 16 hex digits of the identity; the same in every database",
    name: "as in the study file; views find a study by it",
    experiment: "krr, linear, cnn, noop: which result table holds the points",
    experiment_version:
      "raised when the same spec gives other numbers than before; part of the identity",
    identity:
      "SHA-256, in hex, of all that the results depend on: spec without name and paths, data " +
      "fingerprint, experiment version",
    spec:
      "the study file with its defaults spelled out; the order of the axes is the grid's, " +
      "the last one varies fastest",
    plan: "how the grid is cut into jobs: sizes and chunk per axis, route of the linear algebra",
    data: "the data set as found: fingerprint, shapes, files; null where the experiment uses none",
    folder: "where the spec's relative paths start from, on the coordinator's machine",
    points: "cells of the grid: the product of the axes' lengths",
    jobs: "boxes that the grid is cut into",
    desired:
      "what the user wants: active, paused or cancelled; the coordinator acts on it within seconds",
    priority: "each step up doubles the share of the workers that the study gets beside others; 0 at first",
    duplicates: "rows that arrived again, equal in bits; harmless",
    conflicts:
      "rows that arrived again with other bits; the first ones stay; more than 0 means that a " +
      "computation is not reproducible",
    created_at: "when the study was stored",
    finished_at: "when the last point was stored; null before",
  },
};

const job: TableComment = {
  table:
    "one row per box of points that share a preparation; the unit that is queued, leased and " +
    "retried",
  columns: {
    study: "study.id",
    number: "index of the box, row-major over the study's plan",
    points: "points of the box",
    stored: "points of the box that have their row",
    state:
      "planned: waits for the coordinator; queued: offered to workers; done: all points stored; " +
      "dead: gave up, see last_error",
    attempts:
      "attempts that failed since the job was planned or retried; interruptions do not count; " +
      `at ${JOB_ATTEMPTS_MAX} it is dead`,
    not_before: "a failed job is not offered again before this time; null: at once",
    last_error: "the last failure: kind (resource, infrastructure, bug), code and message",
  },
};

const attempt: TableComment = {
  table: "one row per execution of a job, whatever came of it",
  columns: {
    id: "number of the attempt in this database, in order of arrival",
    study: "study.id",
    job: "job.number",
    worker: "which worker process",
    published_at:
      "when the queue took the job in, by its clock: one value per publication; null in rows of " +
      "before this was recorded",
    delivery: "how many times this publication of the job had been delivered, from 1",
    started_at: "by the worker's clock",
    finished_at: "by the worker's clock",
    outcome:
      "done; interrupted: the worker handed the job back unfinished, which costs it nothing; " +
      "failed: see the failure columns",
    failure_kind: "resource, infrastructure or bug; null unless failed",
    failure_code: "what failed, as one word; null unless failed",
    failure_message: "what failed, in words; null unless failed",
    provider: "who did the linear algebra; null where there was none",
    prepare_ms:
      "milliseconds spent on what the job's points share; 0 if it was still there from another job",
    measure_ms: "milliseconds spent on the points themselves",
  },
};

const worker: TableComment = {
  table: "one row per worker process; coordinators forget one that was silent for a week",
  columns: {
    worker: "name of the process: as it was given, else host and a random part or number",
    host: "machine it runs on",
    version: "version of nearclone",
    provider: "who does its linear algebra",
    slots: "jobs it runs at a time",
    memory_bytes: "memory that its jobs may take together; null if it never said",
    gpus: "its GPUs: name, memoryBytes, usedBytes, utilisation in [0, 1]; capability: compute capability, such as 9.0; breakEven: by order, from how many ridges on one eigendecomposition is cheaper than a factor for each, as doctor measured; the last two absent where unknown",
    running: "jobs it ran when last heard of",
    first_seen: "by the database's clock",
    last_seen: "by the database's clock; workers report every few seconds while they live",
  },
};

const cluster: TableComment = {
  table: "one row: the name by which a queue tells this database's jobs from those of others",
  columns: {
    id: "a random word, made when a coordinator first asked for it",
    created_at: "when that was",
  },
};

const dataFile: TableComment = {
  table: "files of data sets as submitted, for workers that have no copy; a file is stored once",
  columns: {
    sha256: "of the content, in hex; study.data names files by it",
    bytes: "length; the file is complete once its pieces add up to it",
    created_at: "when it was stored",
  },
};

const dataPiece: TableComment = {
  table: "the content of data_file, in pieces",
  columns: {
    file: "data_file.sha256",
    number: "place of the piece, from 0",
    content: "1 MiB of the file; the last piece may be shorter",
  },
};

/** The comments of the result table of one or more experiments. */
function resultComment(experiments: readonly ExperimentName[]): TableComment {
  const [first = "noop"] = experiments;
  const own = resultColumns(first).map(({ name, comment }) => [name, comment] as const);
  return {
    table:
      `one row per point of a ${experiments.join(" or ")} study; ` +
      `view ${experiments.join(" or ")} has it with the study's name`,
    columns: {
      study: "study.id",
      point: "row-major index of the point in the study's grid, the last axis fastest, from 0",
      job: "job.number whose attempt computed the point",
      status:
        "ok, or the numeric reason why metrics are NaN; such a point is a result and is not " +
        "retried",
      ...Object.fromEntries(own),
    },
  };
}

function seriesComment(series: SeriesTable): TableComment {
  return {
    table: series.comment,
    columns: {
      study: "study.id",
      point: "row-major index of the point in the study's grid, as in the result table",
      ...Object.fromEntries(seriesColumns(series).map(({ name, comment }) => [name, comment])),
    },
  };
}

const results = Array.from(resultTables(), ([table, names]) => [table, resultComment(names)] as const);
const series = seriesTables().map((one) => [one.table, seriesComment(one)] as const);

/** Every table's comments by its SQL name. */
export const TABLE_COMMENTS: Readonly<Record<string, TableComment>> = {
  study,
  job,
  attempt,
  worker,
  cluster,
  data_file: dataFile,
  data_piece: dataPiece,
  ...Object.fromEntries(results),
  ...Object.fromEntries(series),
};
