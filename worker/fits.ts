// Whether a job fits a worker's memory: asked before anything of it is read or computed.
import { jobMemoryBytes, krrShape } from "../schema/experiments/krr-cost.ts";
import { canReside, residentHostBytes } from "../schema/experiments/krr-device.ts";
import { ComputeError } from "../schema/failure.ts";
import type { StudyOrder } from "../schema/job.ts";
import type { ProviderName } from "../schema/provider.ts";

export interface Room {
  readonly provider: ProviderName;
  /** Memory that the worker's jobs may take together. */
  readonly memoryBytes: number;
}

/**
 * Refuses a job that takes more than the worker's memory, though it ran alone. What it takes of a
 * device is asked there, where the free memory is known (experiments/krr/resident/prepared.ts).
 *
 * @throws ComputeError resource does_not_fit: another worker may have more.
 */
export function requireRoom({ spec, data, plan }: StudyOrder, { provider, memoryBytes }: Room): void {
  if (spec.experiment !== "krr" || data === null) return;
  const shape = krrShape(spec, data, plan);
  const isResident = provider === "cuda" && canReside(spec);
  const bytes = isResident ? residentHostBytes(shape) : jobMemoryBytes(shape);
  if (bytes <= memoryBytes) return;
  const gigabytes = (count: number): string => `${(count / 2 ** 30).toPrecision(3)} GiB`;
  throw new ComputeError("resource", "does_not_fit",
    `a job with ${shape.train} training rows needs ${gigabytes(bytes)} of memory with ${provider}, ` +
      `this worker has ${gigabytes(memoryBytes)}: it needs one with more, or with a GPU`);
}
