// Jobs: coverage of the grid, what workers did when, why attempts failed, and a retry for the dead.
import type { Failures, JobDetail, Jobs, JobView, Progress, StudyDetail } from "../../schema/api.ts";
import { useAnswer } from "../ask.ts";
import { pathOf } from "../client.ts";
import { useControl } from "../control.ts";
import { counted, duration, timeOf, words } from "../number.ts";
import { changeQuery, type Place } from "../place.ts";
import { CoverageMap } from "../parts/coverage-map.tsx";
import { Select } from "../parts/fields.tsx";
import { Empty, ProblemNotice, Waiting } from "../parts/notice.tsx";
import { useSettled } from "../parts/size.ts";
import { TimelineChart } from "../parts/timeline-chart.tsx";

interface JobsViewProps {
  readonly detail: StudyDetail;
  readonly query: Place["query"];
  readonly progress: Progress;
}

const STATES = ["planned", "queued", "done", "dead"] as const;

export function JobsView({ detail, query, progress }: JobsViewProps) {
  const tick = useSettled(JSON.stringify(progress.jobs), 500);
  const base = `/studies/${encodeURIComponent(detail.study.key)}`;
  const state = query["state"] ?? "";
  const { answer: jobs, problem, again } = useAnswer<Jobs>(pathOf(`${base}/jobs`, { state, after: query["after"], limit: 50 }), tick);
  const { control, problem: refused } = useControl(detail.study.key, again);
  return (
    <div class="jobs-view">
      <CoverageMap path={pathOf(`${base}/coverage`)} tick={tick} />
      <FailureList path={pathOf(`${base}/failures`)} tick={tick} onRetry={() => control({ action: "retry" })} hasDead={progress.jobs.dead > 0} />
      <TimelineChart path={pathOf(`${base}/timeline`)} tick={tick} />
      {query["job"] !== undefined && <OneJob path={pathOf(`${base}/jobs/${encodeURIComponent(query["job"])}`)} tick={tick} onRetry={(job) => control({ action: "retry", job })} />}
      <section aria-labelledby="jobs-title">
        <div class="row"><h2 id="jobs-title">Jobs</h2>
          <Select isCompact label="in state" value={state} onChange={(next) => changeQuery({ state: next || undefined, after: undefined }, true)}
            options={[{ value: "", label: "any" }, ...STATES.map((name) => ({ value: name, label: `${name} (${counted(progress.jobs[name])})` }))]} />
        </div>
        {refused !== null && <ProblemNotice problem={refused} />}
        {problem !== null && <ProblemNotice problem={problem} again={again} />}
        {jobs === null && problem === null && <Waiting what="Reading jobs" />}
        {jobs !== null && jobs.jobs.length === 0 && <Empty title={state === "" ? "No job" : `No job is ${state}`} />}
        {jobs !== null && jobs.jobs.length > 0 && <JobTable jobs={jobs.jobs} onRetry={(job) => control({ action: "retry", job })} />}
        {jobs !== null && (query["after"] !== undefined || jobs.next !== null) && (
          <p class="row">
            {query["after"] !== undefined && <button type="button" onClick={() => changeQuery({ after: undefined }, true)}>First jobs</button>}
            {jobs.next !== null && <button type="button" onClick={() => changeQuery({ after: String(jobs.next) }, true)}>Next jobs</button>}
          </p>
        )}
      </section>
    </div>
  );
}

function JobTable({ jobs, onRetry }: { jobs: readonly JobView[]; onRetry: (job: number) => void }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Rows of jobs">
      <table class="rows left">
        <thead><tr><th scope="col">job</th><th scope="col">state</th><th scope="col">what it covers</th><th scope="col" class="right">stored</th><th scope="col" class="right">attempts burnt</th><th scope="col">last error</th><th scope="col"><span class="hidden">action</span></th></tr></thead>
        <tbody>{jobs.map((job) => (
          <tr key={job.number}>
            <td><button type="button" class="plain" onClick={() => changeQuery({ job: String(job.number) }, true)}>{job.number}</button></td>
            <td><span class={`badge ${job.state}`}>{job.state}</span></td>
            <td>{words(job.box)}</td>
            <td class="right">{counted(job.stored)} / {counted(job.points)}</td>
            <td class="right">{job.attempts}</td>
            <td class="error-cell">{job.error === null ? "" : <><b>{words(job.error.code)}</b> {job.error.message.split("\n")[0]}</>}</td>
            <td>{job.state === "dead" && <button type="button" onClick={() => onRetry(job.number)} aria-label={`Retry job ${job.number}`}>Retry</button>}</td>
          </tr>
        ))}</tbody>
      </table>
    </div>
  );
}

function OneJob({ path, tick, onRetry }: { path: string; tick: string; onRetry: (job: number) => void }) {
  const { answer, problem } = useAnswer<JobDetail>(path, tick);
  if (problem !== null) return <ProblemNotice problem={problem} />;
  if (answer === null) return null;
  const { job, attempts } = answer;
  return (
    <section class="card" aria-label={`Job ${job.number}`}>
      <div class="row"><h2>Job {job.number}</h2><span class={`badge ${job.state}`}>{job.state}</span><span class="hint">{words(job.box)}</span>
        {job.state === "dead" && <button type="button" onClick={() => onRetry(job.number)}>Retry</button>}
        <button type="button" class="quiet" onClick={() => changeQuery({ job: undefined }, true)}>Close</button></div>
      {attempts.length === 0 && <p class="hint">not attempted yet</p>}
      <ol class="attempts">{attempts.map((attempt) => (
        <li key={`${attempt.worker}-${attempt.delivery}-${attempt.startedAt}`}>
          <span class={`badge ${attempt.outcome}`}>{attempt.outcome}</span> {timeOf(attempt.startedAt)} on {attempt.worker}
          {attempt.provider !== null && `, ${attempt.provider}`}; prepared in {duration(attempt.prepareMs / 1000)}, measured in {duration(attempt.measureMs / 1000)}
          {attempt.failure !== null && <pre>{attempt.failure.code}: {attempt.failure.message}</pre>}
        </li>
      ))}</ol>
    </section>
  );
}

function FailureList({ path, tick, onRetry, hasDead }: { path: string; tick: string; onRetry: () => void; hasDead: boolean }) {
  const { answer } = useAnswer<Failures>(path, tick);
  if (answer === null || answer.failures.length === 0) return null;
  return (
    <section aria-labelledby="failures-title">
      <div class="row"><h2 id="failures-title">Failed attempts</h2>
        {hasDead && <button type="button" class="primary" onClick={onRetry}>Retry all dead jobs</button>}</div>
      <ul class="failures">{answer.failures.map((failure) => (
        <li key={`${failure.kind}-${failure.code}`} class="card">
          <b>{words(failure.code)}</b> <span class="hint">{failure.kind}; {counted(failure.attempts)} {failure.attempts === 1 ? "attempt" : "attempts"} of {counted(failure.jobs)} {failure.jobs === 1 ? "job" : "jobs"}, last {timeOf(failure.lastAt)}, e.g.{" "}
            <button type="button" class="plain" onClick={() => changeQuery({ job: String(failure.exampleJob) }, true)}>job {failure.exampleJob}</button></span>
          <pre>{failure.message}</pre>
        </li>
      ))}</ul>
    </section>
  );
}
