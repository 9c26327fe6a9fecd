// What of the machine a run may use, where the user says nothing.
import { jobMemoryBytes, type KrrShape, krrShape } from "../schema/experiments/krr-cost.ts";
import { UserError } from "../schema/failure.ts";
import type { StudyOrder } from "../schema/job.ts";

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

/**
 * How many of the threads asked for the machine has memory for, at a job's peak.
 *
 * @throws UserError if not even one fits.
 */
export function threadsThatFit(order: StudyOrder, asked: number, memoryBytes: number): number {
  const shape = shapeOf(order);
  if (shape === null) return asked;
  const bytes = jobMemoryBytes(shape);
  const room = Math.floor((memoryBytes * COMPUTE_SHARE) / bytes);
  if (room >= 1) return Math.min(asked, room);
  const gigabytes = (count: number): string => `${(count / 2 ** 30).toPrecision(3)} GiB`;
  throw new UserError(
    `data.train: a job with ${shape.train} training rows needs ${gigabytes(bytes)} of memory, ` +
      `this machine has ${gigabytes(memoryBytes)}: expected fewer rows, or a machine with more`,
  );
}
