// The states of studies and jobs, as the database's enums and everybody else spell them.
import { z } from "zod";

/** What a user wants of a study; the coordinator acts on it. */
export const DESIRED_STATES = ["active", "paused", "cancelled"] as const;
export const DesiredState = z.enum(DESIRED_STATES);
export type DesiredState = z.infer<typeof DesiredState>;

/**
 * Where a job is:
 * - `planned`: waits for the coordinator to publish it, not before `not_before`.
 * - `queued`: published; goes back to `planned` when the coordinator restarts, or its attempt
 *   fails or is interrupted.
 * - `done`: every point has its row; final.
 * - `dead`: burnt JOB_ATTEMPTS_MAX attempts; only a user's retry moves it to `planned`, or rows
 *   that arrive late and complete it to `done`.
 */
export const JOB_STATES = ["planned", "queued", "done", "dead"] as const;
export const JobState = z.enum(JOB_STATES);
export type JobState = z.infer<typeof JobState>;

/** How an attempt ended, as `Outcome.kind` says it. */
export const ATTEMPT_OUTCOMES = ["done", "interrupted", "failed"] as const;
