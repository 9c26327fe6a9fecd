// The GPUs of workers, as `status` and `workers` show them.
import type { Gpu } from "../schema/job.ts";
import { bytesText, percentText } from "./face/number.ts";
import { tableLines } from "./face/table.ts";
import { isThere } from "./is-there.ts";
import type { WorkerRow } from "./store/port.ts";

export interface WorkersGpu extends Gpu {
  readonly worker: string;
}

/** Those of workers that are there. */
export function gpusOf(workers: readonly WorkerRow[], nowMs: number): WorkersGpu[] {
  return workers.filter((row) => isThere(row, nowMs))
    .flatMap(({ presence: { worker, gpus } }) => gpus.map((gpu) => ({ worker, ...gpu })));
}

/** `90% busy, 1.1 GB of 4.3 GB`; what is not known is left out. */
export function gpuLoad({ utilisation, usedBytes, memoryBytes }: Gpu): string {
  const busy = utilisation === null ? "" : `${percentText(utilisation)} busy, `;
  return `${busy}${usedBytes === null ? "" : `${bytesText(usedBytes)} of `}${bytesText(memoryBytes)}`;
}

/** Below an empty line; none where no worker has a GPU. */
export function gpuLines(gpus: readonly WorkersGpu[]): string[] {
  if (gpus.length === 0) return [];
  return ["", ...tableLines({
    columns: ["gpu", "now", "of worker"],
    rows: gpus.map((gpu) => [gpu.name, gpuLoad(gpu), gpu.worker]),
  })];
}
