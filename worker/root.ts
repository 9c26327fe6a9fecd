// The worker's root: threads, a queue to take jobs from, and how to end.
import type { Clock } from "../queue/clock.ts";
import type { WorkerQueue } from "../queue/port.ts";
import { openPool, type PoolOptions } from "./pool.ts";
import { serve } from "./serve.ts";
import type { Hello } from "./task.ts";

/** Compute threads alone, for measuring jobs without a queue. */
export { openPool } from "./pool.ts";
export { type Probed, probeProviders } from "./probe.ts";
export { probeBackends, type ProbedBackend } from "./tensor/probe.ts";

export interface WorkerOptions extends PoolOptions {
  readonly queue: WorkerQueue;
  readonly worker: string;
  readonly host: string;
  readonly version: string;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

export interface RunningWorker {
  readonly hello: Hello;
  readonly threads: number;
  /** Takes no more jobs; resolves when those that run are reported. */
  drain(): Promise<void>;
  /** Gives running jobs back and ends the threads at once. */
  kill(): Promise<void>;
}

/** Starts compute threads and serves the queue. Throws UserError if the provider is not there. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { threads, provider, blasPath, cacheBytes, backend, checkpointFolder } = options;
  // Only what a thread can clone: the other options hold functions.
  const pool = await openPool({
    threads, provider, blasPath, cacheBytes,
    ...(backend === undefined ? {} : { backend }),
    ...(checkpointFolder === undefined ? {} : { checkpointFolder }),
  });
  const stop = new AbortController();
  const kill = new AbortController();
  const serving = serve({ ...options, pool, stop: stop.signal, kill: kill.signal });
  serving.catch((error: unknown) => options.warn(String(error))); // `drain` rejects with it too
  const drain = async (): Promise<void> => {
    stop.abort();
    await serving;
    await pool.close();
  };
  return {
    hello: pool.hello,
    threads: pool.threads,
    drain,
    kill: () => {
      kill.abort();
      return drain();
    },
  };
}
