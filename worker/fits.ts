// Whether a job fits a worker's memory: asked before anything of it is read or computed.
import { demandOf, hostBytesOn } from "../schema/demand.ts";
import { ComputeError } from "../schema/failure.ts";
import type { StudyOrder } from "../schema/job.ts";
import type { ProviderName } from "../schema/provider.ts";

export interface Room {
  readonly provider: ProviderName;
  /** Memory that the worker's jobs may take together. */
  readonly memoryBytes: number;
}

/**
 * Refuses a job that takes more than the worker's memory, though it ran alone: the last guard, since
 * a worker asks only for sizes that fit (room.ts). What it takes of a device is asked there, where
 * the free memory is known (experiments/krr/resident/prepared.ts).
 *
 * @throws ComputeError resource does_not_fit: another worker may have more.
 */
export function requireRoom(order: StudyOrder, { provider, memoryBytes }: Room): void {
  const bytes = hostBytesOn(demandOf(order), { provider });
  if (bytes <= memoryBytes) return;
  const rows = "data" in order.spec ? order.spec.data.train : 0;
  const gigabytes = (count: number): string => `${(count / 2 ** 30).toPrecision(3)} GiB`;
  throw new ComputeError("resource", "does_not_fit",
    `a job with ${rows} training rows needs ${gigabytes(bytes)} of memory with ${provider}, ` +
      `this worker has ${gigabytes(memoryBytes)}: it needs one with more, or with a GPU`);
}
