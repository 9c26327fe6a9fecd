// `node dist/bench/gpu.js [--quick] [--out FILE]`: is this machine's GPU right, and how fast is it.
//
// Self-contained: needs Node, dist/ and koffi, no network and no files. First every verb and some
// rows are checked against `portable`; then the bars are measured. A step that fails is reported
// and the others go on. Exits 1 if a check failed or a step could not run. --quick takes small
// sizes: it tells whether everything runs, and its times mean nothing.
import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { cudaVariables } from "../schema/provider.ts";
import { openProvider } from "../worker/linalg/choose.ts";
import { openCuda } from "../worker/linalg/cuda.ts";
import { createPortable } from "../worker/linalg/portable.ts";
import { type Check, checkRows, checkVerbs } from "./gpu/checks.ts";
import { breakEven, choleskyRatio, jobSeconds } from "./gpu/speeds.ts";
import { HOST_CORES, jobBox, LARGE, type StudySize, studyOf } from "./gpu/study.ts";

const { values: { quick, out } } = parseArgs({
  options: { quick: { type: "boolean", default: false }, out: { type: "string" } },
});

interface Sizes {
  readonly verbs: readonly number[];
  readonly rows: number;
  readonly cholesky: number;
  readonly job: StudySize;
  readonly breakEven: readonly number[];
  readonly memory: StudySize;
}

const FULL: Sizes = {
  verbs: [1, 2, 33, 256, 1000],
  rows: 400,
  cholesky: 20_000,
  job: LARGE,
  breakEven: [500, 1_000, 2_000, 5_000, 10_000],
  memory: { train: 500, test: 100, dimension: 50, lengthScales: 10, ridges: 4, counts: 4 },
};
const QUICK: Sizes = {
  verbs: [1, 2, 33],
  rows: 40,
  cholesky: 200,
  job: { train: 120, test: 40, dimension: 20, lengthScales: 4, ridges: 70, counts: 5 },
  breakEven: [50],
  memory: { train: 12, test: 4, dimension: 3, lengthScales: 2, ridges: 1, counts: 2 },
};
const sizes = quick ? QUICK : FULL;

const variables = cudaVariables(process.env);
const { provider, misses } = openCuda(variables);
if (provider === null) {
  console.error(`no GPU to measure: ${misses.join("; ")}`);
  process.exit(2);
}
const device = provider.device!;
const portable = createPortable();
const results: Record<string, unknown> = {
  quick,
  device: provider.detail,
  machine: { cpu: cpus()[0]?.model, cores: HOST_CORES, gigabytes: Math.round(totalmem() / 2 ** 30) },
  node: process.version,
  date: new Date().toISOString().slice(0, 10),
};
let failures = 0;

async function step(name: string, run: () => unknown): Promise<void> {
  console.error(`${name} …`);
  const begin = performance.now();
  try {
    results[name] = await run();
  } catch (error) {
    failures++;
    results[name] = { failed: error instanceof Error ? error.message : String(error) };
  }
  console.error(`${name}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  // What is known so far stays, should the next step take the process down.
  if (out !== undefined) writeFileSync(out, `${JSON.stringify(results, null, 2)}\n`);
}

function summary(checks: readonly Check[]): object {
  const failed = checks.filter(({ passed }) => !passed);
  failures += failed.length;
  return { passed: checks.length - failed.length, failed, largest: Math.max(...checks.map(({ error }) => error)) };
}

/** Runs while a thread asks NVML five times a second. */
async function watched<T>(run: () => T): Promise<{ result: T; load: unknown }> {
  const sampler = new Worker(new URL("./gpu/sampler.js", import.meta.url), { workerData: variables });
  await new Promise((resolve) => sampler.once("online", resolve));
  const result = run();
  const load = new Promise((resolve, reject) => {
    sampler.once("message", resolve);
    sampler.once("error", reject);
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  sampler.postMessage("stop");
  return { result, load: await load };
}

await step("checks", () => summary(checkVerbs(provider, portable, sizes.verbs)));
await step("rows", () => summary(checkRows(provider, portable, sizes.rows)));
await step("cholesky", () => choleskyRatio(provider, sizes.cholesky));
await step("breakEven", () => breakEven(device, sizes.breakEven));
await step("memory", () => {
  const { order, pool } = studyOf(sizes.memory, "eigen");
  const run = (job: number): void =>
    void jobSeconds({ order, pool, box: jobBox(order, job % sizes.memory.lengthScales) }, provider);
  run(0);
  const before = device.memory().free;
  for (let job = 0; job < 1_000; job++) run(job);
  return { jobs: 1_000, bytesLost: before - device.memory().free, bar: "0" };
});
const { order, pool } = studyOf(sizes.job, "tridiagonal");
await step("million", async () => {
  jobSeconds({ order, pool, box: jobBox(order, 0) }, provider); // draws the rows, warms the device
  const jobs = sizes.job.lengthScales;
  const { result: times, load } = await watched(() =>
    Array.from({ length: jobs }, (_, job) => jobSeconds({ order, pool, box: jobBox(order, job) }, provider).seconds));
  const seconds = times.reduce((sum, one) => sum + one, 0);
  const points = jobs * sizes.job.ridges * sizes.job.counts;
  return { points, seconds, pointsPerSecond: points / seconds, bar: "≤ 900 s, busy ≥ 0.85", load };
});
await step("job", () => {
  const job = { order, pool, box: jobBox(order, Math.floor(sizes.job.lengthScales / 2)) };
  const onDevice = jobSeconds(job, provider);
  const host = openProvider("openblas", { blasPath: process.env["NEARCLONE_BLAS"], threads: HOST_CORES });
  jobSeconds({ ...job, box: jobBox(order, 0) }, host.provider); // its distances are drawn once, too
  const onHost = jobSeconds(job, host.provider);
  return { deviceSeconds: onDevice.seconds, hostSeconds: onHost.seconds, cores: HOST_CORES,
    ratio: onHost.seconds / onDevice.seconds, bar: "≥ 10 on 16 cores", host: host.provider.detail,
    accuracies: [onDevice.accuracy, onHost.accuracy] };
});
provider.session.close();
const text = `${JSON.stringify(results, null, 2)}\n`;
if (out === undefined) process.stdout.write(text);
process.exitCode = failures === 0 ? 0 : 1;
