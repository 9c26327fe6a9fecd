// The store over either database: names become numbers here, and commits wait for each other.
import { columnsOf } from "../../schema/experiments/registry.ts";
import { deriveSeed } from "../../schema/seed.ts";
import type { Report, StudyKey } from "../../schema/job.ts";
import { UserError } from "../../schema/failure.ts";
import { type CommitStudy, commitReports } from "./commit.ts";
import { clusterOf } from "./cluster.ts";
import { CopyWriter } from "./copy-encode.ts";
import type { Database } from "./database.ts";
import { fileStoreOver } from "./data-files.ts";
import {
  listAttempts,
  listJobs,
  progressOf,
  queuedJobs,
  resetQueued,
  retryDead,
  returnJobs,
  takePlanned,
} from "./jobs.ts";
import type { CommitListener, Store } from "./port.ts";
import {
  BATCH_ROWS_DEFAULT,
  checksum,
  coverageOf,
  readableColumns,
  type ReadStudy,
  sample,
  scan,
} from "./read.ts";
import { rowShape } from "./rows.ts";
import { runSql } from "./sql.ts";
import { ensureStudy, findStudy, listStudies, readAgenda, type StudyRecord } from "./studies.ts";
import { announce, forgetWorkers, listWorkers } from "./workers.ts";

/** What never changes of a study once it is stored. */
interface Known extends CommitStudy, ReadStudy {}

function knownOf({ id, stored: { order } }: StudyRecord): Known {
  const { key, spec, plan } = order;
  const { experiment } = spec;
  return { id, key, shape: rowShape(spec, plan), experiment, own: columnsOf(spec), points: plan.points };
}

/** The studies that this process has met, so that their numbers are asked for once. */
function directoryOf(database: Database) {
  const studies = new Map<StudyKey, Known>();
  const remember = (record: StudyRecord): Known => {
    const known = knownOf(record);
    studies.set(known.key, known);
    return known;
  };
  const find = async (key: StudyKey): Promise<Known | null> => {
    const known = studies.get(key);
    if (known !== undefined) return known;
    const record = await findStudy(database, key);
    return record === null ? null : remember(record);
  };
  const the = async (key: StudyKey): Promise<Known> => {
    const known = await find(key);
    if (known === null) throw new UserError(`no study ${key} in ${database.label}`);
    return known;
  };
  return { remember, find, the };
}
type Directory = ReturnType<typeof directoryOf>;

/** A store over a database that is migrated. */
export function storeOver(database: Database): Store {
  const directory = directoryOf(database);
  return {
    kind: database.kind,
    label: database.label,
    ...studyMethods(database, directory),
    ...jobMethods(database, directory),
    ...readMethods(database, directory),
    announce: (presences) => announce(database, presences),
    workers: () => listWorkers(database),
    forgetWorkers: (ms) => forgetWorkers(database, ms),
    cluster: () => clusterOf(database),
    files: fileStoreOver(database),
    sql: (query, options = {}) => runSql(database, query, options),
    close: () => database.close(),
  };
}

function studyMethods(database: Database, { remember, the }: Directory) {
  const set = async (key: StudyKey, column: string, value: string | number): Promise<void> => {
    const { id } = await the(key);
    await database.query(`update study set ${column} = $2 where id = $1`, [id, value]);
  };
  return {
    ensureStudy: async (order, identity) => {
      const record = await database.transaction((session) => ensureStudy(session, order, identity));
      remember(record);
      return record.stored;
    },
    study: async (nameOrKey) => (await findStudy(database, nameOrKey))?.stored ?? null,
    studies: async () => (await listStudies(database)).map(({ stored }) => stored),
    agenda: () => readAgenda(database),
    setDesired: (key, desired) => set(key, "desired", desired),
    setPriority: (key, priority) => set(key, "priority", priority),
  } satisfies Partial<Store>;
}

function jobMethods(database: Database, { find, the }: Directory) {
  const listeners = new Set<CommitListener>();
  const commit = inTurn(
    () => new CopyWriter(),
    (writer, reports: readonly Report[]) => commitReports(database, writer, reports, find),
  );
  return {
    takePlanned: async (key, limit) => takePlanned(database, await the(key), limit),
    returnJobs: async (key, numbers) => returnJobs(database, (await the(key)).id, numbers),
    resetQueued: async (key) => resetQueued(database, (await the(key)).id),
    queued: async (key) => queuedJobs(database, await the(key)),
    retryDead: async (key, numbers) => retryDead(database, (await the(key)).id, numbers),
    commit: async (reports) => {
      const committed = await commit(reports);
      for (const listener of listeners) listener(reports, committed);
      return committed;
    },
    onCommit: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    jobs: async (key, options = {}) => listJobs(database, (await the(key)).id, options),
    attempts: async (key, options = {}) => listAttempts(database, await the(key), options),
  } satisfies Partial<Store>;
}

function readMethods(database: Database, { the }: Directory) {
  return {
    progress: async (key) => {
      const { id, points } = await the(key);
      return progressOf(database, id, points);
    },
    coverage: async (key) => coverageOf(database, await the(key)),
    checksum: async (key) => checksum(database, await the(key)),
    scan: async function* (key, { columns, batchRows = BATCH_ROWS_DEFAULT } = {}) {
      const study = await the(key);
      yield* scan(database, study, columns ?? readableColumns(study), batchRows);
    },
    sample: async (key, count, seed) => {
      const study = await the(key);
      return sample(database, study, randomPoints(study.points, count, seed));
    },
  } satisfies Partial<Store>;
}

/** Distinct points, as many as there are. */
function randomPoints(points: number, count: number, seed: number): number[] {
  const picked = new Set<number>();
  const wanted = Math.min(count, points);
  for (let turn = 0; picked.size < wanted; turn++)
    picked.add(deriveSeed(seed, "sample", turn) % points);
  return [...picked];
}

/** Calls of `body` wait for each other, and so can share one `tool`. */
function inTurn<Tool, Input, Result>(
  make: () => Tool,
  body: (tool: Tool, input: Input) => Promise<Result>,
) {
  const tool = make();
  let last: Promise<unknown> = Promise.resolve();
  return (input: Input): Promise<Result> => {
    const mine = last.then(() => body(tool, input));
    last = mine.catch(() => {});
    return mine;
  };
}
