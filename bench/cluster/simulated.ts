// 200 light clients in one process, on two noop studies of equal priority: is everybody served alike?
import { connectWorkerQueue } from "../../queue/nats.ts";
import { identityOf } from "../../schema/identity.ts";
import { lightWorker } from "../../test/support/light-worker.ts";
import { noopOrder } from "../../test/support/orders.ts";
import type { Cluster } from "./cluster.ts";

const WORKERS = 200;
const JOBS = 20_000;

/** Jobs per worker and per study while both studies had some, as shares of the mean. */
export async function runSimulatedWorkers(cluster: Cluster): Promise<object> {
  const orders = ["a", "b"].map((name, seed) => noopOrder({ points: JOBS, perJob: 1, seed: 70 + seed, name: `shared-${name}` }));
  const queues = await Promise.all(Array.from({ length: WORKERS }, (_, i) =>
    connectWorkerQueue({ servers: cluster.nats.url, name: `light-${i}`, version: "bench" })));
  const workers = queues.map((queue, i) => lightWorker(queue, { slots: 1, orders, name: `light-${i}` }));
  for (const order of orders) await cluster.store.ensureStudy(order, identityOf(order.spec, null));
  cluster.coordinator();
  const began = performance.now();
  for (const { key } of orders) await cluster.untilStored(key, JOBS);
  const seconds = (performance.now() - began) / 1_000;
  const counts = workers.map(({ ran }) => ran.length);
  const runs = counts.reduce((sum, count) => sum + count, 0);
  // While both had jobs: the first three quarters of what each worker ran.
  const early = workers.flatMap(({ ran }) => ran.slice(0, Math.floor(ran.length * 0.75)));
  const ofFirst = early.filter(({ study }) => study === orders[0]?.key).length;
  for (const worker of workers) await worker.stop();
  for (const queue of queues) await queue.close();
  const mean = runs / WORKERS;
  const rows = await Promise.all(orders.map(async ({ key }) => (await cluster.store.progress(key)).stored));
  return {
    workers: WORKERS, jobs: 2 * JOBS, runs, rows: rows.reduce((sum, count) => sum + count, 0), seconds,
    jobsPerSecond: (2 * JOBS) / seconds,
    leastShareOfAWorker: Math.min(...counts) / mean, mostShareOfAWorker: Math.max(...counts) / mean,
    shareOfFirstStudy: ofFirst / early.length, bar: "within 10 %",
  };
}
