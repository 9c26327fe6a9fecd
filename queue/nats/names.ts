// Every subject, stream and consumer name, from one prefix: deploy/nats.conf grants exactly these.
import { JobSize, SMALL } from "../../schema/demand.ts";
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
  /** Consumers of jobs, one for each size, shared by all workers, and that of reports'. */
  readonly workers: string;
  readonly workersOf: (size: JobSize) => string;
  readonly collector: string;
  /** Subjects. */
  readonly job: (job: Job, size?: JobSize) => string;
  /** Of a study's jobs, or of all, of one size. */
  readonly jobsOf: (study: StudyKey | "*", size?: JobSize) => string;
  /** Of a study's jobs of any size but small. */
  readonly largeJobsOf: (study: StudyKey | "*") => string;
  /** The size that a job's subject names. */
  readonly sizeIn: (subject: string) => JobSize;
  readonly report: (study: StudyKey) => string;
  readonly order: (study: StudyKey) => string;
  readonly file: (sha256: string) => string;
  readonly checkpoint: (job: Job) => string;
  readonly checkpointsOf: (study: StudyKey) => string;
  readonly cluster: string;
  readonly presence: string;
  /** Said by the coordinator when consumers are new, so that workers ask them at once. */
  readonly renewed: string;
  /** Said by the coordinator: the sizes of jobs that are there beyond small ones. */
  readonly sizes: string;
  readonly quarantined: string;
  readonly inbox: (role: Role) => string;
}

export type Role = "worker" | "coordinator";

export function namesOf(prefix: string): Names {
  const jobs = (size: JobSize): string => size === SMALL ? `${prefix}.job` : `${prefix}.large.${size}`;
  return {
    prefix,
    jobs: `${prefix}-jobs`,
    reports: `${prefix}-reports`,
    orders: `${prefix}-orders`,
    files: `${prefix}-files`,
    checkpoints: `${prefix}-checkpoints`,
    quarantine: `${prefix}-quarantine`,
    workers: "workers",
    workersOf: (size) => (size === SMALL ? "workers" : `workers-${size}`),
    collector: "collector",
    job: ({ study, number }, size = SMALL) => `${jobs(size)}.${study}.${number}`,
    jobsOf: (study, size = SMALL) => `${jobs(size)}.${study}.*`,
    largeJobsOf: (study) => `${prefix}.large.*.${study}.*`,
    sizeIn: (subject) => {
      const [, kind, size] = subject.split(".");
      const parsed = kind === "large" ? JobSize.safeParse(size) : null;
      return parsed?.success === true ? parsed.data : SMALL;
    },
    report: (study) => `${prefix}.report.${study}`,
    order: (study) => `${prefix}.order.${study}`,
    file: (sha256) => `${prefix}.file.${sha256}`,
    checkpoint: ({ study, number }) => `${prefix}.checkpoint.${study}.${number}`,
    checkpointsOf: (study) => `${prefix}.checkpoint.${study}`,
    cluster: `${prefix}.cluster`,
    presence: `${prefix}.presence`,
    renewed: `${prefix}.renewed`,
    sizes: `${prefix}.sizes`,
    quarantined: `${prefix}.quarantine`,
    inbox: (role) => `${prefix}.inbox.${role}`,
  };
}
