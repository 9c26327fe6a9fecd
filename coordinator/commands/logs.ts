// `nearclone logs`: what became of a job, attempt by attempt; or a study's last attempts.
import { Command, Option } from "commander";
import { UserError } from "../../schema/failure.ts";
import type { Attempt } from "../../schema/job.ts";
import { type Context, print, printAll } from "../context.ts";
import { formatRows, labelLines } from "../face/table.ts";
import { jsonText } from "../face/value.ts";
import { findStudy } from "../find-study.ts";
import { openExisting } from "../open-existing.ts";
import type { JobRow, StoredStudy } from "../store/port.ts";
import { databaseOption, integerFrom, jsonOption, withExamples } from "./option.ts";

interface LogsOptions {
  readonly database?: string;
  readonly json?: boolean;
  readonly limit: number;
}

const JOB_MAX = 2_000_000_000;

export function logsCommand(context: Context): Command {
  const command = new Command("logs")
    .description("what became of a job, attempt by attempt; without a number, the study's last attempts")
    .argument("<study>", "name, key, or study file")
    .argument("[job]", "number of the job", integerFrom(0, JOB_MAX))
    .addOption(databaseOption())
    .addOption(new Option("--limit <n>", "attempts, newest first").default(50).argParser(integerFrom(1, 100_000)))
    .addOption(jsonOption())
    .action((study: string, job: number | undefined, options: LogsOptions) => logs(context, study, job, options));
  return withExamples(command, "nearclone logs mnist-rbf 17", "nearclone logs mnist-rbf --limit 200 --json");
}

async function logs(context: Context, wanted: string, number: number | undefined, options: LogsOptions): Promise<void> {
  const store = await openExisting(context, options.database);
  try {
    const study = await findStudy(store, wanted, context.cwd);
    const { key, plan } = study.order;
    if (number !== undefined && number >= plan.jobs) {
      throw new UserError(`job ${number}: the study has jobs 0 to ${plan.jobs - 1}`);
    }
    const attempts = await store.attempts(key, { limit: options.limit, ...(number === undefined ? {} : { job: number }) });
    const [job] = number === undefined ? [] : await store.jobs(key, { from: number, limit: 1 });
    if (options.json === true) return print(context, jsonText({ study: study.order.spec.name, job: job ?? null, attempts }));
    if (job !== undefined) print(context, ...jobLines(study, job));
    printAll(context, attemptLines(attempts));
  } finally {
    await store.close();
  }
}

function jobLines({ order }: StoredStudy, { number, state, points, stored, attempts, lastError }: JobRow): string[] {
  const pairs: [string, string][] = [
    ["study", order.spec.name],
    ["job", `${number}, ${state}, ${stored} of ${points} points stored, ${attempts} attempts burnt`],
  ];
  if (lastError !== null) pairs.push(["reason", `${lastError.code}: ${lastError.message.split("\n")[0] ?? ""}`]);
  return labelLines(pairs);
}

const REASON_CHARACTERS = 100;

function attemptLines(attempts: readonly Attempt[]): string[] {
  if (attempts.length === 0) return ["no attempt has ended yet"];
  const columns = ["started", "job", "worker", "delivery", "outcome", "seconds", "provider", "reason"];
  const rows = attempts.map(({ job, worker, delivery, startedAt, finishedAt, outcome, provider }) => [
    new Date(startedAt).toISOString().slice(0, 19).replace("T", " "), job.number, worker, delivery, outcome.kind,
    Number(((finishedAt - startedAt) / 1_000).toFixed(3)), provider ?? "",
    outcome.kind === "failed"
      ? `${outcome.failure.code}: ${outcome.failure.message.split("\n")[0] ?? ""}`.slice(0, REASON_CHARACTERS)
      : "",
  ]);
  return formatRows({ columns, rows }, "table");
}
