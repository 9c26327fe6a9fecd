// Whole studies on one machine: a million exact points, and the machinery alone (`noop`).
//
// Real MNIST comes from NEARCLONE_DATA (a folder with mnist/ in it). Each run is a process of its
// own; both stores are measured, Postgres only where it is installed.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startPostgres, skipWithoutPostgres } from "../test/support/postgres.ts";
import type { RunFigures, RunRequest } from "./run-study.ts";

const CHILD = fileURLToPath(new URL("./run-study.js", import.meta.url));
const STUDIES = fileURLToPath(new URL("../../studies/", import.meta.url));

/** scikit-learn's KernelRidge at n=2000, d=784, 500 test rows: bench/peers/sklearn_krr.py. */
const SKLEARN_SECONDS_PER_POINT = 0.156;

export interface SweepOptions {
  readonly dataCache: string;
  /** Points of the longest noop study. */
  readonly longPoints: number;
}

/** Runs one study in a process of its own. */
export async function runOnce(request: Partial<RunRequest> & { file: string; database: string },
  dataCache: string): Promise<RunFigures> {
  const full = { provider: "auto", threads: 2, stopAfter: 0, dataCache, ...request };
  const child = await promisify(execFile)(process.execPath, [CHILD, JSON.stringify(full)], {
    maxBuffer: 2 ** 20,
  });
  return JSON.parse(child.stdout);
}

/** Seconds, points/s and megabytes of each study on each store. About 10 minutes. JSON-able. */
export async function benchSweep(options: SweepOptions): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), "nearclone-bench-"));
  const postgres = skipWithoutPostgres === false ? await startPostgres() : null;
  try {
    const results: Record<string, unknown> = { postgres: postgres === null ? skipWithoutPostgres : "measured" };
    const stores = [["pglite", join(folder, "db")], ...(postgres === null ? [] : [["postgres", postgres.url]])];
    for (const [name = "", database = ""] of stores) {
      results[name] = await benchStoreKind({ database, folder, isEmbedded: name === "pglite", ...options });
    }
    results["portable"] = await benchPortable(folder, options.dataCache);
    return results;
  } finally {
    postgres?.remove();
    await rm(folder, { recursive: true });
  }
}

interface Place extends SweepOptions {
  readonly database: string;
  readonly folder: string;
  readonly isEmbedded: boolean;
}

async function benchStoreKind(place: Place): Promise<object> {
  const { database, folder, dataCache, longPoints, isEmbedded } = place;
  // An embedded database gets a folder for each study, so that one does not slow the next.
  const fresh = (name: string): string => (isEmbedded ? `${database}-${name}` : database);
  const million = await runOnce({ file: join(STUDIES, "million.yaml"), database: fresh("million") }, dataCache);
  const noop = await noopStudy(folder, "noop-million", 1_000_000);
  const machinery = await runOnce({ file: noop, database: fresh("noop") }, dataCache);
  const half = await noopStudy(folder, "noop-half", 1_000_000);
  await runOnce({ file: half, database: fresh("half"), stopAfter: 500_000 }, dataCache);
  const resumed = await runOnce({ file: half, database: fresh("half"), stopAfter: 1 }, dataCache);
  const long = await noopStudy(folder, "noop-long", longPoints);
  const flat = await runOnce({ file: long, database: fresh("long") }, dataCache);
  return {
    million: { ...figures(million), timesSklearn: SKLEARN_SECONDS_PER_POINT / (million.seconds / million.points) },
    noop: figures(machinery),
    resume: { openSeconds: resumed.openSeconds, firstCommitSeconds: resumed.firstCommitSeconds },
    long: { ...figures(flat), megabytesAtEachTenth: flat.megabytes },
  };
}

const figures = ({ points, seconds, peakMegabytes, provider }: RunFigures): object =>
  ({ points, seconds, pointsPerSecond: Math.round(points / seconds), peakMegabytes, provider });

async function noopStudy(folder: string, name: string, points: number): Promise<string> {
  const file = join(folder, `${name}.yaml`);
  const x = Math.round(Math.sqrt(points));
  const y = Math.round(points / x);
  const range = (steps: number): string => `{ linear: [0, ${steps - 1}], steps: ${steps} }`;
  await writeFile(file, `name: ${name}\nexperiment: noop\naxes:\n  x: ${range(x)}\n  y: ${range(y)}\n`);
  return file;
}

/** The same krr study at n=1000 by both providers. */
async function benchPortable(folder: string, dataCache: string): Promise<object> {
  const file = join(folder, "n1000.yaml");
  await writeFile(file, `name: n1000
experiment: krr
data: { source: mnist, split: test, train: 1000, test: 1000 }
attack: { kind: clones, trigger: { kind: patch } }
kernel: rbf
axes:
  length_scale: { log: [2, 20], steps: 16 }
  ridge: { log: [1e-6, 1], steps: 100 }
  poison_count: { linear: [0, 99], steps: 100 }
`);
  const seconds: Record<string, number> = {};
  for (const provider of ["openblas", "portable"]) {
    const { seconds: whole, openSeconds } = await runOnce({ file, provider, database: "memory:" }, dataCache);
    seconds[provider] = whole - openSeconds;
  }
  return { seconds, timesSlower: (seconds["portable"] ?? 0) / (seconds["openblas"] ?? 1) };
}
