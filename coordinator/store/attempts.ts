// Attempts in the database: recorded once each, and what a failed or interrupted one means for its
// job. Only a failure burns an attempt; the last one makes the job dead.
import { z } from "zod";
import type { Attempt, Report } from "../../schema/job.ts";
import { JOB_ATTEMPTS_MAX, JOB_RETRY_AFTER_MS } from "../../schema/limits.ts";
import { JobState } from "../../schema/state.ts";
import { jsonText, rowsOf } from "./cell.ts";
import type { Session } from "./database.ts";

const Unfinished = z.object({
  job: z.int(),
  outcome: z.enum(["interrupted", "failed"]),
  failure_kind: z.string().nullable(),
  failure_code: z.string().nullable(),
  failure_message: z.string().nullable(),
});
type Unfinished = z.infer<typeof Unfinished>;

/** Records the reports' attempts, each once; returns the new ones that did not finish their job. */
export async function recordAttempts(session: Session, study: number, reports: readonly Report[]) {
  const attempts = reports.flatMap(({ attempt }) => (attempt === null ? [] : [attempt]));
  if (attempts.length === 0) return [];
  const recorded = await session.query(
    `with added as (
       insert into attempt (study, job, worker, delivery, started_at, finished_at, outcome,
         failure_kind, failure_code, failure_message, provider, prepare_ms, measure_ms)
       select $1, job, worker, delivery,
         to_timestamp(started / 1000), to_timestamp(finished / 1000),
         outcome, failure_kind, failure_code, failure_message, provider, prepare_ms, measure_ms
       from jsonb_to_recordset($2::jsonb) as a (job int, worker text, delivery int, started float8,
         finished float8, outcome attempt_outcome, failure_kind text, failure_code text,
         failure_message text, provider text, prepare_ms float8, measure_ms float8)
       on conflict do nothing
       returning job, outcome, failure_kind, failure_code, failure_message)
     select * from added where outcome <> 'done'`,
    [study, jsonText(attempts.map(attemptColumns))],
  );
  return rowsOf(recorded, Unfinished);
}

/** A log need not be endless. */
const MESSAGE_CHARACTERS_MAX = 4000;

function attemptColumns({ job, outcome, timings, ...attempt }: Attempt) {
  const failure = outcome.kind === "failed" ? outcome.failure : null;
  return {
    job: job.number,
    worker: attempt.worker,
    delivery: attempt.delivery,
    started: attempt.startedAt,
    finished: attempt.finishedAt,
    provider: attempt.provider,
    outcome: outcome.kind,
    prepare_ms: timings.prepareMs,
    measure_ms: timings.measureMs,
    failure_kind: failure?.kind,
    failure_code: failure?.code,
    failure_message: failure?.message.slice(0, MESSAGE_CHARACTERS_MAX),
  };
}

/**
 * Sends jobs whose attempts did not finish them back to be planned, or declares them dead; returns
 * those that this concerned. A job whose rows are all there is done, whatever its attempts say.
 */
export async function settleAttempts(
  session: Session,
  study: number,
  ended: readonly Unfinished[],
): Promise<{ number: number; state: JobState }[]> {
  if (ended.length === 0) return [];
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
    [study, jsonText([...byJob.values()])],
  );
  return rowsOf(settled, z.object({ number: z.int(), state: JobState }));
}
