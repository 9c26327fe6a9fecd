// Whether a round ended as an undisturbed one: the same bits, nothing dead, nothing unexplained.
import { z } from "zod";
import type { Store } from "../../coordinator/store/port.ts";
import { WORKER_LOST } from "../../schema/job.ts";
import type { Cluster } from "./cluster.ts";
import type { Fault } from "./fault.ts";
import { pause } from "./fault.ts";
import type { Expected } from "./studies.ts";

const LOOK_EVERY_MS = 100;

export class Stuck extends Error {}

/** Share of the points stored, of all studies; null while the database cannot be asked. */
export async function storedShare(store: Store, studies: readonly Expected[]): Promise<number | null> {
  try {
    const all = await Promise.all(studies.map(({ order }) => store.progress(order.key)));
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    return sum(all.map(({ stored }) => stored)) / sum(all.map(({ points }) => points));
  } catch {
    return null;
  }
}

/** Waits until `share` of the points is stored. Throws Stuck once `deadline` aborts. */
export async function untilStored(
  store: Store,
  studies: readonly Expected[],
  { share, deadline }: { readonly share: number; readonly deadline: AbortSignal },
): Promise<void> {
  for (;;) {
    const stored = await storedShare(store, studies);
    if (stored !== null && stored >= share) return;
    if (deadline.aborted) throw new Stuck(`stored ${stored} of the points, waiting for ${share}`);
    await pause(LOOK_EVERY_MS);
  }
}

const JobLine = z.tuple([z.int(), z.int(), z.int(), z.int(), z.int()]);
const FailureLine = z.tuple([z.int(), z.string(), z.string()]);

/** Everything about a finished study that an undisturbed one would not show; [] if all is well. */
async function complaintsAbout(cluster: Cluster, study: Expected, fault: Fault): Promise<Complaints> {
  const { store } = cluster;
  const { key, plan } = study.order;
  const found: string[] = [];
  const stored = await store.study(key);
  const { jobs } = await store.progress(key);
  if (jobs.done !== plan.jobs) found.push(`jobs ${JSON.stringify(jobs)}, expected ${plan.jobs} done`);
  if (stored?.finishedAt === null) found.push("all rows are there, but the study is not finished");
  if (stored?.conflicts !== 0) found.push(`${stored?.conflicts} rows arrived with other bits`);
  const checksum = await store.checksum(key);
  if (checksum !== study.checksum) found.push(`checksum ${checksum}, expected ${study.checksum}`);
  const which = `study = (select id from study where key = '${key}')`;
  const lines = await query(store, JobLine,
    `select j.number, j.attempts,
       count(*) filter (where exists (select from attempt other where other.study = a.study
         and other.job = a.job and other.published_at = a.published_at
         and a.failure_code = '${WORKER_LOST}' and other.id <> a.id))::int,
       count(*) filter (where a.outcome = 'done')::int, count(*) filter (where a.outcome = 'failed')::int
     from job j left join attempt a on a.study = j.study and a.job = j.number
     where j.${which} group by 1, 2 order by 1`);
  let repeated = 0;
  for (const [number, burnt, undead, done, failed] of lines) {
    if (done === 0) found.push(`job ${number} is done without an attempt that did it`);
    if (burnt !== failed) found.push(`job ${number} burnt ${burnt} attempts, ${failed} failed`);
    if (undead > 0) found.push(`job ${number} was given up for lost, and its worker reported it`);
    repeated += done - 1;
  }
  const failures = await query(store, FailureLine,
    `select job, failure_code, failure_message from attempt where outcome = 'failed' and ${which}`);
  const lost = failures.filter(([, code]) => code === WORKER_LOST).length;
  for (const [job, code, message] of failures) {
    const isAllowed = code === WORKER_LOST || fault.mayFail?.includes(code) === true;
    if (!isAllowed) found.push(`job ${job} failed with ${code}: ${message.slice(0, 200)}`);
  }
  return { found: found.map((one) => `${study.name}: ${one}`), repeated, lost, burnt: failures.length };
}

interface Complaints {
  readonly found: readonly string[];
  /** Jobs done once more than needed. */
  readonly repeated: number;
  /** Executions whose worker fell silent. */
  readonly lost: number;
  /** Attempts that failed, those included. */
  readonly burnt: number;
}

export interface Verdict extends Omit<Complaints, "found"> {
  readonly complaints: readonly string[];
}

export async function examine(
  cluster: Cluster,
  studies: readonly Expected[],
  fault: Fault,
): Promise<Verdict> {
  const all = await Promise.all(studies.map((study) => complaintsAbout(cluster, study, fault)));
  const complaints = all.flatMap(({ found }) => found);
  const sum = (name: "repeated" | "lost" | "burnt"): number =>
    all.reduce((total, one) => total + one[name], 0);
  const [repeated, lost, burnt] = [sum("repeated"), sum("lost"), sum("burnt")];
  if (repeated + lost > cluster.excused) {
    complaints.push(`${repeated} jobs done again and ${lost} lost, at most ${cluster.excused} excused`);
  }
  complaints.push(...cluster.deaths);
  return { complaints, repeated, lost, burnt };
}

async function query<Row>(store: Store, row: z.ZodType<Row>, statement: string): Promise<Row[]> {
  const { rows } = await store.sql(statement, { maxRows: 100_000 });
  return rows.map((one) => row.parse(one));
}
