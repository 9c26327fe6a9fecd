// The queue's port, as a worker and as the coordinator see it.
//
// At least once, never exactly once: a job may run twice, a report may arrive twice, late or out
// of order. The queue is a delivery path only; Postgres knows what is done, and losing all of a
// queue's content costs time, never a point. test/contract/queue.ts examines every adapter.
import type { FileRecord } from "../schema/data.ts";
import type { JobSize } from "../schema/demand.ts";
import type { Job, Presence, Report, StudyKey, StudyOrder } from "../schema/job.ts";

/**
 * A worker's time-bounded claim on one job: after LEASE_MS without `renew` the job may also be
 * running elsewhere, so nothing may rely on being alone.
 */
export interface Lease {
  readonly job: Job;
  /** As the job's study was announced; small where it was not. */
  readonly size: JobSize;
  /** When the job was published, in milliseconds: no two publications of a job have the same. */
  readonly publishedAt: number;
  /**
   * 1 for the first delivery of this publication. More says that an earlier holder was not heard of
   * for LEASE_MS: there is no other way in which a job comes again.
   */
  readonly delivery: number;
  renew(): void;
  /** The job will not be delivered again unless it is published again. */
  done(): Promise<void>;
}

/** Whether something was kept, and if not, why. */
export type Kept = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Whether a job fits a worker: beside what it runs, once some of that has ended, or not at all. */
export type Fit = "now" | "later" | "never";

/** What a worker has for jobs, asked before one is taken and told as soon as one is. */
export interface Room {
  fitOf(size: JobSize): Fit;
  /** How many more of this size fit now: at least 1 where `fitOf` says so, else 0. */
  free(size: JobSize): number;
  take(size: JobSize): void;
}

/** Of a caller that takes whatever comes. */
export const ANY_ROOM: Room = { fitOf: () => "now", free: () => Number.POSITIVE_INFINITY, take: () => undefined };

/** What a worker may do: take jobs, learn what they mean, report, and say that it is there. */
export interface WorkerQueue {
  /** How long a lease lasts without a renewal, in milliseconds. */
  readonly leaseMs: number;
  /**
   * Waits for a job that fits `room`; null once `signal` aborts. Call only for a slot that is free.
   * Of sizes that fit, the largest goes first, and while one that waits fits later none smaller is
   * taken: otherwise small jobs would never leave room for a large one. Within a size jobs come in
   * order of publication. All callers of one worker have one room.
   */
  lease(signal: AbortSignal, room?: Room): Promise<Lease | null>;
  /**
   * Asks for no more jobs: `lease` gives null from now on. Resolves to those that were on their way
   * to a `lease` that was aborted; they are the caller's to hand on.
   */
  retire(): Promise<readonly Lease[]>;
  /** The order of a study whose job was leased. Throws if the coordinator never announced it. */
  order(study: StudyKey): Promise<StudyOrder>;
  /**
   * Keeps a job's checkpoint for whoever gets the job next, in place of the one before: all of it or
   * nothing. One try, since there will be another: a broker that is away or full keeps nothing. Ends
   * early once `signal` aborts.
   */
  saveCheckpoint(job: Job, bytes: Uint8Array, signal: AbortSignal): Promise<Kept>;
  /** The last checkpoint of a job that was kept whole; null where there is none, or no broker. */
  loadCheckpoint(job: Job): Promise<Uint8Array | null>;
  /** A data file's content in pieces, in order; null where the coordinator offers no such file. */
  file(sha256: string): Promise<AsyncIterable<Uint8Array> | null>;
  /**
   * Resolves once the queue holds the report durably; waits when the collector is behind or the
   * broker away, and rejects once the queue is closed. A report has at most `maxPoints` points.
   */
  report(report: Report): Promise<void>;
  /** Points that one report of `metricCount` metrics may carry: at least 1. */
  maxPoints(metricCount: number): number;
  announce(presence: Presence): Promise<void>;
  close(): Promise<void>;
}

/** A report as the collector gets it. Settle each exactly once. */
export interface Received {
  readonly report: Report;
  /** Stored: not to be delivered again. */
  accept(): Promise<void>;
  /** Not stored: to be delivered again. */
  refuse(): Promise<void>;
}

/** Reads the content of a file from its start, in pieces of any size. */
export type FilePieces = () => AsyncIterable<Uint8Array>;

/** What the coordinator may do. */
export interface CoordinatorQueue {
  /**
   * Makes a study's order known to workers; again when it changes. From then on its jobs are
   * published under the size of its demand (schema/demand.ts); under another they are withdrawn.
   */
  announce(order: StudyOrder): Promise<void>;
  /** Offers a data file to workers until `dropFile`; `pieces` is asked for what is not there yet. */
  offerFile(file: FileRecord, pieces: FilePieces): Promise<void>;
  /** Takes a file back. */
  dropFile(sha256: string): Promise<void>;
  /** Offers jobs to workers, in order. A job that is already waiting or leased stays as it is. */
  publish(jobs: readonly Job[]): Promise<void>;
  /**
   * Takes back what was published of a study and was never leased; resolves to these jobs. What is
   * leased keeps its lease, so that publishing it again meanwhile changes nothing.
   */
  withdraw(study: StudyKey): Promise<readonly Job[]>;
  /** Drops the checkpoint of a job, or of all jobs of a study; nothing happens where there is none. */
  dropCheckpoints(study: StudyKey, number?: number): Promise<void>;
  /** Waits for at least one report, then gives all that are there, at most `most`; [] on abort. */
  receive(most: number, signal: AbortSignal): Promise<readonly Received[]>;
  /** The workers heard of within the last PRESENCE_LAPSE_MS. */
  presences(): Promise<readonly Presence[]>;
  close(): Promise<void>;
}
