// Reports and attempts as a worker would send them, made up.
import { metricsOf } from "../../schema/experiments/registry.ts";
import { boxSizes, pointCount } from "../../schema/grid.ts";
import type { Attempt, Job, Outcome, Report, StudyOrder } from "../../schema/job.ts";
import { boxOfJob } from "../../schema/plan.ts";

export interface Slice {
  readonly offset?: number;
  readonly rows?: number;
  /** The metrics of row `index` of the job's box, by column; default: a number of its own each. */
  readonly value?: (index: number, metric: number, number: number) => number;
  /** Index into STATUSES. */
  readonly status?: (index: number) => number;
  readonly attempt?: Attempt | null;
}

const ownNumber = (index: number, metric: number, job: number): number =>
  job + index / 1024 + metric / 1048576;

/** A report of rows of a job; by default of all its rows. */
export function reportOf(order: StudyOrder, number: number, slice: Slice = {}): Report {
  const { offset = 0, value = ownNumber, status = () => 0, attempt = null } = slice;
  const points = pointCount(boxSizes(boxOfJob(order.plan, number)));
  const { rows = points - offset } = slice;
  const names = metricsOf(order.spec).map(({ name }) => name);
  const columns = names.map(
    (name, metric) =>
      [
        name,
        Float64Array.from({ length: rows }, (_, i) => value(offset + i, metric, number)),
      ] as const,
  );
  const block = {
    status: Uint8Array.from({ length: rows }, (_, i) => status(offset + i)),
    metrics: Object.fromEntries(columns),
  };
  return { job: { study: order.key, number }, offset, block, attempt };
}

/** An attempt at a job that ended so; `delivery` tells several apart. */
export function attemptOf(job: Job, outcome: Outcome, delivery = 1): Attempt {
  return {
    job,
    worker: "worker-1",
    publishedAt: 1_700_000_000_000 - 1000 + delivery,
    delivery,
    startedAt: 1_700_000_000_000 + delivery,
    finishedAt: 1_700_000_001_000 + delivery,
    provider: null,
    outcome,
    timings: { prepareMs: 1.5, measureMs: 2.5 },
  };
}

/** The report that ends an attempt without rows. */
export function endOf(order: StudyOrder, number: number, outcome: Outcome, delivery = 1): Report {
  const job = { study: order.key, number };
  return { job, offset: 0, block: null, attempt: attemptOf(job, outcome, delivery) };
}

export const FAILED: Outcome = {
  kind: "failed",
  failure: { kind: "resource", code: "out_of_memory", message: "needs 9 GB, 8 GB are left" },
};
