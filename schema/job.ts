// What crosses between coordinator and worker: an order (the study), jobs, attempts and results.
import { z } from "zod";
import type { ResultBlock } from "./column.ts";
import { DataDescription } from "./data.ts";
import { Failure } from "./failure.ts";
import { BreakEven, Plan } from "./plan.ts";
import { StudySpec } from "./study.ts";

export const StudyKey = z.string().regex(/^st_[0-9a-f]{16}$/, "not a study key").brand<"StudyKey">();
export type StudyKey = z.infer<typeof StudyKey>;

/** Everything a worker must know of a study to run its jobs. */
export const StudyOrder = z.strictObject({
  key: StudyKey,
  spec: StudySpec,
  plan: Plan,
  /** null where the experiment uses no data. */
  data: DataDescription.nullable(),
  /** Folder that the spec's relative paths start from, on the machine of the coordinator. */
  folder: z.string(),
});
export type StudyOrder = z.infer<typeof StudyOrder>;

export const Job = z.strictObject({ study: StudyKey, number: z.int().nonnegative() });
export type Job = z.infer<typeof Job>;

export const Timings = z.strictObject({
  /** Milliseconds spent in what the job's points share; 0 when it was cached. */
  prepareMs: z.number(),
  /** Milliseconds spent in measuring points. */
  measureMs: z.number(),
});
export type Timings = z.infer<typeof Timings>;

export const Outcome = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("done"), points: z.int().positive() }),
  /** A shutdown or a lost lease: the job goes back and burns no attempt. */
  z.strictObject({ kind: z.literal("interrupted") }),
  z.strictObject({ kind: z.literal("failed"), failure: Failure }),
]);
export type Outcome = z.infer<typeof Outcome>;

/**
 * Code of the failure of an attempt whose worker was never heard of again. Whoever is given the job
 * next reports it and does not run the job: the database decides whether there is another attempt.
 */
export const WORKER_LOST = "worker_lost";

/** One execution of one job, whatever came of it. */
export const Attempt = z.strictObject({
  job: Job,
  worker: z.string(),
  /** When the queue took the job in, by its clock: tells publications of one job apart. */
  publishedAt: z.number(),
  delivery: z.int().positive(),
  /** Milliseconds since the epoch, by the worker's clock. */
  startedAt: z.number(),
  finishedAt: z.number(),
  /** Who computed: a linear algebra provider, or a tensor backend and its device. */
  provider: z.string().min(1).max(200).nullable(),
  outcome: Outcome,
  timings: Timings,
});
export type Attempt = z.infer<typeof Attempt>;


/**
 * Rows of one job on their way to the database, or the end of an attempt, or both at once.
 * A job's reports may arrive twice or out of order: the store counts distinct rows.
 */
export interface Report {
  readonly job: Job;
  /** The rows are the points [offset, offset + status.length) of the job's box, in its order. */
  readonly offset: number;
  /** null when an attempt ends without rows. */
  readonly block: ResultBlock | null;
  /** Present on an attempt's last report. */
  readonly attempt: Attempt | null;
}

/** A GPU of a worker; null where nobody could tell. */
export const Gpu = z.strictObject({
  name: z.string(),
  /** Compute capability, such as 9.0; absent where nobody could tell. */
  capability: z.string().optional(),
  memoryBytes: z.number().nonnegative(),
  usedBytes: z.number().nonnegative().nullable(),
  /** Share of the last second or so in which it computed, in [0, 1]. */
  utilisation: z.number().min(0).max(1).nullable(),
  /** What `nearclone doctor` measured on its machine; absent where it did not. */
  breakEven: z.array(BreakEven).min(1).max(16).optional(),
});
export type Gpu = z.infer<typeof Gpu>;

/** How far a training run is: its last measured epoch. */
export const TrainingProgress = z.strictObject({
  point: z.int().nonnegative(),
  epoch: z.int().nonnegative(),
  epochs: z.int().positive(),
  cleanAccuracy: z.number().nullable(),
  attackSuccessRate: z.number().nullable(),
});
export type TrainingProgress = z.infer<typeof TrainingProgress>;

/** A job under way; `progress` once an epoch of it was measured. */
export const RunningJob = Job.extend({ progress: TrainingProgress.optional() });
export type RunningJob = z.infer<typeof RunningJob>;

/** A worker process as others see it; announced again every PRESENCE_EVERY_MS. */
export const Presence = z.strictObject({
  worker: z.string(),
  host: z.string(),
  version: z.string(),
  provider: z.string(),
  /** 0: it has ended in good order, and this is its goodbye. */
  slots: z.int().nonnegative(),
  /** Memory that its jobs may take together. */
  memoryBytes: z.number().positive(),
  gpus: z.array(Gpu).max(64),
  running: z.array(RunningJob),
});
export type Presence = z.infer<typeof Presence>;
