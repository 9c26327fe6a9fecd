// Limits with their units, and the relations between them that must hold.

/** Points one study may have: a point's index is a 32-bit integer column. */
export const STUDY_POINTS_MAX = 2_000_000_000;
/** Values on one axis. */
export const AXIS_VALUES_MAX = 1_000_000;
/** Points of one job: what one crash can cost. */
export const JOB_POINTS_MAX = 100_000;
/** Points of one report: what one message carries and one transaction stores. */
export const REPORT_POINTS_MAX = 10_000;

/** A worker's claim on a job lapses after this long without a renewal. */
export const LEASE_MS = 30_000;
export const RENEW_EVERY_MS = 10_000;
// Two renewals may be lost before a lease lapses: one dropped packet must not cost a job.
if (RENEW_EVERY_MS * 3 > LEASE_MS) throw new RangeError("RENEW_EVERY_MS is over LEASE_MS / 3");

/** A training job's checkpoint that travels through the queue: twice a ResNet of 8 million weights. */
export const CHECKPOINT_BYTES_MAX = 64 * 1024 * 1024;

/** Attempts that a job may burn before it is dead; interruptions burn none. */
export const JOB_ATTEMPTS_MAX = 3;

/** A worker says that it is there this often, and is thought gone after the lapse. */
export const PRESENCE_EVERY_MS = 5_000;
export const PRESENCE_LAPSE_MS = 16_000;
if (PRESENCE_EVERY_MS * 3 > PRESENCE_LAPSE_MS) {
  throw new RangeError("PRESENCE_EVERY_MS is over PRESENCE_LAPSE_MS / 3");
}
/** A job that failed waits this long before its next attempt, and twice as long each time after. */
export const JOB_RETRY_AFTER_MS = 1_000;
