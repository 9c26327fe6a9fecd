// Jobs: taken, returned, retried and listed, each at the cost of what moves.
import { z } from "zod";
import { Failure } from "../../schema/failure.ts";
import { Attempt, type Job, type StudyKey } from "../../schema/job.ts";
import { JOB_STATES, JobState } from "../../schema/state.ts";
import { arrayText, rowsOf } from "./cell.ts";
import type { Session } from "./database.ts";
import type { JobRow, Progress } from "./port.ts";

/** The number and key of a study. */
export interface StudyIds {
  readonly id: number;
  readonly key: StudyKey;
}

const Numbered = z.object({ number: z.int() });

/** See Store.takePlanned. Both halves read as many index entries as they take. */
export async function takePlanned(
  session: Session,
  study: StudyIds,
  limit: number,
): Promise<Job[]> {
  const taken = await session.query(
    `with waited as (
       select number from job
       where study = $1 and state = 'planned' and not_before is not null and not_before <= now()
       order by not_before limit $2 for update skip locked),
     fresh as (
       select number from job where study = $1 and state = 'planned' and not_before is null
       order by number limit $2 for update skip locked),
     due as (
       select number, 0 as turn from waited union all select number, 1 from fresh
       order by turn, number limit $2),
     taken as (
       update job set state = 'queued', not_before = null from due
       where job.study = $1 and job.number = due.number and job.state = 'planned'
       returning job.number, due.turn)
     select number from taken order by turn, number`,
    [study.id, limit],
  );
  return rowsOf(taken, Numbered).map(({ number }) => ({ study: study.key, number }));
}

/** See Store.returnJobs. */
export async function returnJobs(
  session: Session,
  study: number,
  numbers: readonly number[],
): Promise<number> {
  const moved = await session.query(
    `update job set state = 'planned'
     where study = $1 and number = any($2::int[]) and state = 'queued'`,
    [study, arrayText(numbers)],
  );
  return moved.affected;
}

/** See Store.resetQueued. */
export async function resetQueued(session: Session, study: number): Promise<number> {
  const moved = await session.query(
    "update job set state = 'planned' where study = $1 and state = 'queued'",
    [study],
  );
  return moved.affected;
}

/** See Store.queued. */
export async function queuedJobs(session: Session, study: StudyIds): Promise<Job[]> {
  const found = await session.query(
    "select number from job where study = $1 and state = 'queued' order by number",
    [study.id],
  );
  return rowsOf(found, Numbered).map(({ number }) => ({ study: study.key, number }));
}

/** See Store.retryDead. */
export async function retryDead(
  session: Session,
  study: number,
  numbers?: readonly number[],
): Promise<number> {
  const named = numbers === undefined ? "" : "and number = any($2::int[])";
  const moved = await session.query(
    `update job set state = 'planned', attempts = 0, not_before = null
     where study = $1 and state = 'dead' ${named}`,
    numbers === undefined ? [study] : [study, arrayText(numbers)],
  );
  return moved.affected;
}

const StateCount = z.object({ state: JobState, jobs: z.int(), stored: z.int() });

/** See Store.progress. */
export async function progressOf(
  session: Session,
  study: number,
  points: number,
): Promise<Progress> {
  const counted = rowsOf(
    await session.query(
      "select state, count(*) as jobs, sum(stored) as stored from job where study = $1 group by " +
      "state",
      [study],
    ),
    StateCount,
  );
  const jobsIn = (state: JobState): number => counted.find((row) => row.state === state)?.jobs ?? 0;
  return {
    points,
    stored: counted.reduce((sum, { stored }) => sum + stored, 0),
    jobs: {
      planned: jobsIn("planned"),
      queued: jobsIn("queued"),
      done: jobsIn("done"),
      dead: jobsIn("dead"),
    },
  };
}

const JobLine = z.object({
  number: z.int(),
  state: z.enum(JOB_STATES),
  points: z.int(),
  stored: z.int(),
  attempts: z.int(),
  not_before: z.number().nullable(),
  last_error: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(Failure)
    .nullable(),
});

const LISTED_DEFAULT = 1000;

/** See Store.jobs. */
export async function listJobs(
  session: Session,
  study: number,
  { state, from = 0, limit = LISTED_DEFAULT }: { state?: JobState; from?: number; limit?: number },
) {
  // A literal, not a parameter, so that the planner sees that the state's partial index serves.
  const ofState = state === undefined ? "" : `and state = '${JobState.parse(state)}'`;
  const listed = await session.query(
    `select number, state, points, stored, attempts, last_error,
       extract(epoch from not_before) * 1000 as not_before
     from job where study = $1 and number >= $2 ${ofState} order by number limit $3`,
    [study, from, limit],
  );
  return rowsOf(listed, JobLine).map(
    ({ number, state, points, stored, attempts, ...row }): JobRow => ({
      number,
      state,
      points,
      stored,
      attempts,
      notBefore: row.not_before,
      lastError: row.last_error,
    }),
  );
}

const AttemptLine = z.object({
  job: z.int(),
  worker: z.string(),
  published: z.number(),
  delivery: z.int(),
  started: z.number(),
  finished: z.number(),
  outcome: z.string(),
  points: z.int(),
  failure_kind: z.string().nullable(),
  failure_code: z.string().nullable(),
  failure_message: z.string().nullable(),
  provider: z.string().nullable(),
  prepare_ms: z.number(),
  measure_ms: z.number(),
});

/** See Store.attempts. */
export async function listAttempts(
  session: Session,
  study: StudyIds,
  { job, limit = LISTED_DEFAULT }: { job?: number; limit?: number },
): Promise<Attempt[]> {
  const ofJob = job === undefined ? "" : "and a.job = $3";
  const listed = await session.query(
    `select a.job, worker, delivery, extract(epoch from started_at) * 1000 as started,
       extract(epoch from coalesce(published_at, started_at)) * 1000 as published,
       extract(epoch from finished_at) * 1000 as finished, outcome, points,
       failure_kind, failure_code, failure_message, provider, prepare_ms, measure_ms
     from attempt a join job j on j.study = a.study and j.number = a.job
     where a.study = $1 ${ofJob} order by id desc limit $2`,
    job === undefined ? [study.id, limit] : [study.id, limit, job],
  );
  return rowsOf(listed, AttemptLine).map((row) =>
    Attempt.parse({
      job: { study: study.key, number: row.job },
      worker: row.worker,
      publishedAt: row.published,
      delivery: row.delivery,
      startedAt: row.started,
      finishedAt: row.finished,
      provider: row.provider,
      timings: { prepareMs: row.prepare_ms, measureMs: row.measure_ms },
      outcome: outcomeOf(row),
    }),
  );
}

function outcomeOf(row: z.infer<typeof AttemptLine>): object {
  if (row.outcome === "done") return { kind: "done", points: row.points };
  if (row.outcome === "interrupted") return { kind: "interrupted" };
  const { failure_kind: kind, failure_code: code, failure_message: message } = row;
  return { kind: "failed", failure: { kind, code, message } };
}
