// What computing in a process of its own costs: small jobs, and jobs of many points.
import type { ComputePool } from "../worker/pool.ts";
import { openPool } from "../worker/pool.ts";
import { openProcessPool } from "../worker/process-pool.ts";
import { noopOrder } from "../test/support/orders.ts";

const THREADS = 2;
const settings = { threads: THREADS, provider: "portable", blasPath: null, cacheBytes: 1e8 } as const;
const POOLS: Readonly<Record<string, () => Promise<ComputePool>>> = {
  threads: () => openPool(settings),
  process: () => openProcessPool({ ...settings, onLine: (line) => console.error(line) }),
};
const LOADS = {
  smallJobs: { jobs: 20_000, order: noopOrder({ points: 20_000, perJob: 1 }) },
  largeJobs: { jobs: 200, order: noopOrder({ points: 1_000_000, perJob: 100_000 }) },
};

async function measureAll(pool: ComputePool, { jobs, order }: (typeof LOADS)["smallJobs"]): Promise<number> {
  let next = 0;
  const slot = async (): Promise<void> => {
    while (next < jobs) {
      const answer = await pool.measure(order, next++ % order.plan.jobs);
      if (!answer.ok) throw new Error(answer.failure.message);
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: THREADS }, slot));
  return (performance.now() - begin) / 1000;
}

/** Jobs and points per second of noop, which computes next to nothing, and how long a pool opens. */
export async function benchIsolation(): Promise<object> {
  const results: Record<string, object> = {};
  for (const [name, open] of Object.entries(POOLS)) {
    const begin = performance.now();
    const pool = await open();
    const openSeconds = (performance.now() - begin) / 1000;
    try {
      await measureAll(pool, { ...LOADS.smallJobs, jobs: 1_000 });
      const { smallJobs, largeJobs } = LOADS;
      results[name] = {
        openSeconds,
        jobsPerSecond: Math.round(smallJobs.jobs / (await measureAll(pool, smallJobs))),
        pointsPerSecond: Math.round((largeJobs.jobs * 100_000) / (await measureAll(pool, largeJobs))),
      };
    } finally {
      await pool.close();
    }
  }
  return results;
}
