// What of the machine a run may use, where the user says nothing.
import { jobMemoryBytes, type KrrShape, krrShape } from "../schema/experiments/krr-cost.ts";
import { UserError } from "../schema/failure.ts";
import type { StudyOrder } from "../schema/job.ts";
import { trainsNetworks } from "../schema/study.ts";

/** Prepared kernels a thread may keep between jobs: an eighth of the machine over all threads. */
const CACHE_SHARE = 1 / 8;
const CACHE_BYTES_MAX = 512 * 2 ** 20;

export function cacheBytesPerThread(memoryBytes: number, threads: number): number {
  return Math.min(CACHE_BYTES_MAX, Math.floor((memoryBytes * CACHE_SHARE) / threads));
}

/** Left to the system, the database and the queue. */
const COMPUTE_SHARE = 0.8;

/** What decides a krr study's cost; null where the experiment costs nothing. */
export function shapeOf({ spec, data, plan }: StudyOrder): KrrShape | null {
  return spec.experiment === "krr" && data !== null ? krrShape(spec, data, plan) : null;
}

/** Memory of a job at its peak; of networks, what their rows take: tensors come on top. */
function jobBytes(order: StudyOrder): number | null {
  const { spec, data } = order;
  const shape = shapeOf(order);
  if (shape !== null) return jobMemoryBytes(shape);
  if (!trainsNetworks(spec) || data === null) return null;
  // Rows are drawn in float64 and kept in float32; test rows are kept once more, with and without trigger.
  const { train, test } = spec.data;
  return ((8 + 4) * (train + test) + 2 * 4 * test) * data.dimension;
}

const trainRows = ({ spec }: StudyOrder): number => ("data" in spec ? spec.data.train : 0);

/**
 * How many of the threads asked for the machine has memory for, at a job's peak.
 *
 * @throws UserError if not even one fits.
 */
export function threadsThatFit(order: StudyOrder, asked: number, memoryBytes: number): number {
  const bytes = jobBytes(order);
  if (bytes === null) return asked;
  const room = Math.floor((memoryBytes * COMPUTE_SHARE) / bytes);
  if (room >= 1) return Math.min(asked, room);
  const gigabytes = (count: number): string => `${(count / 2 ** 30).toPrecision(3)} GiB`;
  throw new UserError(
    `data.train: a job with ${trainRows(order)} training rows needs ${gigabytes(bytes)} of memory, ` +
      `this machine has ${gigabytes(memoryBytes)}: expected fewer rows, or a machine with more`,
  );
}
