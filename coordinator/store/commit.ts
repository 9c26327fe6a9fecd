// Stores reports: rows, job states and attempts, in one transaction.
//
// Rows of jobs that lack rows are copied straight into the result table, behind a savepoint. Only
// if one of them turns out to be there already does the batch go the slow way, over a staging
// table and `on conflict do nothing`, which tells inserted, repeated and differing rows apart.
// Both ways count rows exactly, because the jobs' rows are locked first.
import { z } from "zod";
import type { Job, Report, StudyKey } from "../../schema/job.ts";
import { JobState } from "../../schema/state.ts";
import { endAttempts } from "./attempts.ts";
import { arrayText, rowsOf } from "./cell.ts";
import { CopyWriter } from "./copy-encode.ts";
import type { Database, Session } from "./database.ts";
import { sqlState, UNIQUE_VIOLATION } from "./database.ts";
import type { Committed } from "./port.ts";
import { complaintAbout, type RowShape, seriesColumnList, writeRows, writeSeries } from "./rows.ts";

/** A study as `commit` needs it. */
export interface CommitStudy {
  readonly id: number;
  readonly key: StudyKey;
  readonly shape: RowShape;
}

interface Tally {
  inserted: number;
  duplicates: number;
  conflicts: number;
  bytes: number;
  readonly finished: Job[];
  readonly dead: Job[];
  readonly replanned: Job[];
  readonly completed: StudyKey[];
  readonly rejected: { readonly report: Report; readonly why: string }[];
}

/** @param studyOf finds a study; null if the database does not have it. */
export async function commitReports(
  database: Database,
  writer: CopyWriter,
  reports: readonly Report[],
  studyOf: (key: StudyKey) => Promise<CommitStudy | null>,
): Promise<Committed> {
  const { byStudy, rejected } = await sortReports(reports, studyOf);
  const tally = await database.transaction(async (session) => {
    const tally: Tally = {
      inserted: 0,
      duplicates: 0,
      conflicts: 0,
      bytes: 0,
      finished: [],
      dead: [],
      replanned: [],
      completed: [],
      rejected: [...rejected],
    };
    for (const [study, group] of byStudy) await commitStudy(session, writer, study, group, tally);
    return tally;
  });
  await database.wrote(tally.bytes);
  // Whoever looks at a finished study next gets plans made from its statistics.
  for (const [{ shape, key }] of byStudy) {
    if (tally.completed.includes(key)) await database.query(`analyze ${shape.table}`);
  }
  const { bytes: _bytes, ...done } = tally;
  return done;
}

/** Reports by study, in one order for all callers, so that no two wait for each other. */
async function sortReports(
  reports: readonly Report[],
  studyOf: (key: StudyKey) => Promise<CommitStudy | null>,
) {
  const byKey = new Map<StudyKey, { study: CommitStudy | null; group: Report[] }>();
  const rejected: { report: Report; why: string }[] = [];
  for (const report of reports) {
    const key = report.job.study;
    const entry = byKey.get(key) ?? { study: await studyOf(key), group: [] };
    byKey.set(key, entry);
    const why =
      entry.study === null ? `no study ${key}` : complaintAbout(report, entry.study.shape);
    if (why === null) entry.group.push(report);
    else rejected.push({ report, why });
  }
  const byStudy: [CommitStudy, Report[]][] = [];
  for (const { study, group } of byKey.values()) {
    if (study !== null && group.length > 0) byStudy.push([study, group]);
  }
  return { byStudy: byStudy.sort(([a], [b]) => a.id - b.id), rejected };
}

async function commitStudy(
  session: Session,
  writer: CopyWriter,
  study: CommitStudy,
  reports: readonly Report[],
  tally: Tally,
): Promise<void> {
  const states = await lockJobs(session, study, reports);
  const known = reports.filter(({ job }) => states.has(job.number));
  for (const report of reports) {
    if (!states.has(report.job.number))
      tally.rejected.push({ report, why: `study ${study.key} was deleted` });
  }
  const withRows = known.filter(({ block }) => block !== null);
  const inserted = await storeRows(session, writer, study, withRows, states, tally);
  await storeSeries(session, writer, study, withRows, tally);
  const ended = new Set<number>();
  for (const number of await countRows(session, study, inserted)) {
    ended.add(number);
    tally.finished.push({ study: study.key, number });
  }
  const { dead, replanned } = await endAttempts(session, study, known);
  tally.dead.push(...dead);
  tally.replanned.push(...replanned);
  if (ended.size > 0) await completeStudy(session, study, tally);
}

const LockedJob = z.object({ number: z.int(), state: JobState });

async function lockJobs(session: Session, study: CommitStudy, reports: readonly Report[]) {
  const numbers = new Set(reports.map(({ job }) => job.number));
  const locked = await session.query(
    "select number, state from job where study = $1 and number = any($2::int[]) order by number " +
    "for update",
    [study.id, arrayText(numbers)],
  );
  return new Map(rowsOf(locked, LockedJob).map(({ number, state }) => [number, state]));
}

/** Stores rows; returns how many were new, by job. */
async function storeRows(
  session: Session,
  writer: CopyWriter,
  study: CommitStudy,
  reports: readonly Report[],
  states: ReadonlyMap<number, JobState>,
  tally: Tally,
) {
  const { fresh, doubtful } = partition(reports, states);
  const inserted = new Map<number, number>();
  if (fresh.length > 0 && !(await copyFresh(session, writer, study, fresh, tally))) {
    doubtful.push(...fresh.splice(0));
  }
  for (const report of fresh) {
    const { number } = report.job;
    inserted.set(number, (inserted.get(number) ?? 0) + rowsIn(report));
    tally.inserted += rowsIn(report);
  }
  if (doubtful.length > 0) {
    for (const [number, rows] of await insertStaged(session, writer, study, doubtful, tally)) {
      inserted.set(number, (inserted.get(number) ?? 0) + rows);
    }
  }
  return inserted;
}

/**
 * Stores what points have beside their row. A repeated row is left as it is and not counted: the
 * point's own row tells whether a computation gave other numbers.
 */
async function storeSeries(
  session: Session,
  writer: CopyWriter,
  study: CommitStudy,
  reports: readonly Report[],
  tally: Tally,
): Promise<void> {
  for (const series of study.shape.series) {
    writer.begin();
    const rows = reports.reduce(
      (sum, report) => sum + writeSeries(writer, study.id, report, study.shape, series), 0);
    if (rows === 0) continue;
    const { table } = series;
    const list = seriesColumnList(series);
    await session.query(
      `create temp table if not exists ${table}_staging (like ${table} including defaults) on commit delete rows`,
    );
    await session.query(`delete from ${table}_staging`);
    const data = writer.finish();
    await session.copyIn(`${table}_staging (${list})`, data);
    await session.query(
      `insert into ${table} (${list}) select ${list} from ${table}_staging on conflict do nothing`,
    );
    tally.bytes += data.length;
  }
}

/** Reports whose rows are likely new, and those some of whose rows are certainly there already. */
function partition(reports: readonly Report[], states: ReadonlyMap<number, JobState>) {
  const fresh: Report[] = [];
  const doubtful: Report[] = [];
  // In the order of the rows, a report that starts before the last one's end repeats some of it.
  const ordered = [...reports].sort((a, b) => a.job.number - b.job.number || a.offset - b.offset);
  let [job, end] = [-1, 0];
  for (const report of ordered) {
    if (report.job.number !== job) [job, end] = [report.job.number, 0];
    const isDoubtful = report.offset < end || states.get(job) === "done";
    (isDoubtful ? doubtful : fresh).push(report);
    end = Math.max(end, report.offset + rowsIn(report));
  }
  return { fresh, doubtful };
}

const rowsIn = ({ block }: Report): number => block?.status.length ?? 0;

function encode(writer: CopyWriter, study: CommitStudy, reports: readonly Report[]): Uint8Array {
  writer.begin();
  for (const report of reports) writeRows(writer, study.id, report, study.shape);
  return writer.finish();
}

/** Whether all rows went in; if one was there already none did. */
async function copyFresh(
  session: Session,
  writer: CopyWriter,
  study: CommitStudy,
  reports: readonly Report[],
  tally: Tally,
): Promise<boolean> {
  const { table, columnList } = study.shape;
  const data = encode(writer, study, reports);
  await session.query("savepoint fresh");
  try {
    await session.copyIn(`${table} (${columnList})`, data);
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    await session.query("rollback to savepoint fresh");
    return false;
  }
  await session.query("release savepoint fresh");
  tally.bytes += data.length;
  return true;
}

/** Stores rows of which some may be there already; returns how many were new, by job. */
async function insertStaged(
  session: Session,
  writer: CopyWriter,
  study: CommitStudy,
  reports: readonly Report[],
  tally: Tally,
): Promise<[number, number][]> {
  const { table, columnList } = study.shape;
  const staging = `${table}_staging`;
  await session.query(
    `create temp table if not exists ${staging} (like ${table} including defaults) on commit delete rows`,
  );
  await session.query(`delete from ${staging}`);
  const data = encode(writer, study, reports);
  await session.copyIn(`${staging} (${columnList})`, data);
  tally.bytes += data.length;
  const counted = await session.query(
    `with added as (
       insert into ${table} (${columnList}) select ${columnList} from ${staging} order by point
       on conflict (study, point) do nothing returning job)
     select job, count(*) from added group by job`,
  );
  const byJob = counted.rows.map(([job, rows]): [number, number] => [Number(job), Number(rows)]);
  const added = byJob.reduce((sum, [, rows]) => sum + rows, 0);
  const staged = reports.reduce((sum, report) => sum + rowsIn(report), 0);
  tally.inserted += added;
  if (added < staged) await countRepeats(session, study, staged - added, tally);
  return byJob;
}

/** Compares what was staged with what is stored, bit by bit: `*<>` tells −0 from 0. */
async function countRepeats(session: Session, study: CommitStudy, repeats: number, tally: Tally) {
  const { table, columnList } = study.shape;
  const values = columnList.split(", ").slice(3);
  // Without the cast the operator would be applied to the fields one by one.
  const record = (from: string): string =>
    `row(${values.map((name) => `${from}.${name}`).join(", ")})::record`;
  const differing = await session.query(
    `select count(*) from ${table}_staging s join ${table} r using (study, point)
     where ${record("s")} *<> ${record("r")}`,
  );
  const conflicts = Number(differing.rows[0]?.[0]);
  tally.conflicts += conflicts;
  tally.duplicates += repeats - conflicts;
  await session.query(
    "update study set duplicates = duplicates + $2, conflicts = conflicts + $3 where id = $1",
    [study.id, repeats - conflicts, conflicts],
  );
}

/** Adds new rows to their jobs' counts; returns the jobs that are now done. */
async function countRows(
  session: Session,
  study: CommitStudy,
  inserted: ReadonlyMap<number, number>,
) {
  if (inserted.size === 0) return [];
  const updated = await session.query(
    `update job set stored = stored + rows,
       state = case when stored + rows = points then 'done' else state end,
       not_before = case when stored + rows = points then null else not_before end
     from unnest($2::int[], $3::int[]) as new (of_job, rows)
     where study = $1 and number = of_job returning number, state`,
    [study.id, arrayText(inserted.keys()), arrayText(inserted.values())],
  );
  return rowsOf(updated, LockedJob)
    .filter(({ state }) => state === "done")
    .map(({ number }) => number);
}

/** Notes the time if no job is left; each question is answered by a partial index of its own. */
async function completeStudy(session: Session, study: CommitStudy, tally: Tally): Promise<void> {
  const left = ["planned", "queued", "dead"].map(
    (state) => `not exists (select from job where study = $1 and state = '${state}')`,
  );
  const completed = await session.query(
    `update study set finished_at = now()
     where id = $1 and finished_at is null and ${left.join(" and ")}`,
    [study.id],
  );
  if (completed.affected > 0) tally.completed.push(study.key);
}
