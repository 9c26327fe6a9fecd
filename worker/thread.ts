// A compute thread: opens the linear algebra, keeps benches between jobs, measures boxes.
//
// It owns no socket. Its cache changes how long a job takes, never its bits.
import { workerData } from "node:worker_threads";
import { move, transferableSymbol, valueSymbol } from "piscina";
import type { DataPool } from "../data/draw.ts";
import { poolOf, type SharedPool } from "../data/pool.ts";
import { digestFiles } from "../data/files.ts";
import { loadData } from "../data/source.ts";
import { ComputeError, failureOf, UserError } from "../schema/failure.ts";
import type { StudyOrder } from "../schema/job.ts";
import type { BackendChoice } from "../schema/provider.ts";
import { boxOfJob } from "../schema/plan.ts";
import { BenchCache } from "./bench-cache.ts";
import type { Bench, TrainingTools } from "./experiments/experiment.ts";
import { experimentOf } from "./experiments/registry.ts";
import { openProvider, type OpenedProvider } from "./linalg/choose.ts";
import type { Answer, Hello, Measured, Task, ThreadSettings } from "./task.ts";
import { openTraining, type OpenedTraining } from "./training.ts";

const settings: ThreadSettings = workerData; // what pool.ts gave
const benches = new BenchCache(settings.cacheBytes);
let choice: OpenedProvider | undefined;
let training: OpenedTraining | undefined;
let lastPool: { readonly shared: SharedPool; readonly pool: DataPool } | undefined;

export default async function answer(task: Task): Promise<unknown> {
  try {
    switch (task.kind) {
      case "hello":
        return { ok: true, value: await hello() } satisfies Answer<Hello>;
      case "load":
        return { ok: true, value: await load(task.order) } satisfies Answer<SharedPool | null>;
      case "measure":
        return moved({ ok: true, value: await measure(task) });
    }
  } catch (error) {
    if (error instanceof UserError) {
      return { ok: false, failure: { kind: "bug", code: "user", message: error.message } };
    }
    return { ok: false, failure: failureOf(memoryError(error)) };
  }
}

function provider(): OpenedProvider {
  choice ??= openProvider(settings.provider, {
    ...(settings.blasPath === null ? {} : { blasPath: settings.blasPath }),
    cuda: settings.cuda,
    threads: 1,
  });
  return choice;
}

async function hello(): Promise<Hello> {
  const { provider: { name, detail }, rejected } = provider();
  const hello = { provider: name, detail, rejected };
  if (settings.backend === undefined) return hello;
  // A backend that was named and is absent is found out before any job is taken.
  const backend = await trainer(settings.backend).open();
  return { ...hello, backend: { name: backend.name, device: backend.device, remarks: backend.remarks } };
}

async function load(order: StudyOrder): Promise<SharedPool | null> {
  if (!("data" in order.spec)) return null;
  const { fileCache } = settings;
  const from = fileCache === undefined ? order.folder : digestFiles(fileCache, order.data?.files ?? []);
  return (await loadData(order.spec.data, from, order.data?.fingerprint)).share();
}

function trainer(backend: BackendChoice): OpenedTraining {
  training ??= openTraining({ ...settings, backend });
  return training;
}

type MeasureTask = Task & { readonly kind: "measure" };

async function measure({ order, number, data: shared, backend = "auto", progress }: MeasureTask): Promise<Measured> {
  const { provider: linalg } = provider();
  const experiment = experimentOf(order.spec.experiment);
  const box = boxOfJob(order.plan, number);
  const trainedBy = trainer(backend);
  const training: TrainingTools = trainedBy.tools((one) => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window
    progress?.postMessage(one);
  });
  const tools = { linalg, pool: shared === null ? null : poolFor(shared), training };
  const begin = performance.now();
  const key = `${order.key} ${experiment.benchKey(order, box)}`;
  const bench = benches.get(key, () => experiment.prepare(order, box, tools));
  const prepared = performance.now();
  const block = await bench.measure(box);
  const timings = { prepareMs: prepared - begin, measureMs: performance.now() - prepared };
  return { block, timings, provider: experiment.isTrained === true ? trainedBy.label() : labelOf(linalg.name, bench) };
}

/** "openblas", or "cuda (syevd, float64)": the row's record of how it was computed. */
function labelOf(provider: string, { detail }: Bench): string {
  return detail === undefined ? provider : `${provider} (${detail})`;
}

function poolFor(shared: SharedPool): DataPool {
  if (lastPool === undefined || lastPool.shared.fingerprint !== shared.fingerprint) {
    lastPool = { shared, pool: poolOf(shared) };
  }
  return lastPool.pool;
}

/** V8 reports a failed allocation as a RangeError; that is the machine's limit, not a bug. */
function memoryError(error: unknown): unknown {
  const isAllocation =
    error instanceof RangeError && /allocation failed|Invalid (typed )?array/i.test(error.message);
  return isAllocation ? new ComputeError("resource", "out_of_memory", error.message) : error;
}

/** Hands the result's memory over instead of copying it. */
function moved(result: Answer<Measured>): unknown {
  if (!result.ok) return result;
  const { status, metrics, series = {} } = result.value.block;
  const buffers = [status.buffer, ...buffersOf(metrics)];
  for (const { point, columns } of Object.values(series)) buffers.push(point.buffer, ...buffersOf(columns));
  return move({ [transferableSymbol]: [...new Set(buffers)], [valueSymbol]: result });
}

function buffersOf(columns: Readonly<Record<string, Float64Array>>): ArrayBufferLike[] {
  return Object.values(columns).map((column) => column.buffer);
}
