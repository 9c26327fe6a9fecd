// What a coordinator of a cluster tells, as lines of its log.
import type { QueueEvent } from "../queue/nats.ts";
import type { Presence } from "../schema/job.ts";
import { type EngineEvent, eventText } from "./events.ts";
import type { Log, LogFields, LogLevel } from "./log.ts";

/** What a cluster tells beyond its engine's events. */
export type ClusterEvent =
  | EngineEvent
  | { readonly kind: "standby" | "leading" | "lead lost" }
  | { readonly kind: "worker joined" | "worker left" | "worker lost"; readonly presence: Presence }
  | { readonly kind: "file missing"; readonly study: string; readonly sha256: string; readonly path: string }
  | { readonly kind: "queue"; readonly event: QueueEvent };

/** Writes an event as one line, with study, job, attempt and worker where it has them. */
export function logEvent(log: Log, event: ClusterEvent): void {
  const { level, message, fields } = lineOf(event);
  log(level, message, fields);
}

interface Line {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

function lineOf(event: ClusterEvent): Line {
  switch (event.kind) {
    case "study taken up":
    case "study released":
    case "study complete":
    case "worker large enough":
      return { level: "info", message: event.kind, fields: { study: event.study, name: event.name } };
    case "no worker large enough":
      return { level: "warn", message: event.kind, fields: { study: event.study, name: event.name, why: event.why } };
    case "attempt":
      return attemptLine(event);
    case "report rejected":
      return { level: "error", message: event.kind, fields: { study: event.study, job: event.job, why: event.why } };
    case "conflict":
      return { level: "error", message: eventText(event) ?? event.kind, fields: { rows: event.rows } };
    case "republished":
      return { level: "info", message: "jobs published again", fields: { jobs: event.jobs, why: event.why } };
    case "database away":
      return { level: "warn", message: event.kind, fields: { why: event.why } };
    case "file missing":
      return {
        level: "error",
        message: "a data file is not in the database: nearclone submit stores it",
        fields: { study: event.study, sha256: event.sha256, path: event.path },
      };
    case "worker joined":
    case "worker left":
      return { level: "info", message: event.kind, fields: workerFields(event.presence) };
    case "worker lost":
      return { level: "warn", message: event.kind, fields: { ...workerFields(event.presence), runs: runsOf(event.presence) } };
    case "queue":
      return queueLine(event.event);
    case "standby":
      return { level: "info", message: "standby: another coordinator leads, or nearclone run is at work", fields: {} };
    case "database back":
    case "leading":
    case "lead lost":
      return { level: event.kind === "lead lost" ? "warn" : "info", message: event.kind, fields: {} };
  }
}

function attemptLine({ attempt, isDead }: Extract<ClusterEvent, { kind: "attempt" }>): Line {
  const { job, worker, delivery, outcome, timings, publishedAt } = attempt;
  const failure = outcome.kind === "failed"
    ? { code: outcome.failure.code, why: outcome.failure.message.split("\n")[0] }
    : {};
  return {
    level: isDead ? "error" : outcome.kind === "failed" ? "warn" : "debug",
    message: isDead ? "job dead" : `attempt ${outcome.kind}`,
    fields: {
      study: job.study, job: job.number, worker, attempt: `${Math.floor(publishedAt)}/${delivery}`,
      ms: Math.round(timings.prepareMs + timings.measureMs), ...failure,
    },
  };
}

function workerFields({ worker, host, version, provider, slots, gpus }: Presence): LogFields {
  return { worker, host, version, provider, slots, gpus: gpus.length };
}

/** Of the jobs that it ran last, which come again once their leases lapse. */
function runsOf({ running }: Presence): readonly string[] {
  return running.map(({ study, number }) => `${study}/${number}`);
}

function queueLine(event: QueueEvent): Line {
  const { kind, ...fields } = event;
  const level = kind === "quarantined" || kind === "trouble" || kind === "disconnected" ? "warn" : "info";
  return { level, message: `queue ${kind}`, fields };
}
