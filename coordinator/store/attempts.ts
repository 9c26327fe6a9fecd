// The attempts that reports end: recorded once each, and what they mean for their jobs.
//
// Invariants: a report may come twice, its attempt counts once. A publication of a job has either
// attempts of workers that held it, or one row of code `worker_lost`, never both: what was given up
// for lost is taken back, with what it burnt, when its holder turns up after all. Callers hold the
// jobs' row locks, so no two of them look at one job at a time.
import { z } from "zod";
import { type Attempt, type Job, type Report, type StudyKey, WORKER_LOST } from "../../schema/job.ts";
import { JOB_ATTEMPTS_MAX, JOB_RETRY_AFTER_MS } from "../../schema/limits.ts";
import { JobState } from "../../schema/state.ts";
import { arrayText, jsonText, rowsOf } from "./cell.ts";
import type { Session } from "./database.ts";

/** A study as its attempts need it. */
export interface AttemptStudy {
  readonly id: number;
  readonly key: StudyKey;
}

/** What became of jobs whose attempts did not finish them. */
export interface Settled {
  readonly dead: readonly Job[];
  readonly replanned: readonly Job[];
}

/** Records the attempts that `reports` end, and plans their jobs again or declares them dead. */
export async function endAttempts(session: Session, study: AttemptStudy,
  reports: readonly Report[]): Promise<Settled> {
  const attempts = reports.flatMap(({ attempt }) => (attempt === null ? [] : [attempt]));
  if (attempts.length === 0) return { dead: [], replanned: [] };
  const heard = attempts.filter((attempt) => !isLost(attempt));
  const recorded = await record(session, study, heard);
  if (heard.length > 0) await takeBackLost(session, study, heard);
  const lost = await withHolders(session, study, attempts.filter(isLost));
  const missed = lost.length === 0 ? [] : await record(session, study, lost);
  return await settle(session, study, [...recorded, ...missed]);
}

function isLost({ outcome }: Attempt): boolean {
  return outcome.kind === "failed" && outcome.failure.code === WORKER_LOST;
}

const Unfinished = z.object({
  job: z.int(),
  outcome: z.enum(["interrupted", "failed"]),
  failure_kind: z.string().nullable(),
  failure_code: z.string().nullable(),
  failure_message: z.string().nullable(),
});
type Unfinished = z.infer<typeof Unfinished>;

/** Records attempts once each; returns the new ones that did not finish their job. */
async function record(session: Session, study: AttemptStudy, attempts: readonly Attempt[]) {
  if (attempts.length === 0) return [];
  const recorded = await session.query(
    `with added as (
       insert into attempt (study, job, worker, published_at, delivery, started_at, finished_at,
         outcome, failure_kind, failure_code, failure_message, provider, prepare_ms, measure_ms)
       select $1, job, worker, to_timestamp(published / 1000), delivery,
         to_timestamp(started / 1000), to_timestamp(finished / 1000),
         outcome, failure_kind, failure_code, failure_message, provider, prepare_ms, measure_ms
       from jsonb_to_recordset($2::jsonb) as a (job int, worker text, published float8, delivery int,
         started float8, finished float8, outcome attempt_outcome, failure_kind text,
         failure_code text, failure_message text, provider text, prepare_ms float8, measure_ms float8)
       on conflict do nothing
       returning job, outcome, failure_kind, failure_code, failure_message)
     select * from added where outcome <> 'done'`,
    [study.id, jsonText(attempts.map(attemptColumns))],
  );
  return rowsOf(recorded, Unfinished);
}

/** A log need not be endless. */
const MESSAGE_CHARACTERS_MAX = 4000;

function attemptColumns({ job, outcome, timings, ...attempt }: Attempt) {
  const failure = outcome.kind === "failed" ? outcome.failure : null;
  return {
    job: job.number, worker: attempt.worker, published: attempt.publishedAt,
    delivery: attempt.delivery, started: attempt.startedAt, finished: attempt.finishedAt,
    provider: attempt.provider, outcome: outcome.kind,
    prepare_ms: timings.prepareMs, measure_ms: timings.measureMs,
    failure_kind: failure?.kind, failure_code: failure?.code,
    failure_message: failure?.message.slice(0, MESSAGE_CHARACTERS_MAX),
  };
}

const TakenBack = z.object({ job: z.int() });

/** Forgets that an attempt was given up for lost, now that its holder was heard. */
async function takeBackLost(session: Session, study: AttemptStudy, heard: readonly Attempt[]): Promise<void> {
  const removed = rowsOf(await session.query(
    `delete from attempt using unnest($2::int[], $3::float8[]) as heard (of_job, published)
     where study = $1 and job = of_job and failure_code = '${WORKER_LOST}'
       and published_at = to_timestamp(published / 1000) returning job`,
    [study.id, arrayText(heard.map(({ job }) => job.number)), arrayText(heard.map((one) => one.publishedAt))],
  ), TakenBack);
  if (removed.length === 0) return;
  await session.query(
    `update job set attempts = greatest(0, attempts - 1)
     where study = $1 and number = any($2::int[]) and state <> 'dead'`,
    [study.id, arrayText(removed.map(({ job }) => job))],
  );
}

const Holder = z.object({ worker: z.string() });

/**
 * Those of `lost` that are new, with who held them as far as presence told: the finder, which
 * reports the loss, knows only that nobody else did. One row per publication, whoever finds it.
 */
async function withHolders(session: Session, study: AttemptStudy, lost: readonly Attempt[]): Promise<Attempt[]> {
  const found = new Map<string, Attempt>();
  for (const attempt of lost) {
    const id = `${attempt.job.number} ${attempt.publishedAt}`;
    if (found.has(id) || (await isKnown(session, study, attempt))) continue;
    const held = rowsOf(await session.query(
      `select worker from worker where running @> $1::jsonb and worker <> $2
       order by last_seen desc limit 1`, [jsonText([attempt.job]), attempt.worker],
    ), Holder);
    const worker = held[0]?.worker ?? "unknown";
    const message = `nothing was heard again of the worker that took the job (${worker}): ` +
      "it died, hung or lost the network";
    const failure = { kind: "infrastructure", code: WORKER_LOST, message } as const;
    found.set(id, { ...attempt, worker, outcome: { kind: "failed", failure } });
  }
  return [...found.values()];
}

/** Whether anything is recorded of the attempt's publication. */
async function isKnown(session: Session, study: AttemptStudy, { job, publishedAt }: Attempt): Promise<boolean> {
  const known = await session.query(
    `select 1 from attempt where study = $1 and job = $2 and published_at = to_timestamp($3::float8 / 1000)
     limit 1`, [study.id, job.number, publishedAt],
  );
  return known.rows.length > 0;
}

const SettledJob = z.object({ number: z.int(), state: JobState });

/** Sends jobs whose attempts did not finish them back to be planned, or declares them dead. */
async function settle(session: Session, study: AttemptStudy, ended: readonly Unfinished[]): Promise<Settled> {
  if (ended.length === 0) return { dead: [], replanned: [] };
  const byJob = new Map<number, { of_job: number; burnt: number; error: object | null }>();
  for (const { job, outcome, failure_kind, failure_code, failure_message } of ended) {
    const entry = byJob.get(job) ?? { of_job: job, burnt: 0, error: null };
    byJob.set(job, entry);
    if (outcome === "interrupted") continue;
    entry.burnt++;
    entry.error = { kind: failure_kind, code: failure_code, message: failure_message };
  }
  const settled = await session.query(
    `update job set attempts = attempts + burnt, last_error = coalesce(error, last_error),
       state = case when attempts + burnt >= ${JOB_ATTEMPTS_MAX} then 'dead'
         when state = 'dead' then state else 'planned' end,
       not_before = case when attempts + burnt >= ${JOB_ATTEMPTS_MAX} or burnt = 0 then null
         else now() + ${JOB_RETRY_AFTER_MS} * interval '1 ms' * 2 ^ (attempts + burnt - 1) end
     from jsonb_to_recordset($2::jsonb) as a (of_job int, burnt int, error jsonb)
     where study = $1 and number = of_job and state <> 'done'
     returning number, state`,
    [study.id, jsonText([...byJob.values()])],
  );
  const rows = rowsOf(settled, SettledJob);
  const jobsIn = (isDead: boolean): Job[] => rows
    .filter(({ state }) => (state === "dead") === isDead)
    .map(({ number }) => ({ study: study.key, number }));
  return { dead: jobsIn(true), replanned: jobsIn(false) };
}
