// From how many ridges on one eigendecomposition is cheaper than a factor for each: by a stop-watch.
//
// A plan made later records the route that follows (coordinator/gpu-routes.ts); a job never measures.
import type { BreakEven } from "../../../../schema/plan.ts";
import type { Device, DeviceMatrix, Workspace } from "../../../linalg/device.ts";
import { matrix } from "../../../linalg/matrix.ts";
import { residentCholesky } from "./solver.ts";

export interface MeasuredBreakEven extends BreakEven {
  /** Of one eigendecomposition; of one factor with its inverse for the trace. */
  readonly syevdSeconds: number;
  readonly potrfSeconds: number;
}

export interface BreakEvenOptions {
  /** Ascending. */
  readonly orders: readonly number[];
  /** An order is begun only if it should end within this. */
  readonly budgetMs: number;
  /** Milliseconds since some instant. */
  readonly now: () => number;
}

const ROUNDS = 2;
/** Both routes grow with n³ at most. */
const GROWTH = 3;

/** One figure for each order that there was time for: always the first. */
export function measureBreakEven(
  device: Device,
  { orders, budgetMs, now }: BreakEvenOptions,
): readonly MeasuredBreakEven[] {
  const begin = now();
  const found: MeasuredBreakEven[] = [];
  let last = { order: 0, ms: 0 };
  for (const order of orders) {
    const expectedMs = last.ms * (order / last.order) ** GROWTH;
    if (found.length > 0 && now() - begin + expectedMs > budgetMs) break;
    const start = now();
    found.push(measureAt(device, order, now));
    last = { order, ms: now() - start };
  }
  return found;
}

function measureAt(device: Device, order: number, now: () => number): MeasuredBreakEven {
  const workspace = device.open(`a measurement at order ${order}`);
  const best = (run: () => void): number => Math.min(...Array.from({ length: ROUNDS }, () => {
    const start = now();
    run();
    return (now() - start) / 1000;
  }));
  try {
    const k = definiteOn(device, workspace, order);
    const solver = residentCholesky(k, device);
    const factor = (): void => {
      const into = device.open("a factor");
      try {
        solver.factor([1], into);
      } finally {
        into.release();
      }
    };
    factor(); // compiles, and wakes the device
    const potrfSeconds = best(factor);
    const [a, values] = [workspace.matrix(order, order), workspace.matrix(order, 1)];
    const syevdSeconds = best(() => {
      device.copy(k, a);
      device.symmetricEigen(a, values);
    });
    return { order, ridges: Math.ceil(syevdSeconds / potrfSeconds), syevdSeconds, potrfSeconds };
  } finally {
    workspace.release();
  }
}

/** A definite matrix made on the device: a Gaussian kernel of spread rows, 1 added to its diagonal. */
export function definiteOn(device: Device, workspace: Workspace, n: number): DeviceMatrix {
  const dimension = 16;
  // The golden ratio's multiples: as good as random, and the same for every measurement.
  const rows = matrix(dimension, n, Float64Array.from({ length: dimension * n },
    (_, at) => 2 * ((at * 0.618_033_988_749_895) % 1) - 1));
  const x = workspace.upload(rows);
  const a = workspace.matrix(n, n);
  device.squaredDistancesWithin(x, a);
  device.map(a, { name: "rbf", scale: -0.5, offset: 0, degree: 1 });
  device.addToDiagonal(a, 1);
  workspace.drop(x);
  return a;
}
