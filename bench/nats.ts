// What the queue over NATS carries on this machine: jobs of one point each, and large reports.
import { Worker } from "node:worker_threads";
import { connectCoordinatorQueue } from "../queue/nats.ts";
import type { CoordinatorQueue } from "../queue/port.ts";
import { noopOrder } from "../test/support/orders.ts";
import { startNats } from "../test/support/nats.ts";

const SLOTS = 16;
/** Jobs published and not yet reported, as a coordinator keeps them. */
const WINDOW = 2_000;
const RECEIVE_MOST = 1_000;
const study = noopOrder({ points: 2, perJob: 1 }).key;

interface Load {
  readonly jobs: number;
  readonly points: number;
  readonly pointsPerReport: number;
  readonly metrics: number;
}

/** Seconds from the first publication to the last accepted report. */
async function carry(load: Load): Promise<number> {
  const server = await startNats();
  const options = { servers: server.url, name: "bench", version: "bench", cluster: "bench" };
  const queue = await connectCoordinatorQueue(options);
  const { points, pointsPerReport, metrics } = load;
  const workerData = { servers: server.url, slots: SLOTS, points, pointsPerReport, metrics };
  const worker = new Worker(new URL("nats-worker.js", import.meta.url), { workerData });
  try {
    await drive(queue, { ...load, jobs: 200 });
    const startedMs = performance.now();
    await drive(queue, load);
    return (performance.now() - startedMs) / 1000;
  } finally {
    await worker.terminate();
    await queue.close();
    await server.close();
  }
}

async function drive(queue: CoordinatorQueue, { jobs, points }: Load): Promise<void> {
  const numbers = Array.from({ length: jobs }, (_, number) => ({ study, number }));
  const signal = AbortSignal.timeout(120_000);
  let published = 0;
  let stored = 0;
  let publishing: Promise<unknown> = Promise.resolve();
  while (stored < jobs * points) {
    const room = WINDOW - (published - Math.floor(stored / points));
    if (published < jobs && room >= WINDOW / 2) {
      const next = numbers.slice(published, published + room);
      published += next.length;
      publishing = Promise.all([publishing, queue.publish(next)]);
    }
    const received = await queue.receive(RECEIVE_MOST, signal);
    if (received.length === 0) throw new Error(`only ${stored} of ${jobs * points} points came`);
    for (const { report } of received) stored += report.block?.status.length ?? 0;
    await Promise.all(received.map((one) => one.accept()));
  }
  await publishing;
}

/** Rates over a local server; the worker runs in a second thread. */
export async function benchNats(): Promise<object> {
  const small = { jobs: 10_000, points: 1, pointsPerReport: 1, metrics: 1 };
  const chunked = { points: 20_000, pointsPerReport: 10_000, metrics: 1 };
  const jobSeconds = await carry(small);
  const oneMetricSeconds = await carry({ ...chunked, jobs: 100 });
  const tenMetricsSeconds = await carry({ ...chunked, jobs: 40, metrics: 10 });
  return {
    slots: SLOTS,
    onePointJobsPerSecond: Math.round(small.jobs / jobSeconds),
    pointsPerSecondOfOneMetric: Math.round((100 * chunked.points) / oneMetricSeconds),
    pointsPerSecondOfTenMetrics: Math.round((40 * chunked.points) / tenMetricsSeconds),
  };
}
