// What of the machine a run may use, where the user says nothing.
import { demandOf } from "../schema/demand.ts";
import { type KrrShape, krrShape } from "../schema/experiments/krr-cost.ts";
import { UserError } from "../schema/failure.ts";
import type { StudyOrder } from "../schema/job.ts";

/** Prepared kernels a thread may keep between jobs: an eighth of the machine over all threads. */
const CACHE_SHARE = 1 / 8;
const CACHE_BYTES_MAX = 512 * 2 ** 20;

export function cacheBytesPerThread(memoryBytes: number, threads: number): number {
  return Math.min(CACHE_BYTES_MAX, Math.floor((memoryBytes * CACHE_SHARE) / threads));
}

/** The rest is the system's, the database's, and what threads keep between jobs. */
const COMPUTE_SHARE = 0.8;

/** What jobs may take of a machine's memory together. */
export function computeBytes(memoryBytes: number): number {
  return Math.floor(memoryBytes * COMPUTE_SHARE);
}

/** What decides a krr study's cost; null where the experiment costs nothing. */
export function shapeOf({ spec, data, plan }: StudyOrder): KrrShape | null {
  return spec.experiment === "krr" && data !== null ? krrShape(spec, data, plan) : null;
}

const trainRows = ({ spec }: StudyOrder): number => ("data" in spec ? spec.data.train : 0);

/**
 * How many of the threads asked for the machine has memory for, at a job's peak.
 *
 * @throws UserError if not even one fits.
 */
export function threadsThatFit(order: StudyOrder, asked: number, memoryBytes: number): number {
  const { hostBytes: bytes } = demandOf(order);
  if (bytes === 0) return asked;
  const room = Math.floor(computeBytes(memoryBytes) / bytes);
  if (room >= 1) return Math.min(asked, room);
  const gigabytes = (count: number): string => `${(count / 2 ** 30).toPrecision(3)} GiB`;
  throw new UserError(
    `data.train: a job with ${trainRows(order)} training rows needs ${gigabytes(bytes)} of memory, ` +
      `this machine has ${gigabytes(memoryBytes)}: expected fewer rows, or a machine with more`,
  );
}
