// The store's port: everything the coordinator knows of the database.
//
// Postgres decides: what is done is what has rows, and rows and job states change in one
// transaction. Every method but the whole-study readers (`coverage`, `checksum`, `scan`) costs as
// much as what it returns or is given, not as the study. test/contract/store.ts examines both
// adapters. Times are milliseconds since the epoch.
import type { FileRecord } from "../../schema/data.ts";
import type { Attempt, Job, Presence, Report, StudyKey, StudyOrder } from "../../schema/job.ts";
import type { Failure } from "../../schema/failure.ts";
import type { DesiredState, JobState } from "../../schema/state.ts";
import type { Cell } from "./cell.ts";

export interface StoredStudy {
  /** As stored: its plan may be of an earlier version, and is the one to follow. */
  readonly order: StudyOrder;
  readonly identity: string;
  readonly desired: DesiredState;
  /** Higher goes first. */
  readonly priority: number;
  readonly createdAt: number;
  /** null until every point has its row. */
  readonly finishedAt: number | null;
  /** Rows that arrived again, equal in bits; harmless. */
  readonly duplicates: number;
  /** Rows that arrived again with other bits: an alarm. The first ones stay. */
  readonly conflicts: number;
}

/** What a commit did. */
export interface Committed {
  readonly inserted: number;
  readonly duplicates: number;
  readonly conflicts: number;
  /** Jobs of which this commit stored the last row. */
  readonly finished: readonly Job[];
  /** Jobs that burnt their last attempt. */
  readonly dead: readonly Job[];
  /** Jobs that are planned again: at once after an interruption, later after a failure. */
  readonly replanned: readonly Job[];
  /** Studies of which this commit stored the last row. */
  readonly completed: readonly StudyKey[];
  /** Reports that could not be stored and never can be, with the reason; the rest was stored. */
  readonly rejected: readonly { readonly report: Report; readonly why: string }[];
}

/** Told of each commit after it is done: what was given, and what became of it. */
export type CommitListener = (reports: readonly Report[], committed: Committed) => void;

/** A study that is not finished, as the engine looks at it twice a second. */
export interface AgendaItem {
  readonly key: StudyKey;
  readonly desired: DesiredState;
  readonly priority: number;
  /** Whether any of its jobs is planned or queued; if not, the rest of them is dead. */
  readonly isOpen: boolean;
}

export interface Progress {
  readonly points: number;
  /** Points with a row. */
  readonly stored: number;
  /** Jobs in each state. */
  readonly jobs: Readonly<Record<JobState, number>>;
}

export interface Coverage {
  /** Points with status `ok`. */
  readonly done: number;
  /** Points with a row and another status. */
  readonly failed: number;
  readonly missing: number;
}

export interface JobRow {
  readonly number: number;
  readonly state: JobState;
  readonly points: number;
  readonly stored: number;
  /** Attempts burnt. */
  readonly attempts: number;
  readonly notBefore: number | null;
  readonly lastError: Failure | null;
}

export interface WorkerRow {
  readonly presence: Presence;
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** Rows of a study in order of `point`: numbers by column name, and status codes. */
export interface Batch {
  readonly rows: number;
  readonly columns: Readonly<Record<string, Int32Array | Float64Array>>;
  /** Index into STATUSES; absent if `status` was not asked for. */
  readonly status?: Uint8Array;
}

export interface QueryOptions {
  /** false, the default: nothing the query does can outlast it. */
  readonly write?: boolean;
  readonly timeoutMs?: number;
  /** Rows to return at most; the rest is cut off, and `truncated` says so. */
  readonly maxRows?: number;
}

export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly Cell[])[];
  readonly truncated: boolean;
  /** Rows written, where the query writes. */
  readonly affected: number;
}

/** Files of data sets, for workers that have no copy. A file is named by its content's SHA-256. */
export interface FileStore {
  has(sha256: string): Promise<boolean>;
  /**
   * Stores a file, unless it is there.
   * @throws RangeError, and stores nothing, if `content` is not what `file` says.
   */
  put(file: FileRecord, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** The content in pieces. Throws RangeError if it is not there. */
  read(sha256: string): AsyncIterable<Uint8Array>;
}

export interface Store {
  readonly kind: "pglite" | "postgres";
  /** The database in words, without a password. */
  readonly label: string;

  /**
   * Stores a study with all its jobs planned, or finds the one with the same identity.
   * @throws UserError if the name is taken by another study (naming the field that differs), or
   * the same study is stored under another name.
   */
  ensureStudy(order: StudyOrder, identity: string): Promise<StoredStudy>;
  /** By name or key; null if there is none. */
  study(nameOrKey: string): Promise<StoredStudy | null>;
  /** Newest first. */
  studies(): Promise<readonly StoredStudy[]>;
  /** The studies that are not finished, in order of their creation. */
  agenda(): Promise<readonly AgendaItem[]>;
  setDesired(study: StudyKey, desired: DesiredState): Promise<void>;
  setPriority(study: StudyKey, priority: number): Promise<void>;

  /** Moves up to `limit` planned jobs that are due to `queued`: retries first, then by number. */
  takePlanned(study: StudyKey, limit: number): Promise<readonly Job[]>;
  /** Moves queued jobs back to planned; others stay. Returns how many moved. */
  returnJobs(study: StudyKey, numbers: readonly number[]): Promise<number>;
  /** Moves all queued jobs back to planned, as after a restart. Returns how many moved. */
  resetQueued(study: StudyKey): Promise<number>;
  /** The jobs that are queued, by number. */
  queued(study: StudyKey): Promise<readonly Job[]>;
  /** Gives dead jobs (all of them, or those named) a fresh set of attempts. Returns how many. */
  retryDead(study: StudyKey, numbers?: readonly number[]): Promise<number>;
  /**
   * Stores reports in one transaction: rows, job states and attempts together. Reports may repeat
   * and come in any order; a row counts once. Calls wait for each other.
   */
  commit(reports: readonly Report[]): Promise<Committed>;
  /** Tells of this store's own commits, not of other processes', until the returned function is called. */
  onCommit(listener: CommitListener): () => void;

  progress(study: StudyKey): Promise<Progress>;
  coverage(study: StudyKey): Promise<Coverage>;
  /** Jobs by number from `from` on, of one state or of all. */
  jobs(
    study: StudyKey,
    options?: { state?: JobState; from?: number; limit?: number },
  ): Promise<readonly JobRow[]>;
  /** Attempts, newest first, of one job or of all. */
  attempts(
    study: StudyKey,
    options?: { job?: number; limit?: number },
  ): Promise<readonly Attempt[]>;
  announce(presences: readonly Presence[]): Promise<void>;
  /** Most recently seen first. */
  workers(): Promise<readonly WorkerRow[]>;
  /** Forgets workers that were silent for `ms`. */
  forgetWorkers(ms: number): Promise<void>;

  /** The database's own name, made at the first call: a word of letters, digits, "_" and "-". */
  cluster(): Promise<string>;
  readonly files: FileStore;

  /** SHA-256 over point, axis values, metrics and status of every row, by point, in bits. */
  checksum(study: StudyKey): Promise<string>;
  /** All rows in order of `point`, in batches; `columns` defaults to all of the result table's. */
  scan(
    study: StudyKey,
    options?: { columns?: readonly string[]; batchRows?: number },
  ): AsyncIterable<Batch>;
  /** Up to `count` stored rows, picked at random by `seed`. */
  sample(study: StudyKey, count: number, seed: number): Promise<Batch>;
  /** Runs one statement of a user's. Throws UserError, one line with its place, if it is wrong. */
  sql(query: string, options?: QueryOptions): Promise<QueryResult>;
  close(): Promise<void>;
}
