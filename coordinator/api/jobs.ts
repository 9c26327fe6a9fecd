// Jobs, attempts, failures, coverage and the timeline of workers.
import type { z } from "zod";
import type { AttemptView, Coverage, Failures, JobDetail, Jobs, JobsQuery, JobView, Timeline } from "../../schema/api.ts";
import type { Attempt } from "../../schema/job.ts";
import { boxOfJob } from "../../schema/plan.ts";
import type { Session } from "../store/database.ts";
import type { Store } from "../store/port.ts";
import type { JobPages, ListedJob } from "./job-pages.ts";
import { problem } from "./problem.ts";
import type { StudyGrid } from "./study-grid.ts";

const BUCKETS_MAX = 600;
const TIMELINE_ATTEMPTS = 5_000;
const TIMELINE_BUCKETS = 240;
const FAILURES_MAX = 100;
const MESSAGE_MAX = 2_000;

export async function jobsOf(pages: JobPages, grid: StudyGrid, query: z.infer<typeof JobsQuery>): Promise<Jobs> {
  const { state, after = -1, limit } = query;
  const rows = await pages.read({ study: grid.id, state, from: Math.max(0, after + 1), limit });
  const last = rows.at(-1);
  return {
    jobs: viewsOf(grid, rows),
    next: rows.length === limit && last !== undefined ? last.number : null,
  };
}

export async function jobDetail(store: Store, grid: StudyGrid, number: number): Promise<JobDetail> {
  const { key } = grid.stored.order;
  const [row] = number < grid.plan.jobs ? await store.jobs(key, { from: number, limit: 1 }) : [];
  if (row === undefined) {
    throw problem(404, {
      type: "unknown-job",
      detail: `no job ${number}: the study has jobs 0 to ${grid.plan.jobs - 1}`,
    });
  }
  const attempts = await store.attempts(key, { job: number, limit: 100 });
  return { job: jobView(boxTextOf(grid), row), attempts: attempts.map(attemptView) };
}

/** Four digits; 1.23e-5 rather than 0.0000123. */
function briefly(value: number): string {
  const isSmall = value !== 0 && Math.abs(value) < 1e-3;
  return isSmall ? value.toExponential(3).replace(/\.?0+e/, "e") : String(Number(value.toPrecision(4)));
}

function viewsOf(grid: StudyGrid, rows: readonly ListedJob[]): JobView[] {
  const boxText = boxTextOf(grid);
  return rows.map((row) => jobView(boxText, row));
}

function jobView(boxText: (number: number) => string, { number, state, points, stored, attempts, lastError }: ListedJob): JobView {
  const error = lastError === null ? null : { code: lastError.code, message: shorten(lastError.message) };
  return { number, state, points, stored, attempts, box: boxText(number), error };
}

/**
 * `length_scale 0.5, replicate 0 … 4`; axes that the job covers whole are left out. Neighbouring
 * jobs share most of their axes' words, which cost more than all else of a page.
 */
function boxTextOf({ plan, axes }: StudyGrid): (number: number) => string {
  const known = axes.map(() => new Map<number, string>());
  const textOn = (axis: number, from: number, to: number): string => {
    const { name = "", values = [] } = axes[axis] ?? {};
    if (to - from === values.length && values.length > 1) return "";
    const [first, last] = [values[from], values[to - 1]].map((value) => briefly(value ?? Number.NaN));
    return to - from === 1 ? `${name} ${first}` : `${name} ${first} … ${last}`;
  };
  return (number) => {
    const { from, to } = boxOfJob(plan, number);
    const parts = known.map((texts, axis) => {
      const [start, end] = [from[axis] ?? 0, to[axis] ?? 1];
      const text = texts.get(start) ?? textOn(axis, start, end);
      texts.set(start, text);
      return text;
    }).filter((text) => text !== "");
    return parts.length === 0 ? "the whole grid" : parts.join(", ");
  };
}

/** The first line and no stack: what a page may show of an error. */
function shorten(message: string): string {
  const shown = message.split("\n").filter((line) => !/^\s+at /.test(line)).join("\n");
  return shown.length > MESSAGE_MAX ? `${shown.slice(0, MESSAGE_MAX)}…` : shown;
}

function attemptView(attempt: Attempt): AttemptView {
  const { job, worker, delivery, startedAt, finishedAt, outcome, provider, timings } = attempt;
  return {
    job: job.number, worker, delivery,
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: new Date(finishedAt).toISOString(),
    outcome: outcome.kind,
    provider,
    failure: outcome.kind === "failed" ? { ...outcome.failure, message: shorten(outcome.failure.message) } : null,
    prepareMs: timings.prepareMs, measureMs: timings.measureMs,
  };
}

export async function attemptsOf(store: Store, grid: StudyGrid, limit: number) {
  const attempts = await store.attempts(grid.stored.order.key, { limit });
  return { attempts: attempts.map(attemptView) };
}

export async function coverageOf(session: Session, grid: StudyGrid): Promise<Coverage> {
  const { jobs } = grid.plan;
  const perBucket = Math.ceil(jobs / BUCKETS_MAX);
  const { rows } = await session.query(
    `select number / $2::int, count(*) filter (where state = 'planned'), count(*) filter (where state = 'queued'),
       count(*) filter (where state = 'done'), count(*) filter (where state = 'dead')
     from job where study = $1 group by 1 order by 1`, [grid.id, perBucket]);
  const buckets = rows.map((row): Coverage["buckets"][number] => {
    const [, planned, queued, done, dead] = row.map(Number);
    return [planned ?? 0, queued ?? 0, done ?? 0, dead ?? 0];
  });
  return { jobs, perBucket, buckets };
}

export async function failuresOf(session: Session, grid: StudyGrid): Promise<Failures> {
  const { rows } = await session.query(
    `select failure_kind, failure_code, count(*), count(distinct job),
       (array_agg(failure_message order by id desc))[1], max(finished_at)::text,
       (array_agg(job order by id desc))[1]
     from attempt where study = $1 and outcome = 'failed' group by 1, 2 order by 3 desc
     limit ${FAILURES_MAX}`, [grid.id]);
  const failures = rows.map(([kind, code, attempts, jobs, message, lastAt, job]) => ({
    kind: kind ?? "", code: code ?? "", attempts: Number(attempts), jobs: Number(jobs),
    message: shorten(message ?? ""), lastAt: lastAt ?? "", exampleJob: Number(job),
  }));
  return { failures };
}

/** The last attempts, in equal spans of time, by worker. */
export async function timelineOf(session: Session, grid: StudyGrid): Promise<Timeline> {
  const { rows } = await session.query(
    `select worker, extract(epoch from started_at) * 1000, extract(epoch from finished_at) * 1000, outcome::text
     from attempt where study = $1 order by id desc limit ${TIMELINE_ATTEMPTS}`, [grid.id]);
  if (rows.length === 0) return { from: null, to: null, bucketMs: 0, workers: [] };
  const attempts = rows.map(([worker, start, end, outcome]) =>
    ({ worker: worker ?? "", start: Number(start), end: Number(end), outcome }));
  const from = attempts.reduce((least, { start }) => Math.min(least, start), Infinity);
  const to = attempts.reduce((most, { end }) => Math.max(most, end), -Infinity);
  const bucketMs = Math.max(1, (to - from) / TIMELINE_BUCKETS);
  const lanes = new Map<string, Map<number, [number, number, number]>>();
  for (const { worker, start, end, outcome } of attempts) {
    const lane = lanes.get(worker) ?? new Map<number, [number, number, number]>();
    lanes.set(worker, lane);
    const bucketOf = (time: number): number => Math.min(TIMELINE_BUCKETS - 1, Math.floor((time - from) / bucketMs));
    const last = bucketOf(end);
    for (let bucket = bucketOf(start); bucket <= last; bucket++) {
      const span = lane.get(bucket) ?? [0, 0, 0];
      lane.set(bucket, span);
      const begin = from + bucket * bucketMs;
      span[0] += Math.max(0, Math.min(end, begin + bucketMs) - Math.max(start, begin)) / bucketMs;
      if (bucket === last && outcome === "done") span[1]++;
      if (bucket === last && outcome === "failed") span[2]++;
    }
  }
  const workers = [...lanes].sort(([a], [b]) => a.localeCompare(b)).map(([worker, lane]) => ({
    worker,
    spans: [...lane].sort(([a], [b]) => a - b)
      .map(([bucket, [busy, done, failed]]): [number, number, number, number] => [bucket, busy, done, failed]),
  }));
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), bucketMs, workers };
}
