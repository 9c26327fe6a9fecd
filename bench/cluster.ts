// A cluster on one machine, all of it real processes: what the way over NATS into Postgres carries.
//
// `npm run bench -- cluster`; NEARCLONE_BENCH_PARTS=jobs,memory picks parts. Data: NEARCLONE_DATA.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { StudyKey } from "../schema/job.ts";
import { type Cluster, openCluster, residentMegabytes } from "./cluster/cluster.ts";
import { runSimulatedWorkers } from "./cluster/simulated.ts";
import { runOnce } from "./sweep.ts";

const MILLION = fileURLToPath(new URL("../../studies/million.yaml", import.meta.url));

interface Place {
  readonly cluster: Cluster;
  readonly folder: string;
}

const PARTS: Readonly<Record<string, (place: Place) => Promise<object>>> = {
  jobs: async (place) => shortJobs(place),
  points: async (place) => chunkedPoints(place),
  restart: async (place) => restart(place),
  recovery: async (place) => recovery(place),
  workers: async ({ cluster }) => runSimulatedWorkers(cluster),
  memory: async (place) => memory(place),
  million: async (place) => million(place),
};

/** Every part on a cluster of its own. About 15 minutes. */
export async function benchCluster(): Promise<object> {
  const wanted = process.env["NEARCLONE_BENCH_PARTS"]?.split(",") ?? Object.keys(PARTS);
  const results: Record<string, object> = {};
  for (const name of wanted) {
    const part = PARTS[name];
    if (part === undefined) throw new Error(`no part "${name}": expected ${Object.keys(PARTS).join(", ")}`);
    console.error(`  ${name}`);
    const folder = await mkdtemp(join(tmpdir(), "nearclone-cluster-"));
    const cluster = await openCluster(folder);
    try {
      results[name] = await part({ cluster, folder });
      console.error(`  ${JSON.stringify(results[name])}`);
    } finally {
      await cluster.close();
      await rm(folder, { recursive: true, force: true });
    }
  }
  return results;
}

/** A noop study; `jobPoints` of its points in a job. */
async function noop({ cluster, folder }: Place, name: string, points: number, jobPoints: number): Promise<StudyKey> {
  const path = join(folder, `${name}.yaml`);
  const steps = Math.min(points, 1_000);
  await writeFile(path, [
    `name: ${name}`, "experiment: noop", `job_points: ${jobPoints}`,
    "axes:", `  x: { linear: [0, 1], steps: ${points / steps} }`, `  y: { linear: [0, 1], steps: ${steps} }`, "",
  ].join("\n"));
  return cluster.submit(path);
}

/** Starts a coordinator and two workers and waits until they have done something. */
async function warm(place: Place, slots: number) {
  const { cluster } = place;
  const coordinator = cluster.coordinator();
  const workers = ["one", "two"].map((name) => cluster.worker(name, slots));
  const key = await noop(place, "warm-up", 2_000, 10);
  await cluster.untilStored(key, 2_000);
  return { coordinator, workers };
}

async function shortJobs(place: Place): Promise<object> {
  await warm(place, 16);
  const jobs = 40_000;
  const key = await noop(place, "short", jobs, 1);
  const seconds = await place.cluster.untilStored(key, jobs);
  return { jobs, seconds, jobsPerSecond: jobs / seconds, bar: 2_000 };
}

async function chunkedPoints(place: Place): Promise<object> {
  await warm(place, 2);
  const points = 5_000_000;
  const key = await noop(place, "chunked", points, 10_000);
  const seconds = await place.cluster.untilStored(key, points);
  return { points, seconds, pointsPerSecond: points / seconds, bar: 80_000 };
}

/** A half-done study of a million points: from the coordinator's start to the first job published. */
async function restart(place: Place): Promise<object> {
  const { cluster } = place;
  const first = cluster.coordinator();
  const worker = cluster.worker("one", 2);
  const key = await noop(place, "restart", 1_000_000, 100);
  await cluster.untilStored(key, 500_000);
  await first.kill();
  await sleep(1_000);
  const { stored } = await cluster.store.progress(key);
  const began = performance.now();
  cluster.coordinator();
  while ((await cluster.store.progress(key)).stored === stored) await sleep(20);
  const seconds = (performance.now() - began) / 1_000;
  await worker.stop();
  return { storedBefore: stored, secondsToFirstNewResult: seconds, bar: 5 };
}

/** SIGKILL of the only worker, which holds four jobs, another idle. */
async function recovery({ cluster, folder }: Place): Promise<object> {
  cluster.coordinator();
  const path = join(folder, "slow.yaml");
  await writeFile(path, [
    "name: slow", "experiment: krr", "kernel: rbf",
    "data: { source: glyphs, train: 2000, test: 500 }",
    "attack: { kind: clones, trigger: { kind: cross, amplitude: 0.8 } }",
    "axes:", "  length_scale: { log: [2, 30], steps: 60 }", "  ridge: { log: [1e-6, 1], steps: 40 }", "  poison_count: [0, 1, 2]", "",
  ].join("\n"));
  const victim = cluster.worker("victim", 4);
  const key = await cluster.submit(path);
  while (!(await cluster.store.workers()).some(({ presence }) => presence.running.length === 4)) await sleep(20);
  await victim.kill();
  const began = performance.now();
  cluster.worker("other", 4);
  // A job that was lost with its worker, and then done by the other.
  const redelivered = "select 1 from attempt lost join attempt again using (study, job) " +
    "where lost.failure_code = 'worker_lost' and again.outcome = 'done' limit 1";
  while ((await cluster.store.sql(redelivered)).rows.length === 0) await sleep(50);
  const seconds = (performance.now() - began) / 1_000;
  const lost = (await cluster.store.attempts(key)).filter(({ outcome }) =>
    outcome.kind === "failed" && outcome.failure.code === "worker_lost");
  return { secondsToFirstRedeliveredResult: seconds, lostAttempts: lost.length, bar: 45 };
}

/** The coordinator's memory over 10⁷ points in 10⁵ jobs. */
async function memory(place: Place): Promise<object> {
  const { coordinator } = await warm(place, 4);
  const points = 10_000_000;
  const key = await noop(place, "long", points, 100);
  const began = performance.now();
  const megabytes: number[] = [];
  for (let tenth = 1; tenth <= 10; tenth++) {
    await place.cluster.untilStored(key, (points * tenth) / 10);
    megabytes.push(await residentMegabytes(coordinator));
  }
  const seconds = (performance.now() - began) / 1_000;
  return { points, jobs: points / 100, seconds, pointsPerSecond: points / seconds, megabytes, bar: 300 };
}

/** million.yaml through NATS and two worker processes, against the single-machine run on Postgres. */
async function million({ cluster }: Place): Promise<object> {
  const dataCache = process.env["NEARCLONE_DATA"] ?? "";
  const coordinator = cluster.coordinator();
  const workers = ["one", "two"].map((name) => cluster.worker(name, 1));
  while ((await cluster.store.workers()).length < 2) await sleep(50);
  const began = performance.now();
  const key = await cluster.submit(MILLION, dataCache);
  const points = (await cluster.store.progress(key)).points;
  await cluster.untilStored(key, points);
  const seconds = (performance.now() - began) / 1_000;
  for (const one of [...workers, coordinator]) await one.stop();
  const sum = await cluster.store.checksum(key);
  const size = await cluster.store.sql("select pg_table_size('krr_result'), pg_indexes_size('krr_result')");
  const [table = 0, index = 0] = (size.rows[0] ?? []).map((bytes) => Number(bytes) / points);
  const alone = await openCluster(join(tmpdir(), "nearclone-alone"));
  try {
    const single = await runOnce({ file: MILLION, database: alone.database }, dataCache);
    return {
      points, seconds, singleMachineSeconds: single.seconds, ratio: seconds / single.seconds, bar: 1.15,
      tableBytesPerRow: table, indexBytesPerRow: index,
      isSameChecksum: sum === await alone.store.checksum(key),
    };
  } finally {
    await alone.close();
  }
}
