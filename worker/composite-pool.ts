// Several compute pools as one: a process for each GPU, or for each part of a large machine.
import type { ComputePool } from "./pool.ts";

/**
 * Gives each job to the pool with the most free threads, the first of equals. Broken as soon as
 * one of them is: that one's threads would fail every job they are given.
 * @throws RangeError for no pools.
 */
export function poolOf(pools: readonly ComputePool[]): ComputePool {
  const [first] = pools;
  if (first === undefined) throw new RangeError("a pool of no pools: expected at least one");
  const free = new Map(pools.map((pool) => [pool, pool.threads]));
  const breaking = pools.flatMap(({ broken }) => broken ?? []);
  return {
    threads: pools.reduce((sum, pool) => sum + pool.threads, 0),
    get hello() {
      return first.hello;
    },
    ...(breaking.length === 0 ? {} : { broken: Promise.race(breaking) }),
    async measure(order, number, onProgress) {
      const [[pool] = [first]] = [...free].sort(([, a], [, b]) => b - a);
      const take = (threads: number): void => void free.set(pool, (free.get(pool) ?? 0) - threads);
      take(1);
      try {
        return await pool.measure(order, number, onProgress);
      } finally {
        take(-1);
      }
    },
    close: async () => void (await Promise.all(pools.map((pool) => pool.close()))),
  };
}
