// How fast rows get into the database, by the store alone: no queue, no workers.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../coordinator/store/open.ts";
import type { Store } from "../coordinator/store/port.ts";
import { metricsOf } from "../schema/experiments/registry.ts";
import { identityOf } from "../schema/identity.ts";
import type { Job, Report, StudyOrder } from "../schema/job.ts";
import { planOf } from "../schema/plan.ts";
import { parseStudy } from "../schema/study.ts";
import { orderOf } from "../test/support/orders.ts";
import { skipWithoutPostgres, startPostgres } from "../test/support/postgres.ts";

export interface StoreBenchOptions {
  /** Points of the large studies. */
  readonly points?: number;
  /** Jobs of the study whose jobs have one point each. */
  readonly tinyJobs?: number;
}

export interface StoreFigures {
  readonly noopRowsPerSecond: number;
  readonly krrRowsPerSecond: number;
  /** One-row reports with an attempt each, in commits of 2,000. */
  readonly tinyReportsPerSecond: number;
  /** The same, taking the jobs included. */
  readonly tinyJobsPerSecond: number;
  readonly checksumRowsPerSecond: number;
  readonly progressMs: number;
  readonly residentMb: number;
}

/** Figures of both databases; postgres is null where it is not installed. */
export async function benchStore(
  options: StoreBenchOptions = {},
): Promise<{ pglite: StoreFigures; postgres: StoreFigures | null }> {
  const folder = mkdtempSync(join(tmpdir(), "nearclone-bench-"));
  const pglite = await benchOf(join(folder, "db"), options);
  rmSync(folder, { recursive: true });
  if (skipWithoutPostgres !== false) return { pglite, postgres: null };
  const server = await startPostgres();
  try {
    return { pglite, postgres: await benchOf(server.url, options) };
  } finally {
    server.remove();
  }
}

const ROWS_PER_REPORT = 10_000;
const REPORTS_PER_COMMIT = 8;
const TINY_REPORTS_PER_COMMIT = 2_000;

async function benchOf(url: string, { points = 1_000_000, tinyJobs = 50_000 }: StoreBenchOptions) {
  const store = await openStore(url);
  try {
    const noop = await fill(
      store,
      noopStudy("bench-noop", points, ROWS_PER_REPORT),
      REPORTS_PER_COMMIT,
    );
    const krr = await fill(store, krrStudy("bench-krr", points), REPORTS_PER_COMMIT);
    const [checksumMs] = await timed(() => store.checksum(krr.key));
    const tiny = await fill(store, noopStudy("bench-tiny", tinyJobs, 1), TINY_REPORTS_PER_COMMIT);
    const [progressMs] = await timed(() => store.progress(tiny.key));
    const perSecond = (count: number, ms: number): number => Math.round((count / ms) * 1000);
    return {
      noopRowsPerSecond: perSecond(points, noop.commitMs),
      krrRowsPerSecond: perSecond(points, krr.commitMs),
      tinyReportsPerSecond: perSecond(tinyJobs, tiny.commitMs),
      tinyJobsPerSecond: perSecond(tinyJobs, tiny.commitMs + tiny.takeMs),
      checksumRowsPerSecond: perSecond(points, checksumMs),
      progressMs: Math.round(progressMs * 10) / 10,
      residentMb: Math.round(process.memoryUsage.rss() / 1e6),
    };
  } finally {
    await store.close();
  }
}

function study(content: object, sizes: readonly number[], chunk: readonly number[]): StudyOrder {
  const parsed = parseStudy(content);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const hasData = parsed.spec.experiment === "krr";
  const data = {
    fingerprint: "0".repeat(64),
    dimension: 784,
    classes: 10,
    image: null,
    trainRows: null,
    testRows: null,
    shared: false,
    files: [],
  };
  return orderOf(parsed.spec, planOf(sizes, chunk, null), hasData ? data : null);
}

function noopStudy(name: string, points: number, perJob: number): StudyOrder {
  return study(
    { name, experiment: "noop", axes: { x: { linear: [0, 1], steps: points } } },
    [points],
    [perJob],
  );
}

function krrStudy(name: string, points: number): StudyOrder {
  const scales = Math.ceil(points / ROWS_PER_REPORT);
  return study(
    {
      name,
      experiment: "krr",
      kernel: "rbf",
      data: { source: "mnist", train: 2000, test: 1000 },
      attack: { kind: "clones", trigger: { kind: "cross" } },
      axes: {
        length_scale: { log: [1, 100], steps: scales },
        ridge: { log: [1e-8, 1], steps: 100 },
        poison_count: { linear: [0, 99], steps: 100 },
      },
    },
    [scales, 100, 100],
    [1, 100, 100],
  );
}

/** Takes and stores every job of a new study; making up the metrics is not timed. */
async function fill(store: Store, order: StudyOrder, reportsPerCommit: number) {
  await store.ensureStudy(order, identityOf(order.spec, order.data));
  let [takeMs, commitMs] = [0, 0];
  for (;;) {
    const [tookMs, jobs] = await timed(() => store.takePlanned(order.key, reportsPerCommit));
    takeMs += tookMs;
    if (jobs.length === 0) return { key: order.key, takeMs, commitMs };
    const reports = jobs.map((job) => reportOf(order, job));
    const [ms] = await timed(() => store.commit(reports));
    commitMs += ms;
  }
}

const metric = Float64Array.from({ length: ROWS_PER_REPORT }, (_, i) => Math.sin(i));

function reportOf(order: StudyOrder, job: Job): Report {
  const rows = order.plan.points / order.plan.jobs;
  const names = metricsOf(order.spec).map(({ name }) => name);
  const metrics = Object.fromEntries(names.map((name) => [name, metric.subarray(0, rows)]));
  return {
    job,
    offset: 0,
    block: { status: new Uint8Array(rows), metrics },
    attempt: {
      job,
      worker: "bench",
      publishedAt: 1_699_999_999_999.125,
      delivery: 1,
      startedAt: 1.7e12,
      finishedAt: 1.7e12 + 5,
      provider: null,
      outcome: { kind: "done", points: rows },
      timings: { prepareMs: 0, measureMs: 1 },
    },
  };
}

async function timed<Result>(work: () => Promise<Result>): Promise<[number, Result]> {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
}
