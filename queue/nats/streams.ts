// The streams and consumers that a cluster lives on: every option said, none left to a default.
//
// A job is the only message of its subject (discard new per subject, since 2.9), so publishing one
// that waits or is leased is refused by the server itself: exact, and without a window of time in
// which a job that was lost could not be published again. Jobs and reports leave their streams when
// they are acknowledged. Sizes are tight, since only a window of jobs is ever published.
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  nanos,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "nats";
import { z } from "zod";
import type { JobSize } from "../../schema/demand.ts";
import { UserError } from "../../schema/failure.ts";
import { REPORT_BYTES_MAX } from "../wire.ts";
import type { Link } from "./link.ts";
import type { Names } from "./names.ts";
import type { QueueTimes } from "./options.ts";
import { type ApiError, ERROR_CODES, isApiError } from "./problems.ts";

const MIB = 1024 * 1024;
/** Jobs published and not done. */
export const JOBS_MAX = 200_000;
const JOBS_BYTES_MAX = 128 * MIB;
/** Reports not yet accepted: when it is full, workers wait. */
export const REPORTS_BYTES_MAX = 256 * MIB;
const ORDERS_BYTES_MAX = 256 * MIB;
/** All checkpoints, each of them twice while it is replaced: when it is full, none is kept. */
export const CHECKPOINTS_BYTES_MAX = 512 * MIB;
/** A job that nobody took up again for so long starts anew. */
const CHECKPOINTS_MS = 7 * 86_400_000;
const QUARANTINE_MAX = 1_000;
const QUARANTINE_BYTES_MAX = 32 * MIB;
const QUARANTINE_MS = 30 * 86_400_000;
/** No message carries an id to be deduplicated by; the server wants a window all the same. */
const DUPLICATE_WINDOW_MS = 1_000;
/** Leases, and reports being stored, at one time. */
const ACK_PENDING_MAX = 100_000;
/** Free slots that wait for a job at one time. */
const WAITING_MAX = 65_536;

export interface StreamSizes {
  readonly replicas: number;
  readonly reportsBytesMax: number;
  readonly checkpointsBytesMax: number;
}

export type StreamWanted = Partial<StreamConfig> & Pick<StreamConfig, "name">;
export type ConsumerWanted = Partial<ConsumerConfig> & { readonly durable_name: string };

const common = ({ replicas }: StreamSizes): Partial<StreamConfig> => ({
  storage: StorageType.File,
  num_replicas: replicas,
  max_age: 0,
  max_consumers: -1,
  duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  deny_delete: false,
  deny_purge: false,
});

export function ordersStream(names: Names, sizes: StreamSizes): StreamWanted {
  return {
    ...common(sizes),
    name: names.orders,
    description: "nearclone: what studies mean, and whose prefix this is",
    subjects: [`${names.prefix}.order.>`, names.cluster],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_msgs_per_subject: 1,
    max_msgs: -1,
    max_bytes: ORDERS_BYTES_MAX,
    max_msg_size: -1,
  };
}

export function filesStream(names: Names, sizes: StreamSizes): StreamWanted {
  return {
    ...common(sizes),
    name: names.files,
    description: "nearclone: data files that workers may lack",
    subjects: [`${names.prefix}.file.>`],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_msgs_per_subject: 1,
    max_msgs: -1,
    max_bytes: -1, // a data set may be of any size: the server's limit is the limit
    max_msg_size: -1,
  };
}

export function checkpointsStream(names: Names, sizes: StreamSizes): StreamWanted {
  return {
    ...common(sizes),
    name: names.checkpoints,
    description: "nearclone: training runs, to go on with after a loss",
    subjects: [`${names.prefix}.checkpoint.>`],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_msgs_per_subject: 1,
    max_msgs: -1,
    max_bytes: sizes.checkpointsBytesMax,
    max_age: nanos(CHECKPOINTS_MS),
    max_msg_size: -1,
  };
}

export function jobsStream(names: Names, sizes: StreamSizes): StreamWanted {
  return {
    ...common(sizes),
    name: names.jobs,
    description: "nearclone: jobs that wait or are leased",
    subjects: [names.jobsOf("*"), names.largeJobsOf("*")],
    retention: RetentionPolicy.Workqueue,
    discard: DiscardPolicy.New,
    discard_new_per_subject: true,
    max_msgs_per_subject: 1,
    max_msgs: JOBS_MAX,
    max_bytes: JOBS_BYTES_MAX,
    max_msg_size: 4_096,
  };
}

export function reportsStream(names: Names, sizes: StreamSizes): StreamWanted {
  return {
    ...common(sizes),
    name: names.reports,
    description: "nearclone: results that are not in the database yet",
    subjects: [`${names.prefix}.report.*`],
    retention: RetentionPolicy.Workqueue,
    discard: DiscardPolicy.New,
    max_msgs_per_subject: -1,
    max_msgs: -1,
    max_bytes: sizes.reportsBytesMax,
    max_msg_size: REPORT_BYTES_MAX,
  };
}

export function quarantineStream(names: Names, sizes: StreamSizes): StreamWanted {
  return {
    ...common(sizes),
    name: names.quarantine,
    description: "nearclone: messages that could not be used, with reason and sender",
    subjects: [names.quarantined],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_msgs_per_subject: -1,
    max_msgs: QUARANTINE_MAX,
    max_bytes: QUARANTINE_BYTES_MAX,
    max_age: nanos(QUARANTINE_MS),
    max_msg_size: -1,
  };
}

/** All workers share one; `ackMs` is how long a message may go without a word. */
function consumerOf(name: string, ackMs: number, filter = ""): ConsumerWanted {
  return {
    durable_name: name,
    filter_subject: filter,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackMs),
    deliver_policy: DeliverPolicy.All,
    replay_policy: ReplayPolicy.Instant,
    // The database decides which job is dead; the broker would drop it without a word.
    max_deliver: -1,
    max_ack_pending: ACK_PENDING_MAX,
    max_waiting: WAITING_MAX,
  };
}

/** Of jobs of one size: consumers of a work queue may not overlap. */
export const jobConsumer = (names: Names, times: QueueTimes, size: JobSize): ConsumerWanted =>
  consumerOf(names.workersOf(size), times.leaseMs, names.jobsOf("*", size));
export const reportConsumer = (names: Names, times: QueueTimes): ConsumerWanted =>
  consumerOf(names.collector, times.collectMs);

const count = z.int().nonnegative();
const Described = z.looseObject({ config: z.record(z.string(), z.unknown()) });
export const StreamState = z.looseObject({
  state: z.looseObject({ messages: count, first_seq: count, last_seq: count }),
});
export const ConsumerState = z.looseObject({
  num_pending: count,
  num_ack_pending: count,
  num_waiting: count,
  delivered: z.looseObject({ consumer_seq: count, stream_seq: count }),
  ack_floor: z.looseObject({ stream_seq: count }),
});
export type ConsumerState = z.infer<typeof ConsumerState>;

/** Whether a stream is there; what differs in it is changed to what is wanted. */
export async function hasStream(link: Link, wanted: StreamWanted): Promise<boolean> {
  const { name } = wanted;
  try {
    const { config } = await link.api(`STREAM.INFO.${name}`, Described);
    if (differs(config, wanted)) {
      await link.api(`STREAM.UPDATE.${name}`, z.unknown(), { ...config, ...wanted });
    }
    return true;
  } catch (error) {
    if (!isApiError(error, ERROR_CODES.streamNotFound)) throw error;
    return false;
  }
}

export async function makeStream(link: Link, wanted: StreamWanted): Promise<void> {
  await link.api(`STREAM.CREATE.${wanted.name}`, z.unknown(), wanted);
}

/** Removes a stream; resolves when the server is done with it. */
export async function removeStream(link: Link, name: string): Promise<void> {
  try {
    await link.api(`STREAM.DELETE.${name}`, z.unknown());
  } catch (error) {
    if (!isApiError(error, ERROR_CODES.streamNotFound)) throw error;
  }
}

/** Whether a consumer is there; one with other settings is removed. */
export async function hasConsumer(
  link: Link,
  stream: string,
  wanted: ConsumerWanted,
): Promise<"there" | "missing" | "removed"> {
  const at = `${stream}.${wanted.durable_name}`;
  try {
    const { config } = await link.api(`CONSUMER.INFO.${at}`, Described);
    if (!differs(config, wanted)) return "there";
    await link.api(`CONSUMER.DELETE.${at}`, z.unknown());
    return "removed";
  } catch (error) {
    if (!isApiError(error, ERROR_CODES.consumerNotFound)) throw error;
    return "missing";
  }
}

export async function makeConsumer(
  link: Link,
  stream: string,
  wanted: ConsumerWanted,
): Promise<void> {
  const call = `CONSUMER.DURABLE.CREATE.${stream}.${wanted.durable_name}`;
  await link.api(call, z.unknown(), { stream_name: stream, config: wanted });
}

/** A server leaves out what is false, empty or zero. */
function differs(config: Readonly<Record<string, unknown>>, wanted: object): boolean {
  return Object.entries(wanted).some(([key, value]) => {
    const isEmpty = value === false || value === 0 || value === "";
    return config[key] === undefined
      ? !isEmpty
      : JSON.stringify(config[key]) !== JSON.stringify(value);
  });
}

/** What a stream that cannot be made or changed means to whoever starts the coordinator. */
export function unusable(link: Link, error: ApiError): UserError {
  if (error.errorCode === ERROR_CODES.insufficientStorage) {
    return new UserError(
      `${link.server}: no room for streams: ${error.message}: ` +
        "raise max_file_store in the server's jetstream block",
    );
  }
  return new UserError(
    `${link.server}: a stream is there and not as nearclone needs it: ${error.message}: ` +
      `remove the streams "${link.names.prefix}-…" or choose another prefix`,
  );
}
