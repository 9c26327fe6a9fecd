// `nearclone verify`: computes stored points again and compares their bits.
import { Command, Option } from "commander";
import { metricsOf } from "../../schema/experiments/registry.ts";
import { trainsNetworks } from "../../schema/study.ts";
import { UserError } from "../../schema/failure.ts";
import { pointsOfBox } from "../../schema/grid.ts";
import type { StudyOrder } from "../../schema/job.ts";
import { boxOfJob } from "../../schema/plan.ts";
import { BackendChoice, cudaVariables, ProviderChoice } from "../../schema/provider.ts";
import { type ColumnDifference, differences, type PointRow } from "../compare.ts";
import { type Context, EXIT, type ExitCode, note, print } from "../context.ts";
import { plural, shortNumber } from "../face/number.ts";
import { tableLines } from "../face/table.ts";
import { jsonText } from "../face/value.ts";
import { findStudy } from "../find-study.ts";
import { recompute, type Recomputed } from "../local.ts";
import { openExisting } from "../open-existing.ts";
import { cacheBytesPerThread } from "../resources.ts";
import type { Batch, Store } from "../store/port.ts";
import { backendOption, databaseOption, integerFrom, jsonOption, threadsOption, withExamples } from "./option.ts";

interface VerifyOptions {
  readonly database?: string;
  readonly sample: number;
  readonly seed: number;
  readonly threads: number;
  readonly provider?: ProviderChoice;
  readonly backend?: BackendChoice;
  readonly json?: boolean;
}

const SAMPLE_MAX = 1_000_000;

export function verifyCommand(context: Context, exit: (code: ExitCode) => void): Command {
  const command = new Command("verify")
    .description("compute random stored points again and compare every bit")
    .argument("<study>", "name, key, or study file")
    .addOption(databaseOption())
    .addOption(
      new Option("-n, --sample <points>", "how many")
        .default(20)
        .argParser(integerFrom(1, SAMPLE_MAX)),
    )
    .addOption(
      new Option("--seed <n>", "which ones").default(0).argParser(integerFrom(0, 2 ** 31 - 1)),
    )
    .addOption(threadsOption(context))
    .addOption(
      new Option("-p, --provider <name>", "linear algebra (default: the one that stored the rows)")
        .choices(ProviderChoice.options),
    )
    .addOption(backendOption("what trains networks again (default: what stored the rows)"))
    .addOption(jsonOption())
    .action(async (study: string, options: VerifyOptions) =>
      exit(await verify(context, study, options)));
  return withExamples(
    command,
    "nearclone verify quickstart --sample 20",
    "nearclone verify quickstart --provider portable",
  );
}

async function verify(context: Context, wanted: string, options: VerifyOptions): Promise<ExitCode> {
  const store = await openExisting(context, options.database);
  try {
    const { order } = await findStudy(store, wanted, context.cwd);
    const batch = await store.sample(order.key, options.sample, options.seed);
    if (batch.rows === 0) {
      throw new UserError(`study "${order.spec.name}" has no rows yet: nearclone run STUDY.yaml`);
    }
    return await verifyRows(context, store, order, batch, options);
  } finally {
    await store.close();
  }
}

async function verifyRows(
  context: Context,
  store: Store,
  order: StudyOrder,
  batch: Batch,
  options: VerifyOptions,
): Promise<ExitCode> {
  const rows = storedRows(order, batch);
  const byProvider = await jobsByProvider(store, order, rows);
  const pairs: { stored: PointRow; now: PointRow }[] = [];
  const providers = new Set<string>();
  for (const [storedBy, jobs] of byProvider) {
    const computer = computerOf(order, storedBy, options);
    const provider = "backend" in computer ? computer.backend : computer.provider;
    const numbers = [...jobs.keys()];
    note(context, `${order.spec.name}: ${plural(sizeOf(jobs), "point")} in ${plural(numbers.length, "job")}, stored by ${storedBy}: computing again with ${provider}`);
    const again = recompute({
      order,
      numbers,
      provider: options.provider ?? "auto",
      ...computer,
      threads: Math.min(options.threads, numbers.length),
      blasPath: context.env["NEARCLONE_BLAS"] ?? null,
      cuda: cudaVariables(context.env),
      cacheBytes: cacheBytesPerThread(context.memoryBytes, options.threads),
    });
    for await (const job of again) {
      providers.add(job.provider);
      for (const pair of pairsOf(order, job, jobs.get(job.number) ?? [])) pairs.push(pair);
    }
  }
  const found = differences(pairs);
  const stored = [...byProvider.keys()];
  report(context, { order, points: pairs.length, stored, now: [...providers], found }, options);
  return found.length === 0 ? EXIT.ok : EXIT.failed;
}

/** Who computes again what `storedBy` stored: linear algebra, or a tensor backend and its device. */
function computerOf(
  { spec }: StudyOrder,
  storedBy: string,
  { provider, backend }: VerifyOptions,
): { provider: ProviderChoice } | { backend: BackendChoice } {
  if (!trainsNetworks(spec)) return { provider: provider ?? ProviderChoice.parse(storedBy.split(" ", 1)[0]) };
  return { backend: backend ?? BackendChoice.parse(storedBy.split(" ", 1)[0]) };
}

interface StoredRow extends PointRow {
  readonly job: number;
}

function storedRows(order: StudyOrder, { rows, columns, status }: Batch): StoredRow[] {
  const metrics = metricsOf(order.spec).map(({ name }) => name);
  return Array.from({ length: rows }, (_, row) => ({
    point: columns["point"]?.[row] ?? -1,
    job: columns["job"]?.[row] ?? -1,
    status: status?.[row] ?? -1,
    metrics: Object.fromEntries(metrics.map((name) => [name, columns[name]?.[row] ?? Number.NaN])),
  }));
}

type Jobs = Map<number, StoredRow[]>;

/** The rows by job, and the jobs by the provider whose attempt stored them. */
async function jobsByProvider(
  store: Store,
  order: StudyOrder,
  rows: readonly StoredRow[],
): Promise<Map<string, Jobs>> {
  const byProvider = new Map<string, Jobs>();
  const providerOf = new Map<number, string>();
  for (const row of rows) {
    const known = providerOf.get(row.job) ?? (await storingProvider(store, order, row.job));
    providerOf.set(row.job, known);
    const jobs: Jobs = byProvider.get(known) ?? new Map();
    byProvider.set(known, jobs);
    const ofJob = jobs.get(row.job) ?? [];
    jobs.set(row.job, ofJob);
    ofJob.push(row);
  }
  return byProvider;
}

/** Of the attempt that is known to have finished the job; the rest of a broken one is the same. */
async function storingProvider(store: Store, order: StudyOrder, job: number): Promise<string> {
  const attempts = await store.attempts(order.key, { job });
  return attempts.find(({ outcome }) => outcome.kind === "done")?.provider ?? "auto";
}

function pairsOf(order: StudyOrder, job: Recomputed, rows: readonly StoredRow[]) {
  const box = boxOfJob(order.plan, job.number);
  const place = new Map(Array.from(pointsOfBox(box, order.plan.sizes), (point, at) => [point, at]));
  return rows.map((stored) => {
    const at = place.get(stored.point) ?? -1;
    const { status, metrics } = job.block;
    const now: Record<string, number> = {};
    for (const [name, column] of Object.entries(metrics)) now[name] = column[at] ?? Number.NaN;
    return { stored, now: { point: stored.point, status: status[at] ?? -1, metrics: now } };
  });
}

interface Verdict {
  readonly order: StudyOrder;
  readonly points: number;
  readonly stored: readonly string[];
  readonly now: readonly string[];
  readonly found: readonly ColumnDifference[];
}

function report(context: Context, verdict: Verdict, options: VerifyOptions): void {
  const { order, points, stored, now, found } = verdict;
  const metrics = metricsOf(order.spec).length;
  if (options.json === true) {
    const { name } = order.spec;
    print(context, jsonText({ study: name, points, equal: found.length === 0, stored, now, differences: found }));
    return;
  }
  if (found.length === 0) {
    print(context, `${plural(points, "point")} equal in every bit of ${plural(metrics, "metric")} and the status`);
    return;
  }
  const columns = ["column", "points that differ", "largest", "first at point", "stored", "now"];
  const rows = found.map(({ column, points: count, largest, first }) =>
    [column, count, shortNumber(largest), first.point, first.stored, first.now]);
  print(context, ...tableLines({ columns, rows }));
  const isOther = stored.some((name) => !now.includes(name));
  note(
    context,
    isOther
      ? `the rows came from ${stored.join(", ")}, these from ${now.join(", ")}: providers differ in their last bits`
      : "the rows differ from what this machine computes: expected equal bits from the same provider, library and kind of processor",
  );
}

function sizeOf(jobs: Jobs): number {
  return [...jobs.values()].reduce((sum, rows) => sum + rows.length, 0);
}
