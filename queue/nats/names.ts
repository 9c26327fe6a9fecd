// Every subject, stream and consumer name, from one prefix: deploy/nats.conf grants exactly these.
import type { Job, StudyKey } from "../../schema/job.ts";

export interface Names {
  readonly prefix: string;
  /** Streams. */
  readonly jobs: string;
  readonly reports: string;
  readonly orders: string;
  readonly files: string;
  readonly checkpoints: string;
  readonly quarantine: string;
  /** The stream of jobs' consumer, shared by all workers, and that of reports'. */
  readonly workers: string;
  readonly collector: string;
  /** Subjects. */
  readonly job: (job: Job) => string;
  readonly jobsOf: (study: StudyKey) => string;
  readonly report: (study: StudyKey) => string;
  readonly order: (study: StudyKey) => string;
  readonly file: (sha256: string) => string;
  readonly checkpoint: (job: Job) => string;
  readonly checkpointsOf: (study: StudyKey) => string;
  readonly cluster: string;
  readonly presence: string;
  /** Said by the coordinator when consumers are new, so that workers ask them at once. */
  readonly renewed: string;
  readonly quarantined: string;
  readonly inbox: (role: Role) => string;
}

export type Role = "worker" | "coordinator";

export function namesOf(prefix: string): Names {
  return {
    prefix,
    jobs: `${prefix}-jobs`,
    reports: `${prefix}-reports`,
    orders: `${prefix}-orders`,
    files: `${prefix}-files`,
    checkpoints: `${prefix}-checkpoints`,
    quarantine: `${prefix}-quarantine`,
    workers: "workers",
    collector: "collector",
    job: ({ study, number }) => `${prefix}.job.${study}.${number}`,
    jobsOf: (study) => `${prefix}.job.${study}.*`,
    report: (study) => `${prefix}.report.${study}`,
    order: (study) => `${prefix}.order.${study}`,
    file: (sha256) => `${prefix}.file.${sha256}`,
    checkpoint: ({ study, number }) => `${prefix}.checkpoint.${study}.${number}`,
    checkpointsOf: (study) => `${prefix}.checkpoint.${study}`,
    cluster: `${prefix}.cluster`,
    presence: `${prefix}.presence`,
    renewed: `${prefix}.renewed`,
    quarantined: `${prefix}.quarantine`,
    inbox: (role) => `${prefix}.inbox.${role}`,
  };
}
