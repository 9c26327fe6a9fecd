// Single-machine mode: coordinator and worker in one process, an in-process queue between them.
//
// The only file of coordinator/ that may know the worker, and only its root, by `await import`.
import { hostname, totalmem } from "node:os";
import type { Clock } from "../queue/clock.ts";
import { memoryQueue } from "../queue/memory.ts";
import type { ResultBlock } from "../schema/column.ts";
import { ComputeError } from "../schema/failure.ts";
import type { Gpu, Presence, StudyKey, StudyOrder, TrainingProgress } from "../schema/job.ts";
import type {
  BackendChoice, BackendName, CudaVariables, ProviderChoice, ProviderName,
} from "../schema/provider.ts";
import { Engine } from "./engine.ts";
import { eventText } from "./events.ts";
import type { MeasuredGpu } from "./gpu-routes.ts";
import type { Committed, Store } from "./store/port.ts";

export interface LocalOptions {
  readonly store: Store;
  readonly study: StudyKey;
  readonly clock: Clock;
  readonly threads: number;
  readonly provider: ProviderChoice;
  readonly blasPath: string | null;
  /** What says where CUDA's libraries are. */
  readonly cuda?: CudaVariables;
  readonly cacheBytes: number;
  /** What trains networks; absent: nothing does. */
  readonly backend?: BackendChoice;
  /** Where training runs leave checkpoints; absent: nowhere. */
  readonly checkpointFolder?: string;
  readonly version: string;
  /** First abort: finish the jobs that run, store them, stop. */
  readonly interrupt: AbortSignal;
  /** Give running jobs up at once. */
  readonly kill: AbortSignal;
  /** Told once which provider opened, and what was passed over. */
  readonly onReady: (ready: Ready) => void;
  readonly onCommit: (committed: Committed) => void;
  /** Told how far the training runs under way are, when that changes. */
  readonly onTraining?: (running: readonly TrainingProgress[]) => void;
  readonly warn: (message: string) => void;
}

/** What a choice of tensor backend saw of one: its speed, or why it cannot be opened. */
interface Remark {
  readonly name: string;
  readonly isOpen: boolean;
  readonly text: string;
}

/** What a worker opened: linear algebra, and for networks what trains them. */
export interface Ready {
  /** Jobs at a time: with GPUs as many as there are. */
  readonly threads: number;
  readonly provider: string;
  readonly detail: string;
  readonly rejected: readonly string[];
  readonly backend?: { readonly name: string; readonly device: string; readonly remarks: readonly Remark[] };
}

/** Runs a study in this process until it is settled or interrupted. */
export async function runLocally(options: LocalOptions): Promise<void> {
  const { clock, interrupt, kill } = options;
  const { startOnGpus, startWorker } = await import("../worker/root.ts");
  const queue = memoryQueue(clock);
  // With `auto` a run leaves GPUs alone: small studies are faster without them.
  const start = options.provider === "cuda" ? startOnGpus : startWorker;
  const worker = await start({
    // There is no other worker that a job could wait for: what does not fit fails with its reason.
    queue: { ...queue.worker, lease: (signal) => queue.worker.lease(signal) },
    threads: options.threads,
    provider: options.provider,
    blasPath: options.blasPath,
    cacheBytes: options.cacheBytes,
    ...(options.cuda === undefined ? {} : { cuda: options.cuda }),
    ...(options.backend === undefined ? {} : { backend: options.backend }),
    ...(options.checkpointFolder === undefined ? {} : { checkpointFolder: options.checkpointFolder }),
    worker: `${hostname()}-${process.pid}`,
    host: hostname(),
    version: options.version,
    memoryBytes: totalmem(),
    clock,
    warn: options.warn,
  });
  options.onReady({ ...worker.hello, threads: worker.threads });
  const drained = new AbortController();
  const onInterrupt = (): void => void worker.drain().finally(() => drained.abort());
  const onKill = (): void => void worker.kill().finally(() => drained.abort());
  interrupt.addEventListener("abort", onInterrupt, { once: true });
  kill.addEventListener("abort", onKill, { once: true });
  if (interrupt.aborted) onInterrupt();
  try {
    const engine = new Engine({
      store: options.store,
      queue: queue.coordinator,
      clock,
      only: options.study,
      untilSettled: true,
      isQueueLasting: false,
      mayWorkersJoin: false,
      stop: drained.signal,
      onCommit: options.onCommit,
      onLook: presenceKeeper(options),
      tell: (event) => {
        const text = eventText(event);
        if (text !== null) options.warn(text);
      },
    });
    await engine.run();
  } finally {
    interrupt.removeEventListener("abort", onInterrupt);
    kill.removeEventListener("abort", onKill);
    await worker.kill();
  }
}

/** Stores what this process's worker says of itself, each time that it says something new. */
function presenceKeeper({ store, onTraining }: LocalOptions): (presences: readonly Presence[]) => Promise<void> {
  const stored = new WeakSet<Presence>();
  return async (presences) => {
    const fresh = presences.filter((presence) => !stored.has(presence));
    for (const presence of fresh) stored.add(presence);
    if (fresh.length === 0) return;
    await store.announce(fresh);
    onTraining?.(fresh.flatMap(({ running }) => running.flatMap(({ progress }) => progress ?? [])));
  };
}

export type ClusterWorkerOptions = Parameters<(typeof import("../worker/root.ts"))["serveCluster"]>[0];

/** See worker/cluster-worker.ts. */
export async function serveCluster(options: ClusterWorkerOptions): Promise<void> {
  const worker = await import("../worker/root.ts");
  await worker.serveCluster(options);
}

export interface RecomputeOptions {
  readonly order: StudyOrder;
  readonly numbers: readonly number[];
  readonly threads: number;
  readonly provider: ProviderChoice;
  readonly blasPath: string | null;
  /** What says where CUDA's libraries are. */
  readonly cuda?: CudaVariables;
  readonly cacheBytes: number;
  /** What trains networks; absent: nothing does. */
  readonly backend?: BackendChoice;
}

export interface Recomputed {
  readonly number: number;
  readonly block: ResultBlock;
  readonly provider: string;
}

/**
 * Measures jobs again, as many at a time as there are threads, and stores nothing.
 * @throws ComputeError if a job fails, UserError if the provider is not there.
 */
export async function* recompute(options: RecomputeOptions): AsyncGenerator<Recomputed> {
  const { order, numbers, ...settings } = options;
  const { openPool } = await import("../worker/root.ts");
  const pool = await openPool(settings);
  try {
    const waiting = [...numbers];
    const running: Promise<Recomputed>[] = [];
    const start = (): void => {
      const number = waiting.shift();
      if (number === undefined) return;
      const measured = pool.measure(order, number).then((answer) => {
        if (answer.ok) return { number, ...answer.value };
        const { kind, code, message } = answer.failure;
        throw new ComputeError(kind, code, `job ${number}: ${message}`);
      });
      measured.catch(() => {}); // met when its turn comes
      running.push(measured);
    };
    for (let thread = 0; thread < settings.threads; thread++) start();
    for (let next = running.shift(); next !== undefined; next = running.shift()) {
      yield await next;
      start();
    }
  } finally {
    await pool.close();
  }
}

/** What opened, at what speed of one thread in 10⁹ operations a second, or why it did not. */
export interface ProviderReport {
  readonly name: ProviderName;
  readonly detail: string | null;
  readonly speed: {
    readonly gemmGflops: number;
    readonly choleskyGflops: number;
    readonly tridiagonaliseGflops: number;
  } | null;
  readonly why: string | null;
}

/** This machine's GPUs and their driver, or why there are none. Never throws. */
export async function gpusHere(variables: CudaVariables): Promise<{
  readonly driver: string | null;
  readonly gpus: readonly Gpu[];
  readonly why: string | null;
}> {
  const { probeGpus } = await import("../worker/root.ts");
  return probeGpus(variables);
}

/** Where routes break even on this machine's first GPU; null without one that CUDA can use. */
export async function breakEvenHere(variables: CudaVariables, budgetMs: number): Promise<MeasuredGpu | null> {
  const { probeBreakEven } = await import("../worker/root.ts");
  const found = probeBreakEven(variables, budgetMs);
  if (found === null) return null;
  return { device: found.device, breakEven: found.breakEven.map(({ order, ridges }) => ({ order, ridges })) };
}

/** Tries every provider for about `budgetMs` each, on the calling thread. */
export async function probeHere(options: {
  readonly blasPath: string | null;
  /** What says where CUDA's libraries are. */
  readonly cuda?: CudaVariables;
  readonly budgetMs: number;
}): Promise<readonly ProviderReport[]> {
  const { probeProviders } = await import("../worker/root.ts");
  return probeProviders(options).map((one) =>
    one.opened
      ? { name: one.name, detail: one.detail, speed: one.speed, why: null }
      : { name: one.name, detail: null, speed: null, why: one.why });
}

/** A tensor backend that opened, with its speed of one thread, or why it did not and how to get it. */
export type BackendReport =
  | { readonly name: BackendName; readonly device: string; readonly stepsPerSecond: number; readonly why: null }
  | { readonly name: BackendName; readonly device: null; readonly stepsPerSecond: null; readonly why: string };

/** Tries every tensor backend, for a second or two each. */
export async function probeBackendsHere(): Promise<readonly BackendReport[]> {
  const { probeBackends } = await import("../worker/root.ts");
  return (await probeBackends()).map((one) =>
    one.opened
      ? { name: one.name, device: one.device, stepsPerSecond: one.stepsPerSecond, why: null }
      : { name: one.name, device: null, stepsPerSecond: null, why: one.why });
}
