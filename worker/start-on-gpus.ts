// Starts a worker on this machine's GPUs: a process for each, pinned to it, one job at a time.
//
// A slice of a GPU (MIG) counts as one. A GPU is a process's and not a thread's: jobs would fight for its memory, and most CUDA errors
// leave a process unable to go on. So `auto`, which every thread may ask for, takes no GPU by
// itself; a worker that finds some asks for `cuda` in processes of their own.
import { UserError } from "../schema/failure.ts";
import type { BreakEven } from "../schema/plan.ts";
import { environmentOf, openGpuMonitor } from "./linalg/cuda/gpus.ts";
import { type RunningWorker, startWorker, type WorkerOptions } from "./start.ts";

export interface GpuWorkerOptions extends WorkerOptions {
  /** Where the routes of this machine's GPUs break even, for presence to tell; absent where nobody measured. */
  readonly breakEven?: readonly BreakEven[];
}

/** Of the environment of processes that shall leave the GPUs alone. */
const NO_GPU = { CUDA_VISIBLE_DEVICES: "" };

/**
 * Starts on the GPUs that are visible, if `cuda` is asked for or, with `auto`, if there are any;
 * else as `startWorker` does. Where `auto` finds GPUs but not what it takes to use them it warns.
 *
 * @throws UserError if the provider is not there.
 */
export async function startOnGpus(options: GpuWorkerOptions): Promise<RunningWorker> {
  const { provider, cuda = {}, processes, warn, breakEven } = options;
  if (provider !== "cuda" && provider !== "auto") return startWorker(options);
  const { monitor } = openGpuMonitor(cuda);
  monitor?.troubles.forEach((trouble) => warn(trouble));
  if (monitor === null || monitor.gpus.length === 0) return startWorker(options);
  try {
    return await startWorker({
      ...options,
      provider: "cuda",
      threads: 1,
      processes: monitor.gpus.map(environmentOf),
      gpus: () => monitor.loads().map((gpu) => (breakEven === undefined ? gpu : Object.assign(gpu, { breakEven }))),
    });
  } catch (error) {
    if (provider === "cuda" || !(error instanceof UserError)) throw error;
    warn(`the GPUs are not used: ${error.message}`);
    if (processes === undefined) return startWorker(options);
    const hidden = processes.map((environment) => Object.assign({}, environment, NO_GPU));
    return startWorker({ ...options, processes: hidden });
  }
}
