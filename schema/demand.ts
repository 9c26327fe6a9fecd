// What one job takes of a machine's memory, and which machines have that much.
//
// A queue cannot compare bytes, so a job travels under a size: what it takes, rounded up by at most
// a sixteenth. Up to SMALL_BYTES every job is "small", and every worker takes it. With `cuda` a job
// may leave its matrices on the device: a size then says both what it takes with and without.
import { z } from "zod";
import { jobMemoryBytes, krrShape } from "./experiments/krr-cost.ts";
import { canReside, residentHostBytes, residentMemoryBytes, residentRoute } from "./experiments/krr-device.ts";
import type { Presence, StudyOrder } from "./job.ts";
import { trainsNetworks } from "./study.ts";

/** At the peak of one job on one thread, what threads keep between jobs apart. */
export interface Demand {
  /** Of the machine's memory, where it computes itself. */
  readonly hostBytes: number;
  /** Where a device holds the job's matrices; null where none can. */
  readonly resident: { readonly hostBytes: number; readonly deviceBytes: number } | null;
}

const MIB = 2 ** 20;
/** Up to this a job fits every worker. */
export const SMALL_BYTES = 1024 * MIB;
/** Sizes between two powers of two. */
const STEPS = 16;
/** Of a device's memory: its driver and libraries take the rest. */
const DEVICE_SHARE = 0.95;

/** Of networks only what their rows take: tensors come on top. */
export function demandOf({ spec, data, plan }: StudyOrder): Demand {
  if (data === null) return { hostBytes: 0, resident: null };
  if (trainsNetworks(spec)) {
    // Rows are drawn in float64 and kept in float32; test rows are kept once more, with and without trigger.
    const { train, test } = spec.data;
    return { hostBytes: ((8 + 4) * (train + test) + 2 * 4 * test) * data.dimension, resident: null };
  }
  if (spec.experiment !== "krr") return { hostBytes: 0, resident: null };
  const shape = krrShape(spec, data, plan);
  const route = residentRoute(spec, plan, shape.systems);
  return {
    hostBytes: jobMemoryBytes(shape),
    resident: canReside(spec)
      ? { hostBytes: residentHostBytes(shape), deviceBytes: residentMemoryBytes(shape, route) }
      : null,
  };
}

/** A job's size as a word: `small`, or MiB of the host's memory and, with a device, of host and device. */
export const JobSize = z.string().regex(/^(small|[1-9]\d{3,9}(-\d{1,10}-\d{1,10})?)$/, "not a job's size").brand<"JobSize">();
export type JobSize = z.infer<typeof JobSize>;
export const SMALL: JobSize = JobSize.parse("small");

/** The size under which jobs of this demand travel. */
export function sizeOf({ hostBytes, resident }: Demand): JobSize {
  if (hostBytes <= SMALL_BYTES) return SMALL;
  const parts = resident === null ? [hostBytes] : [hostBytes, resident.hostBytes, resident.deviceBytes];
  return JobSize.parse(parts.map((bytes) => String(roundedUp(bytes / MIB))).join("-"));
}

function roundedUp(mebibytes: number): number {
  const step = Math.max(1, 2 ** Math.floor(Math.log2(Math.max(1, mebibytes))) / STEPS);
  return Math.ceil(mebibytes / step) * step;
}

/** The most that a job of this size takes. */
export function demandOfSize(size: JobSize): Demand {
  if (size === SMALL) return { hostBytes: SMALL_BYTES, resident: null };
  const [host = 0, residentHost, device] = size.split("-").map((part) => Number(part) * MIB);
  const resident = residentHost === undefined || device === undefined
    ? null : { hostBytes: residentHost, deviceBytes: device };
  return { hostBytes: host, resident };
}

/** Sizes with the largest first. */
export function largestFirst(a: JobSize, b: JobSize): number {
  return demandOfSize(b).hostBytes - demandOfSize(a).hostBytes || (a < b ? -1 : a > b ? 1 : 0);
}

/** What decides which jobs a worker can take. */
export type Machine = Pick<Presence, "provider" | "memoryBytes" | "slots"> & {
  readonly gpus: readonly { readonly memoryBytes: number }[];
};

/** Bytes of the machine's own memory that a job takes there. */
export function hostBytesOn({ hostBytes, resident }: Demand, { provider }: Pick<Machine, "provider">): number {
  return provider === "cuda" && resident !== null ? resident.hostBytes : hostBytes;
}

/** How many jobs of one size a machine can run at one time: none where a single one does not fit. */
export function jobsAtOnce(size: JobSize, machine: Machine): number {
  if (size === SMALL) return machine.slots;
  const demand = demandOfSize(size);
  // Any of its processes may get the job, so its least GPU must have room; one that tells nothing has.
  const deviceBytes = Math.min(...machine.gpus.map(({ memoryBytes }) => memoryBytes));
  const isOnDevice = machine.provider === "cuda" && demand.resident !== null;
  if (isOnDevice && demand.resident.deviceBytes > deviceBytes * DEVICE_SHARE) return 0;
  return Math.min(machine.slots, Math.floor(machine.memoryBytes / hostBytesOn(demand, machine)));
}
