// `nearclone status`: how far studies are, and what went wrong.
import { Command, Option } from "commander";
import type { StudyKey, TrainingProgress } from "../../schema/job.ts";
import { type Context, print } from "../context.ts";
import { countText, percentText } from "../face/number.ts";
import { formatRows, labelLines, tableLines } from "../face/table.ts";
import { jsonText } from "../face/value.ts";
import { findStudy } from "../find-study.ts";
import { gpuLines, gpusOf } from "../gpu-lines.ts";
import { isThere } from "../is-there.ts";
import { deadLines, jobsText } from "../job-report.ts";
import { openExisting } from "../open-existing.ts";
import { waitsFor } from "../waits-for.ts";
import { watchStudies, watchStudy } from "../watch.ts";
import type { Coverage, JobRow, Progress, Store, StoredStudy, WorkerRow } from "../store/port.ts";
import { databaseOption, jsonOption, withExamples } from "./option.ts";

interface StatusOptions {
  readonly database?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** Dead jobs that are listed; their number is always told. */
const DEAD_MAX = 20;

export function statusCommand(context: Context): Command {
  const command = new Command("status")
    .description("how far studies are; with a study, what is missing and which jobs are dead")
    .argument("[study]", "name, key, or study file")
    .addOption(databaseOption())
    .addOption(new Option("-w, --watch", "stay until nothing is left to do, or Ctrl-C"))
    .addOption(jsonOption())
    .action((study: string | undefined, options: StatusOptions) => status(context, study, options));
  return withExamples(command, "nearclone status", "nearclone status quickstart --json", "nearclone status mnist-rbf --watch");
}

async function status(
  context: Context,
  wanted: string | undefined,
  options: StatusOptions,
): Promise<void> {
  const store = await openExisting(context, options.database);
  try {
    if (wanted === undefined) {
      if (options.watch === true) await watchStudies(context, store);
      await listStudies(context, store, options);
    } else {
      const study = await findStudy(store, wanted, context.cwd);
      if (options.watch === true) await watchStudy(context, store, study);
      await oneStudy(context, store, await findStudy(store, study.order.key, context.cwd), options);
    }
  } finally {
    await store.close();
  }
}

async function listStudies(context: Context, store: Store, options: StatusOptions): Promise<void> {
  const columns = ["study", "experiment", "points", "stored", "done", "dead jobs", "state", "created"];
  const rows: unknown[][] = [];
  const workers = await store.workers();
  for (const study of await store.studies()) {
    const { order, createdAt, finishedAt, desired } = study;
    const { points, stored, jobs } = await store.progress(order.key);
    const isWaiting = waitsFor(study, workers, context.clock.now()) !== null;
    const state = finishedAt === null ? `${desired}${isWaiting ? ", waits for a larger worker" : ""}` : "complete";
    const created = new Date(createdAt).toISOString().slice(0, 16).replace("T", " ");
    const done = options.json === true ? stored / points : percentText(stored / points);
    rows.push([order.spec.name, order.spec.experiment, points, stored, done, jobs.dead, state, created]);
  }
  if (rows.length === 0 && options.json !== true) {
    print(context, `no study in ${store.label} yet: nearclone run STUDY.yaml`);
    return;
  }
  print(context, ...formatRows({ columns, rows }, options.json === true ? "json" : "table"));
}

async function oneStudy(
  context: Context,
  store: Store,
  study: StoredStudy,
  options: StatusOptions,
): Promise<void> {
  const { key } = study.order;
  const progress = await store.progress(key);
  const coverage = await store.coverage(key);
  const dead = await store.jobs(key, { state: "dead", limit: DEAD_MAX });
  const nowMs = context.clock.now();
  const workers = await store.workers();
  const training = trainingOf(workers, key, nowMs);
  const waits = waitsFor(study, workers, nowMs);
  const gpus = gpusOf(workers, nowMs);
  const lines =
    options.json === true
      ? [jsonText({ ...studyObject(study, progress, coverage, dead), waitsFor: waits, training, gpus })]
      : [...studyLines(study, progress, coverage, dead, { label: store.label, waits }), ...trainingLines(training), ...gpuLines(gpus)];
  print(context, ...lines);
}

interface Training extends TrainingProgress {
  readonly job: number;
  readonly worker: string;
}

/** What workers that were heard of lately said of their training runs. */
function trainingOf(workers: readonly WorkerRow[], key: StudyKey, nowMs: number): Training[] {
  return workers
    .filter((row) => isThere(row, nowMs))
    .flatMap(({ presence: { worker, running } }) => running.flatMap(({ study, number, progress }) =>
      study === key && progress !== undefined ? [{ worker, job: number, ...progress }] : []));
}

function trainingLines(training: readonly Training[]): string[] {
  if (training.length === 0) return [];
  const columns = ["trains", "point", "epoch", "of", "clean accuracy", "attack success", "on"];
  const rows = training.map(({ job, point, epoch, epochs, cleanAccuracy, attackSuccessRate, worker }) =>
    [`job ${job}`, point, epoch, epochs, cleanAccuracy, attackSuccessRate, worker]);
  return ["", ...tableLines({ columns, rows })];
}

function studyObject(
  study: StoredStudy,
  progress: Progress,
  coverage: Coverage,
  dead: readonly JobRow[],
): object {
  const { order, identity, createdAt, finishedAt, desired, priority, duplicates, conflicts } = study;
  return {
    name: order.spec.name,
    key: order.key,
    identity,
    experiment: order.spec.experiment,
    desired,
    priority,
    createdAt: new Date(createdAt).toISOString(),
    finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString(),
    ...progress,
    coverage,
    duplicates,
    conflicts,
    deadJobs: dead,
  };
}

function studyLines(
  study: StoredStudy,
  progress: Progress,
  coverage: Coverage,
  dead: readonly JobRow[],
  { label, waits }: { readonly label: string; readonly waits: string | null },
): string[] {
  const { order, createdAt, finishedAt, desired, priority, duplicates, conflicts } = study;
  const { points, stored, jobs } = progress;
  const share = percentText(stored / points);
  const time = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
  const complete = finishedAt === null ? "" : `complete since ${time(finishedAt)} UTC`;
  const pairs: [string, string][] = [
    ["study", `${order.spec.name}  ${order.key}`],
    ["database", label],
    ["created", `${time(createdAt)} UTC`],
    ["state", complete === "" ? desired : complete],
    ["points", `${countText(stored)} of ${countText(points)} stored (${share})`],
    ["numeric", `${countText(coverage.failed)} of them with another status than ok`],
    ["jobs", jobsText(jobs)],
  ];
  if (waits !== null) pairs.push(["waits", waits]);
  if (priority !== 0) pairs.push(["priority", String(priority)]);
  if (duplicates > 0) pairs.push(["repeats", `${countText(duplicates)} rows came twice, with equal bits`]);
  if (conflicts > 0) {
    pairs.push(["ALARM", `${countText(conflicts)} rows came twice with other bits: the first were kept`]);
  }
  return [...labelLines(pairs), ...deadLines(jobs.dead, dead)];
}
