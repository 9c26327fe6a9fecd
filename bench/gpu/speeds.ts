// How fast the device is: the provider against the bare calls, jobs, and where routes break even.
import { krr } from "../../worker/experiments/krr/experiment.ts";
import type { Box } from "../../schema/grid.ts";
import type { StudyOrder } from "../../schema/job.ts";
import type { DataPool } from "../../data/draw.ts";
import type { CudaProvider } from "../../worker/linalg/cuda.ts";
import { bareCholesky } from "./bare.ts";
import type { Device, Workspace } from "../../worker/linalg/device.ts";
import { residentCholesky } from "../../worker/experiments/krr/resident/solver.ts";
import type { LinalgProvider } from "../../worker/linalg/provider.ts";
import { randomMatrix } from "./random.ts";

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

/** A definite matrix made on the device: a Gaussian kernel of random rows, 1 added to its diagonal. */
export function definiteOn(device: Device, workspace: Workspace, n: number): ReturnType<Workspace["matrix"]> {
  const x = workspace.upload(randomMatrix(16, n, 1));
  const a = workspace.matrix(n, n);
  device.squaredDistancesWithin(x, a);
  device.map(a, { name: "rbf", scale: -0.5, offset: 0, degree: 1 });
  device.addToDiagonal(a, 1);
  workspace.drop(x);
  return a;
}

/** Cholesky in float64 through the provider's device against the bare call, on the same matrix. */
export function choleskyRatio({ device, session }: CudaProvider, n: number): object {
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

/** For each order: an eigendecomposition, a factor with its trace, and how many of these it is worth. */
export function breakEven(device: Device, orders: readonly number[]): object[] {
  return orders.map((n) => {
    const workspace = device.open(`a benchmark of order ${n}`);
    try {
      const k = definiteOn(device, workspace, n);
      const solver = residentCholesky(k, device);
      const block = (): void => {
        const into = device.open("a factor");
        try {
          solver.factor([0.1], into);
        } finally {
          into.release();
        }
      };
      const potrfSeconds = best(() => block);
      const [a, values] = [workspace.matrix(n, n), workspace.matrix(n, 1)];
      const syevdSeconds = best(() => {
        device.copy(k, a);
        device.diagonal(k); // waits for the copy
        return () => device.symmetricEigen(a, values);
      }, 2);
      return { n, syevdSeconds, potrfSeconds, breakEvenRidges: Math.ceil(syevdSeconds / potrfSeconds) };
    } finally {
      workspace.release();
    }
  });
}
