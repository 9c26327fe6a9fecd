// The worker's root: all of it that others may use.
export { type ClusterWorkerOptions, serveCluster } from "./cluster-worker.ts";
/** Compute threads alone, for measuring jobs without a queue. */
export { openPool } from "./pool.ts";
export { type Probed, type ProbedGpus, probeBreakEven, probeGpus, probeProviders } from "./probe.ts";
export { detectGpus, environmentOf, openGpuMonitor } from "./linalg/cuda/gpus.ts";
export { probeBackends, type ProbedBackend } from "./tensor/probe.ts";
export { startOnGpus } from "./start-on-gpus.ts";
export { type RunningWorker, startWorker, type WorkerOptions } from "./start.ts";
