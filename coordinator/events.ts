// What the engine tells: one event a line of the log, a count of the metrics, or a note on a screen.
import type { Attempt, StudyKey } from "../schema/job.ts";

export type EngineEvent =
  | { readonly kind: "study taken up" | "study released" | "study complete"; readonly study: StudyKey; readonly name: string }
  /** Told once each: nobody who is there can take a study's jobs, and somebody who can has come. */
  | { readonly kind: "no worker large enough"; readonly study: StudyKey; readonly name: string; readonly why: string }
  | { readonly kind: "worker large enough"; readonly study: StudyKey; readonly name: string }
  /** A worker's attempt that is now in the database. */
  | { readonly kind: "attempt"; readonly attempt: Attempt; readonly isDead: boolean }
  /** Jobs published again because the queue may have lost them: harmless if it did not. */
  | { readonly kind: "republished"; readonly jobs: number; readonly why: string }
  /** A report that can never be stored. */
  | { readonly kind: "report rejected"; readonly study: StudyKey; readonly job: number; readonly why: string }
  /** ALARM: rows came again with other bits. */
  | { readonly kind: "conflict"; readonly rows: number }
  | { readonly kind: "database away"; readonly why: string }
  | { readonly kind: "database back" };

/** An event as one line for a person, or null for what only a log needs. */
export function eventText(event: EngineEvent): string | null {
  switch (event.kind) {
    case "report rejected":
      return `report not stored: study ${event.study} job ${event.job}: ${event.why}`;
    case "conflict":
      return `ALARM: ${event.rows} rows came again with other bits; those that were there were kept`;
    case "database away":
      return `${event.why}: trying again`;
    case "database back":
      return "the database is back";
    case "republished":
      return `published again: ${event.jobs} jobs: ${event.why}`;
    case "attempt":
      return event.isDead ? `job ${event.attempt.job.number} is dead: ${reasonOf(event.attempt)}` : null;
    case "no worker large enough":
      return `${event.name}: ${event.why}: none that is there has that`;
    case "study taken up":
    case "study released":
    case "study complete":
    case "worker large enough":
      return null;
  }
}

function reasonOf({ outcome }: Attempt): string {
  if (outcome.kind !== "failed") return outcome.kind;
  return outcome.failure.message.split("\n")[0] ?? outcome.failure.code;
}
