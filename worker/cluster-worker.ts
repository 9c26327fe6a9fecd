// A worker of a cluster: a queue over NATS, a cache of data files, compute processes, an orderly end.
import { connectWorkerQueue, type NatsOptions } from "../queue/nats.ts";
import type { Clock } from "../queue/clock.ts";
import { UserError } from "../schema/failure.ts";
import type { Attempt } from "../schema/job.ts";
import type { FileRecord } from "../schema/data.ts";
import type { BreakEven } from "../schema/plan.ts";
import { CheckpointCopies, type FoundCheckpoint } from "./checkpoint/copies.ts";
import type { Environment } from "./compute-child.ts";
import { DataCache } from "./data-cache.ts";
import type { PoolOptions } from "./pool.ts";
import type { RunningWorker } from "./start.ts";
import { startOnGpus } from "./start-on-gpus.ts";
import type { Hello } from "./task.ts";

export interface ClusterWorkerOptions extends Omit<PoolOptions, "fileCache"> {
  readonly nats: NatsOptions;
  readonly worker: string;
  readonly host: string;
  readonly version: string;
  readonly memoryBytes: number;
  /** @see GpuWorkerOptions */
  readonly breakEven?: readonly BreakEven[];
  /**
   * Compute processes where no GPU is used, by what each has in its environment besides this one's,
   * `threads` threads each.
   */
  readonly processes: readonly Environment[];
  readonly presenceEveryMs: number;
  /** Folder of data files, and how large it may become. */
  readonly fileCache: string;
  readonly fileCacheBytes: number;
  /** Whether checkpoints travel to whoever gets a job next; else they stay in `checkpointFolder`. */
  readonly hasCheckpointCopies: boolean;
  /** After `stop`, jobs that end within this time are reported; the others go back. */
  readonly graceMs: number;
  readonly clock: Clock;
  readonly stop: AbortSignal;
  /** Hands the jobs that run back at once. */
  readonly kill: AbortSignal;
  readonly onReady: (hello: Hello, slots: number) => void;
  readonly onAttempt: (attempt: Attempt) => void;
  readonly onFetched: (file: FileRecord, ms: number) => void;
  readonly onFoundCheckpoint: (found: FoundCheckpoint) => void;
  readonly warn: (message: string) => void;
}

/** A data set of some gigabytes takes its time from the database to the broker. */
const DATA_PATIENCE_MS = 120_000;

/**
 * Serves until `stop` aborts and all is handed over.
 *
 * @throws UserError if the broker or the provider cannot be used, and where this machine cannot
 *   compute any more: compute processes die one after the other.
 */
export async function serveCluster(options: ClusterWorkerOptions): Promise<void> {
  const { nats, fileCache, fileCacheBytes, graceMs, clock, stop, kill, warn, onFetched, onReady } = options;
  const queue = await connectWorkerQueue(nats);
  let worker: RunningWorker | undefined;
  try {
    const cache = new DataCache({
      folder: fileCache, bytesMax: fileCacheBytes, fetch: (sha256) => queue.file(sha256), onFetched,
      process: options.worker, patienceMs: DATA_PATIENCE_MS, clock,
    });
    const { checkpointFolder: folder, hasCheckpointCopies, presenceEveryMs: everyMs, onFoundCheckpoint: onFound } = options;
    const checkpoints = folder === undefined || !hasCheckpointCopies ? {} :
      { checkpoints: new CheckpointCopies({ folder, queue, clock, everyMs, onFound, warn }) };
    worker = await startOnGpus({
      ...options,
      ...checkpoints,
      queue,
      fetchData: ({ data }) => cache.provide(data?.files ?? []),
    });
    onReady(worker.hello, worker.threads);
    const ended = await Promise.race([stopped(stop), worker.broken, worker.failed]);
    if (ended !== undefined) {
      await worker.kill().catch(() => {}); // the reason is known already
      throw new UserError(ended.message);
    }
    const handBack = (): void => void worker?.kill().catch((error: unknown) => warn(String(error)));
    const cancel = clock.after(graceMs, handBack);
    kill.addEventListener("abort", handBack, { once: true });
    await worker.drain();
    cancel();
  } finally {
    await queue.close();
  }
}

function stopped(stop: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve(undefined);
    else stop.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
