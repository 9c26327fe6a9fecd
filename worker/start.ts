// Starts a worker: compute threads or processes, a queue to take jobs from, and how to end.
import { poolOf } from "./composite-pool.ts";
import type { Environment } from "./compute-child.ts";
import { type ComputePool, openPool, type PoolOptions } from "./pool.ts";
import { openProcessPool } from "./process-pool.ts";
import { serve, type ServeOptions } from "./serve.ts";
import type { Hello } from "./task.ts";

export interface WorkerOptions extends PoolOptions, Omit<ServeOptions, "pool" | "stop" | "kill"> {
  /**
   * Compute processes, by what each has in its environment besides this process's; each has
   * `threads` threads. Absent: the threads are this process's, and a native crash ends it.
   */
  readonly processes?: readonly Environment[];
}

export interface RunningWorker {
  readonly hello: Hello;
  readonly threads: number;
  /** Resolves once nothing can be measured here any more; jobs were given back, `drain` ends. */
  readonly broken: Promise<Error>;
  /** Resolves once the queue cannot be served any more; never while it only is away. */
  readonly failed: Promise<Error>;
  /** Takes no more jobs; resolves when those that run are reported. */
  drain(): Promise<void>;
  /** Gives running jobs back and ends the threads at once. */
  kill(): Promise<void>;
}

/** Starts compute threads and serves the queue. Throws UserError if the provider is not there. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const pool = await openPools(options);
  const stop = new AbortController();
  const kill = new AbortController();
  const serving = serve({ ...options, pool, stop: stop.signal, kill: kill.signal });
  const never = new Promise<Error>(() => undefined);
  // `drain` rejects with it too.
  const failed = serving.then(() => never, (error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  const broken = (pool.broken ?? never).then((error) => {
    kill.abort();
    stop.abort();
    return error;
  });
  const drain = async (): Promise<void> => {
    stop.abort();
    await serving;
    await pool.close();
  };
  return {
    hello: pool.hello,
    threads: pool.threads,
    broken,
    failed,
    drain,
    kill: () => {
      kill.abort();
      return drain();
    },
  };
}

async function openPools(options: WorkerOptions): Promise<ComputePool> {
  const { threads, provider, blasPath, cacheBytes, cuda, backend, fileCache, checkpointFolder } = options;
  // Only what a thread can clone: the other options hold functions.
  const settings: PoolOptions = {
    threads, provider, blasPath, cacheBytes,
    ...(cuda === undefined ? {} : { cuda }),
    ...(backend === undefined ? {} : { backend }),
    ...(fileCache === undefined ? {} : { fileCache }),
    ...(checkpointFolder === undefined ? {} : { checkpointFolder }),
  };
  const { processes, warn } = options;
  if (processes === undefined) return openPool(settings);
  const opening = processes.map((environment) =>
    openProcessPool({ ...settings, environment, onLine: warn }));
  const opened = await Promise.allSettled(opening);
  const pools = opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const refused = opened.find((one) => one.status === "rejected");
  if (refused === undefined) return pools.length === 1 && pools[0] !== undefined ? pools[0] : poolOf(pools);
  await Promise.all(pools.map((pool) => pool.close()));
  throw refused.reason;
}
