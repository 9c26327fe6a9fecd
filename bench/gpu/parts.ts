// The parts of the GPU benchmark. Each runs in a process of its own and reports what it has as it
// comes, so that one that crashes or runs out of time leaves its figures so far.
import { Worker } from "node:worker_threads";
import type { CudaVariables } from "../../schema/provider.ts";
import { measureBreakEven } from "../../worker/experiments/krr/resident/break-even.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import type { CudaProvider } from "../../worker/linalg/cuda.ts";
import { createPortable } from "../../worker/linalg/portable.ts";
import { type Check, checkRows, checkVerbs } from "./checks.ts";
import { randomMatrix } from "./random.ts";
import { batchSpeeds, choleskyRatio, curvatureSeconds, jobSeconds, mixedSeconds, secondsOf } from "./speeds.ts";
import { HOST_CORES, jobBox, LARGE, type StudySize, studyOf } from "./study.ts";

export interface Tools {
  readonly provider: CudaProvider;
  readonly variables: CudaVariables;
  readonly blasPath: string | undefined;
  readonly sizes: Sizes;
  /** Adds to what is known of the part. */
  readonly report: (known: Readonly<Record<string, unknown>>) => void;
  /** Seconds that the part still has. */
  readonly left: () => number;
}

export interface Sizes {
  readonly verbs: readonly number[];
  readonly rows: number;
  readonly cholesky: number;
  readonly job: StudySize;
  readonly breakEven: readonly number[];
  readonly mixed: readonly number[];
  readonly batch: readonly (readonly [order: number, count: number])[];
  readonly memory: StudySize;
  /** Jobs with curvature; the first also on the host. */
  readonly curvature: { readonly probes: number; readonly jobs: readonly StudySize[] };
}

export const FULL: Sizes = {
  verbs: [1, 2, 33, 256, 1000],
  rows: 400,
  cholesky: 20_000,
  job: LARGE,
  breakEven: [500, 1_000, 2_000, 5_000, 10_000],
  mixed: [2_000, 10_000, 20_000],
  batch: [[16, 1000], [32, 1000], [100, 100], [400, 20]],
  memory: { train: 500, test: 100, dimension: 50, lengthScales: 10, ridges: 4, counts: 4 },
  curvature: { probes: 20, jobs: [2_000, 10_000].map((train) =>
    ({ train, test: 1_000, dimension: 784, lengthScales: 3, ridges: 8, counts: 32 })) },
};
export const QUICK: Sizes = {
  verbs: [1, 2, 33],
  rows: 40,
  cholesky: 200,
  job: { train: 120, test: 40, dimension: 20, lengthScales: 4, ridges: 70, counts: 5 },
  breakEven: [50, 60],
  mixed: [60],
  batch: [[5, 7]],
  memory: { train: 12, test: 4, dimension: 3, lengthScales: 2, ridges: 1, counts: 2 },
  curvature: { probes: 2, jobs: [{ train: 30, test: 20, dimension: 8, lengthScales: 3, ridges: 2, counts: 3 }] },
};

export interface Part {
  /** Of ten minutes; the whole is below that with room for starts. */
  readonly seconds: number;
  readonly run: (tools: Tools) => void | Promise<void>;
}

/** In the order in which they run: what decides whether the rest means anything comes first. */
export const PARTS: Readonly<Record<string, Part>> = {
  checks: {
    seconds: 60,
    run: ({ provider, sizes, report }) => {
      const portable = createPortable();
      // Order by order, so that small ones are known if large ones take too long.
      const all: Check[] = [];
      for (const n of sizes.verbs) {
        all.push(...checkVerbs(provider, portable, [n]));
        report(summaryOf(all));
      }
    },
  },
  rows: {
    seconds: 45,
    run: ({ provider, sizes, report }) => report(summaryOf(checkRows(provider, createPortable(), sizes.rows))),
  },
  cholesky: { seconds: 30, run: ({ provider, sizes, report }) => report(choleskyRatio(provider, sizes.cholesky)) },
  breakEven: {
    seconds: 45,
    run({ provider, sizes, report, left }) {
      const measured = measureBreakEven(provider.device, {
        orders: sizes.breakEven, budgetMs: 800 * left(), now: () => performance.now(),
      });
      report({ measured });
    },
  },
  million: { seconds: 120, run: million },
  memory: { seconds: 60, run: memory },
  mixed: {
    seconds: 30,
    run({ provider, sizes, report }) {
      const measured: object[] = [];
      for (const n of sizes.mixed) {
        measured.push(mixedSeconds(provider.device, n));
        report({ measured });
      }
    },
  },
  batch: {
    seconds: 20,
    run({ provider, sizes, report }) {
      const measured: object[] = [];
      for (const [order, count] of sizes.batch) {
        measured.push(batchSpeeds(provider, { order, count }));
        report({ measured });
      }
    },
  },
  curvature: { seconds: 40, run: curvature },
  // Last, since the processor takes the longest for it.
  job: { seconds: 110, run: job },
};

function summaryOf(checks: readonly Check[]): Readonly<Record<string, unknown>> {
  const failed = checks.filter(({ passed }) => !passed);
  return { passed: checks.length - failed.length, failed, largest: Math.max(...checks.map(({ error }) => error)) };
}

/** Jobs of `million.yaml`, as many as there is time for, while a thread asks NVML five times a second. */
async function million({ provider, variables, sizes, report, left }: Tools): Promise<void> {
  const { order, pool } = studyOf(sizes.job, "tridiagonal");
  const run = (at: number): number => jobSeconds({ order, pool, box: jobBox(order, at) }, provider).seconds;
  const longest = run(0); // draws the rows, warms the device
  report({ firstJobSeconds: longest });
  const sampler = new Worker(new URL(SAMPLER, import.meta.url), { workerData: variables });
  await new Promise((resolve) => sampler.once("online", resolve));
  const times: number[] = [];
  const { lengthScales, ridges, counts } = sizes.job;
  for (let at = 0; at < lengthScales && left() > 2 * longest + 2; at++) {
    times.push(run(at));
    const seconds = times.reduce((sum, one) => sum + one, 0);
    const points = times.length * ridges * counts;
    report({ jobs: times.length, points, seconds, pointsPerSecond: points / seconds,
      wholeSeconds: (seconds / times.length) * lengthScales, bar: "wholeSeconds ≤ 900, busy ≥ 0.85" });
  }
  const load = new Promise((resolve, reject) => {
    sampler.once("message", resolve);
    sampler.once("error", reject);
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  sampler.postMessage("stop");
  report({ load: await load });
}

/** From bench/gpu/parts.js, and from the one file of a bundle. */
const SAMPLER = import.meta.url.endsWith("/parts.js") ? "./sampler.js" : "./gpu/sampler.js";

/** Every fiftieth job is one with curvature. */
function memory({ provider, sizes, report, left }: Tools): void {
  const device = provider.device;
  const [plain, curved] = [sizes.memory, { ...sizes.memory, curvature: { probes: 2, references: 0 } }].map((size) => studyOf(size, "eigen"));
  const run = (at: number): void => {
    const { order, pool } = (at % 50 === 0 ? curved : plain)!;
    void jobSeconds({ order, pool, box: jobBox(order, at % sizes.memory.lengthScales) }, provider);
  };
  for (const at of [0, 1, 50]) run(at);
  const before = device.memory().free;
  for (let done = 1; done <= 1_000 && left() > 2; done++) {
    run(done);
    if (done % 100 === 0) report({ jobs: done, bytesLost: before - device.memory().free, bar: "0 after 1,000" });
  }
}

function curvature({ provider, blasPath, sizes, report, left }: Tools): void {
  const measured: object[] = [];
  const add = (known: object): void => {
    measured.push(known);
    report({ measured });
  };
  for (const [at, size] of sizes.curvature.jobs.entries()) {
    const { probes } = sizes.curvature;
    const { train: n, ridges, counts } = size;
    const onDevice = curvatureSeconds(size, probes, provider);
    add({ n, ridges, counts, on: "device", ...onDevice });
    if (at > 0 || left() < 10) continue;
    const { provider: host } = openProvider("openblas", { blasPath, threads: HOST_CORES });
    const onHost = curvatureSeconds(size, probes, host);
    add({ n, ridges, counts, on: `${HOST_CORES} cores`, ...onHost, ratio: onHost.curvedSeconds / onDevice.curvedSeconds });
  }
}

function job({ provider, blasPath, sizes, report }: Tools): void {
  const { order, pool } = studyOf(sizes.job, "tridiagonal");
  const box = jobBox(order, Math.floor(sizes.job.lengthScales / 2));
  jobSeconds({ order, pool, box: jobBox(order, 0) }, provider);
  const onDevice = jobSeconds({ order, pool, box }, provider);
  report({ deviceSeconds: onDevice.seconds, cores: HOST_CORES });
  const { provider: host } = openProvider("openblas", { blasPath, threads: HOST_CORES });
  // Its first job also takes the distances between rows, which later ones share.
  const x = randomMatrix(sizes.job.dimension, sizes.job.train, 3);
  const distanceSeconds = secondsOf(() => host.gram(x));
  const onHost = jobSeconds({ order, pool, box }, host);
  report({ hostSeconds: onHost.seconds, distanceSeconds, host: host.detail,
    ratio: (onHost.seconds - distanceSeconds) / onDevice.seconds, bar: "≥ 10 on 16 cores",
    accuracies: [onDevice.accuracy, onHost.accuracy] });
}
