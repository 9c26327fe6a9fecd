// How fast the device is: the provider against the bare calls, and jobs.
import { krr } from "../../worker/experiments/krr/experiment.ts";
import type { Box } from "../../schema/grid.ts";
import type { StudyOrder } from "../../schema/job.ts";
import type { DataPool } from "../../data/draw.ts";
import type { CudaProvider } from "../../worker/linalg/cuda.ts";
import { bareCholesky } from "./bare.ts";
import { definiteOn } from "../../worker/experiments/krr/resident/break-even.ts";
import type { Device } from "../../worker/linalg/device.ts";
import { residentMixed } from "../../worker/experiments/krr/resident/mixed.ts";
import { residentCholesky, type ResidentSolver } from "../../worker/experiments/krr/resident/solver.ts";
import type { DefiniteSystem, LinalgProvider } from "../../worker/linalg/provider.ts";
import { solveEach } from "../../worker/linalg/solve-each.ts";
import { randomMatrix, randomSymmetric } from "./random.ts";
import { jobBox, type StudySize, studyOf } from "./study.ts";

const ROUNDS = 3;

export function secondsOf(run: () => unknown): number {
  const begin = performance.now();
  run();
  return (performance.now() - begin) / 1000;
}

/** The best of some rounds; `prepare` is not timed. */
function best(prepare: () => () => unknown, rounds = ROUNDS): number {
  return Math.min(...Array.from({ length: rounds }, () => secondsOf(prepare())));
}

/** Cholesky in float64 through the provider's device against the bare call, on the same matrix. */
export function choleskyRatio({ device, session }: CudaProvider, n: number): Readonly<Record<string, unknown>> {
  if (device === undefined) throw new TypeError("cuda without a device");
  const workspace = device.open(`a benchmark of order ${n}`);
  try {
    const a = definiteOn(device, workspace, n);
    const factor = workspace.matrix(n, n);
    const again = (run: () => void) => () => {
      device.copy(a, factor);
      session.libraries.runtime.call("cudaDeviceSynchronize");
      return run;
    };
    const bare = bareCholesky(session, factor);
    try {
      const providerSeconds = best(again(() => device.cholesky(factor)));
      const bareSeconds = best(again(() => bare.run()));
      return { n, providerSeconds, bareSeconds, ratio: providerSeconds / bareSeconds, bar: "≤ 1.05",
        teraflops: n ** 3 / 3 / bareSeconds / 1e12 };
    } finally {
      bare.close();
    }
  } finally {
    workspace.release();
  }
}

export interface Job {
  readonly order: StudyOrder;
  readonly pool: DataPool;
  readonly box: Box;
}

/** One job with its preparation: seconds, and a metric's sum so that runs can be compared. */
export function jobSeconds({ order, pool, box }: Job, linalg: LinalgProvider): { seconds: number; accuracy: number } {
  let accuracy = 0;
  const seconds = secondsOf(() => {
    const bench = krr.prepare(order, box, { linalg, pool });
    const { metrics } = bench.measure(box);
    bench.release?.();
    accuracy = metrics["clean_accuracy"]!.reduce((sum, value) => sum + value, 0);
  });
  return { seconds, accuracy };
}

/** A job without and with these probes, its rows drawn and the provider warm before either is timed. */
export function curvatureSeconds(size: StudySize, probes: number, linalg: LinalgProvider): { plainSeconds: number; curvedSeconds: number } {
  const run = (asked: StudySize): number => {
    const { order, pool } = studyOf(asked, "tridiagonal");
    // The middle one: at the first rows are so far apart that there is no curvature to speak of.
    const job = { order, pool, box: jobBox(order, Math.floor(asked.lengthScales / 2)) };
    jobSeconds(job, linalg);
    return jobSeconds(job, linalg).seconds;
  };
  return { plainSeconds: run(size), curvedSeconds: run({ ...size, curvature: { probes, references: 0 } }) };
}

/** The same factor and trace in float64, and in float32 with ten right-hand sides refined. */
export function mixedSeconds(device: Device, n: number): object {
  const workspace = device.open(`a benchmark of order ${n}`);
  try {
    const k = definiteOn(device, workspace, n);
    const b = workspace.upload(randomMatrix(n, 10, 5));
    let steps = 0;
    const run = (solver: ResidentSolver) => () => () => {
      const into = device.open("a system");
      try {
        const factors = solver.factor([1], into);
        factors.solve(b, [0], into);
        steps = factors.precision?.steps ?? 0;
      } finally {
        into.release();
      }
    };
    const float64Seconds = best(run(residentCholesky(k, device)));
    const mixedSeconds = best(run(residentMixed(k, device)));
    return { n, float64Seconds, mixedSeconds, ratio: float64Seconds / mixedSeconds, steps };
  } finally {
    workspace.release();
  }
}

/** Systems of one order with ten right-hand sides in one call, and one after the other. */
export function batchSpeeds(provider: LinalgProvider, { order, count }: { readonly order: number; readonly count: number }): object {
  const make = (): DefiniteSystem[] => Array.from({ length: count }, (_, at) =>
    ({ a: randomSymmetric(order, at, order), b: randomMatrix(order, 10, at) }));
  const seconds = (run: (systems: readonly DefiniteSystem[]) => void): number => best(() => {
    const systems = make();
    return () => run(systems);
  });
  const batchSeconds = seconds((systems) => provider.solveBatch(systems));
  const eachSeconds = seconds((systems) => solveEach(provider, systems));
  return { order, count, batchSeconds, eachSeconds, ratio: eachSeconds / batchSeconds };
}
