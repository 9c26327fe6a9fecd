// Publishing jobs and taking them back.
//
// A withdrawal deletes message by message. The server can purge by subject too, but 2.9 then loses
// sight of every other study's jobs (its consumer moves behind the last message and forgets what
// is leased), where a deleted message is settled like an acknowledged one, on every version.
import type { MsgHdrs } from "nats";
import { z } from "zod";
import type { JobSize } from "../../schema/demand.ts";
import { Job, type StudyKey } from "../../schema/job.ts";
import { decodeJson, encodeJson, type Stamp } from "../wire.ts";
import { stamped } from "./identity.ts";
import type { Link } from "./link.ts";
import { ERROR_CODES, isApiError } from "./problems.ts";
import { ConsumerState, JOBS_MAX } from "./streams.ts";

/** Requests under way at one time: enough to hide the way there and back. */
const GROUP_MAX = 1_000;

/** Jobs on their way, each under its size. */
interface Publication {
  readonly stamp: Stamp;
  readonly sizeOf: (study: StudyKey) => JobSize;
}

/** Publishes jobs in order. Resolves to those that are neither stored nor there: none, normally. */
export async function publishJobs(
  link: Link,
  jobs: readonly Job[],
  { stamp, sizeOf }: Publication,
): Promise<readonly Job[]> {
  const header = stamped(stamp);
  const subjectOf = (job: Job): string => link.names.job(job, sizeOf(job.study));
  const publishOne = (job: Job): Promise<Job | null> => publishTo(link, job, { header, subject: subjectOf(job) });
  const seekOne = async (job: Job): Promise<Job | null> => {
    const found = await link.retry(() => link.last(link.names.jobs, subjectOf(job)));
    return found === null ? job : null;
  };
  const refused = await inGroups(jobs, publishOne);
  // The server says of these that they are there already. Loss must be impossible even where its
  // count of messages per subject is wrong after a crash: so look, and publish again what is not.
  const absent = await inGroups(refused, seekOne);
  const again = await inGroups(absent, publishOne);
  return await inGroups(again, seekOne);
}

/**
 * Deletes those messages of a study that were never delivered, except those of the size `except`;
 * resolves to their jobs.
 *
 * A consumer delivers in the order of the stream, so what is behind its last delivery was not. What
 * is delivered between the two looks at that is deleted all the same: it goes on and never comes again.
 */
export async function withdrawJobs(
  link: Link,
  study: StudyKey,
  except: JobSize | null = null,
): Promise<readonly Job[]> {
  const { jobsOf, largeJobsOf, sizeIn } = link.names;
  const all = [...(await subjectsLike(link, jobsOf(study))), ...(await subjectsLike(link, largeJobsOf(study)))];
  const subjects = all.filter((subject) => sizeIn(subject) !== except);
  const sizes = [...new Set(subjects.map(sizeIn))];
  const before = await lastDelivered(link, sizes);
  const deleted = await inGroups(subjects, async (subject) => {
    const message = await link.retry(() => link.last(link.names.jobs, subject));
    const size = sizeIn(subject);
    if (message === null || message.sequence <= (before.get(size) ?? 0)) return null;
    await deleteOne(link, message.sequence);
    const job = decodeJson(Job, message.data);
    return job.ok ? { job: job.value, sequence: message.sequence, size } : null;
  });
  if (deleted.length === 0) return [];
  const after = await lastDelivered(link, sizes);
  return deleted.filter(({ sequence, size }) => sequence > (after.get(size) ?? 0)).map(({ job }) => job);
}

/** The stream's sequence number up to which jobs of each size were delivered; none without a consumer. */
async function lastDelivered(link: Link, sizes: readonly JobSize[]): Promise<ReadonlyMap<JobSize, number>> {
  const { jobs, workersOf } = link.names;
  const { consumerNotFound, streamNotFound } = ERROR_CODES;
  const delivered = new Map<JobSize, number>();
  for (const size of sizes) {
    try {
      const state = await link.retry(() => link.api(`CONSUMER.INFO.${jobs}.${workersOf(size)}`, ConsumerState));
      delivered.set(size, state.delivered.stream_seq);
    } catch (error) {
      if (!isApiError(error, consumerNotFound, streamNotFound)) throw error;
    }
  }
  return delivered;
}

/** The job if the server refused it as already there; null once it is stored. */
async function publishTo(
  link: Link,
  job: Job,
  { header, subject }: { readonly header: MsgHdrs; readonly subject: string },
): Promise<Job | null> {
  try {
    await link.retry(() => link.store(subject, encodeJson(job), header));
    return null;
  } catch (error) {
    if (!isApiError(error, ERROR_CODES.storeRefused)) throw error;
    if (error.message.includes("per subject")) return job;
    throw new Error(`${link.names.jobs}: full at ${JOBS_MAX} jobs: publish a smaller window`, {
      cause: error,
    });
  }
}

async function deleteOne(link: Link, sequence: number): Promise<void> {
  const call = `STREAM.MSG.DELETE.${link.names.jobs}`;
  const { sequenceNotFound, deleteFailed, streamNotFound } = ERROR_CODES;
  try {
    await link.retry(() => link.api(call, z.unknown(), { seq: sequence, no_erase: true }));
  } catch (error) {
    // Acknowledged in the meantime, or gone with its stream.
    if (!isApiError(error, sequenceNotFound, deleteFailed, streamNotFound)) throw error;
  }
}

const Subjects = z.looseObject({
  total: z.number().default(0),
  state: z.looseObject({ subjects: z.record(z.string(), z.number()).nullish() }),
});

async function subjectsLike(link: Link, filter: string): Promise<string[]> {
  const call = `STREAM.INFO.${link.names.jobs}`;
  const subjects: string[] = [];
  try {
    for (;;) {
      const body = { subjects_filter: filter, offset: subjects.length };
      const { state, total } = await link.retry(() => link.api(call, Subjects, body));
      const page = Object.keys(state.subjects ?? {});
      subjects.push(...page);
      if (page.length === 0 || subjects.length >= total) return subjects;
    }
  } catch (error) {
    if (isApiError(error, ERROR_CODES.streamNotFound)) return []; // a new one will be empty
    throw error;
  }
}

/** What `action` gives of each item, null left out, GROUP_MAX items at a time and in order. */
async function inGroups<Item, Value>(
  items: readonly Item[],
  action: (item: Item) => Promise<Value | null>,
): Promise<Value[]> {
  const values: Value[] = [];
  for (let start = 0; start < items.length; start += GROUP_MAX) {
    const group = await Promise.all(items.slice(start, start + GROUP_MAX).map(action));
    for (const value of group) if (value !== null) values.push(value);
  }
  return values;
}
