// Drives studies through a queue: publishes a bounded window of jobs, stores what comes back.
//
// The database decides what is done. Order: rows and job state in one transaction, then the queue
// is told. Every step costs O(batch), never O(study).
import type { Clock } from "../queue/clock.ts";
import type { CoordinatorQueue, Received } from "../queue/port.ts";
import type { StudyKey } from "../schema/job.ts";
import type { Committed, Store } from "./store/port.ts";

/** Jobs published and not finished: enough to keep workers busy, few enough to take back. */
export const WINDOW_JOBS = 512;
/** Reports stored in one transaction. */
const REPORTS_MAX = 2_000;
/** How often jobs whose back-off ends are looked for, while nothing else happens. */
const LOOK_EVERY_MS = 500;

export interface EngineOptions {
  readonly store: Store;
  readonly queue: CoordinatorQueue;
  readonly clock: Clock;
  readonly study: StudyKey;
  /** Stops after what is reported already is stored. */
  readonly stop: AbortSignal;
  readonly onCommit?: (committed: Committed) => void;
}

/** Runs a study until each job is done or dead, or until `stop` aborts. */
export async function conduct(options: EngineOptions): Promise<void> {
  const { store, queue, study, stop, clock } = options;
  const published = new Set<number>();
  const fill = async (): Promise<void> => {
    const room = WINDOW_JOBS - published.size;
    // Half a window at a time: one statement for many jobs.
    if (room < WINDOW_JOBS / 2 || stop.aborted) return;
    const jobs = await store.takePlanned(study, room);
    for (const { number } of jobs) published.add(number);
    if (jobs.length > 0) await queue.publish(jobs);
  };
  await start(options);
  await fill();
  while (published.size > 0 || !(await isSettled(store, study))) {
    const received = await receive(queue, clock, stop);
    if (received.length === 0 && stop.aborted) return;
    if (received.length > 0) {
      const committed = await commit(store, received);
      const { finished, dead, replanned } = committed;
      for (const { number } of [...finished, ...dead, ...replanned]) published.delete(number);
      options.onCommit?.(committed);
    }
    await fill();
  }
}

/** What an earlier run left queued is planned again: its queue is gone. */
async function start({ store, queue, study }: EngineOptions): Promise<void> {
  const stored = await store.study(study);
  if (stored === null) throw new Error(`study ${study} is not in the database`);
  await store.resetQueued(study);
  await queue.announce(stored.order);
}

async function isSettled(store: Store, study: StudyKey): Promise<boolean> {
  const { jobs } = await store.progress(study);
  return jobs.planned + jobs.queued === 0;
}

/** Reports, or [] when there are none for a while or `stop` aborts. */
async function receive(
  queue: CoordinatorQueue,
  clock: Clock,
  stop: AbortSignal,
): Promise<readonly Received[]> {
  const pause = new AbortController();
  const cancel = clock.after(LOOK_EVERY_MS, () => pause.abort());
  try {
    return await queue.receive(REPORTS_MAX, AbortSignal.any([stop, pause.signal]));
  } finally {
    cancel();
  }
}

async function commit(store: Store, received: readonly Received[]): Promise<Committed> {
  try {
    const committed = await store.commit(received.map(({ report }) => report));
    await Promise.all(received.map((one) => one.accept()));
    return committed;
  } catch (error) {
    await Promise.all(received.map((one) => one.refuse()));
    throw error;
  }
}
