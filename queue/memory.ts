// The queue within one process, as strict as a broker: leases lapse, reports can be redelivered.
//
// Jobs wait by size, and a taker gets of the largest size that fits it, see WorkerQueue.lease.
//
// Invariants: a job waits at most once; a job is waiting, leased or unknown; a report stays until
// it is accepted. Reporting waits while more than PENDING_POINTS_MAX points are uncollected, so
// fast workers cannot fill the memory of a slow collector.
import { setMaxListeners } from "node:events";
import { demandOf, type JobSize, largestFirst, SMALL, sizeOf } from "../schema/demand.ts";
import type { Job, Presence, Report, StudyKey, StudyOrder } from "../schema/job.ts";
import { LEASE_MS, PRESENCE_LAPSE_MS, REPORT_POINTS_MAX } from "../schema/limits.ts";
import { memoryCheckpoints } from "./memory-checkpoints.ts";
import type { Clock } from "./clock.ts";
import {
  ANY_ROOM, type CoordinatorQueue, type FilePieces, type Lease, type Received, type Room, type WorkerQueue,
} from "./port.ts";

const PENDING_POINTS_MAX = 200_000;

interface Waiting {
  readonly job: Job;
  readonly size: JobSize;
  readonly publishedAt: number;
  readonly delivery: number;
}

/** Both ends of one in-process queue. */
export function memoryQueue(clock: Clock): { worker: WorkerQueue; coordinator: CoordinatorQueue } {
  const jobs = new JobLine(clock);
  const reports = new ReportLine();
  const orders = new Map<StudyKey, StudyOrder>();
  const files = new Map<string, FilePieces>();
  const checkpoints = memoryCheckpoints();
  const seen = new Map<string, { presence: Presence; atMs: number }>();
  const close = async (): Promise<void> => {};
  return {
    worker: {
      leaseMs: LEASE_MS,
      lease: (signal, room = ANY_ROOM) => jobs.lease(signal, room),
      retire: async () => jobs.retire(),
      async order(study) {
        const order = orders.get(study);
        if (order === undefined) throw new Error(`no order was announced for study ${study}`);
        return order;
      },
      ...checkpoints.worker,
      file: async (sha256) => files.get(sha256)?.() ?? null,
      report: (report) => reports.add(report),
      maxPoints: () => REPORT_POINTS_MAX,
      async announce(presence) {
        seen.set(presence.worker, { presence, atMs: clock.now() });
      },
      close,
    },
    coordinator: {
      async announce(order) {
        orders.set(order.key, order);
        jobs.setSize(order.key, sizeOf(demandOf(order)));
      },
      async offerFile({ sha256 }, pieces) {
        files.set(sha256, pieces);
      },
      async dropFile(sha256) {
        files.delete(sha256);
      },
      async publish(published) {
        for (const job of published) jobs.publish(job);
      },
      async withdraw(study) {
        return jobs.withdraw(study);
      },
      dropCheckpoints: checkpoints.drop,
      receive: (most, signal) => reports.receive(most, signal),
      async presences() {
        const recent = [...seen.values()].filter(
          ({ atMs }) => clock.now() - atMs <= PRESENCE_LAPSE_MS,
        );
        return recent.map(({ presence }) => presence);
      },
      close,
    },
  };
}

const idOf = (job: Job): string => `${job.study}/${job.number}`;

/** Jobs by size and in order of publication, and the workers that wait for one. */
class JobLine {
  readonly #clock: Clock;
  /** What waits of each size, the largest first. */
  readonly #lines = new Map<JobSize, Map<string, Waiting>>([[SMALL, new Map()]]);
  readonly #sizes = new Map<StudyKey, JobSize>();
  /** A lease whose entry is gone is over. */
  readonly #leased = new Map<string, object>();
  readonly #takers: Array<() => void> = [];
  #isRetired = false;
  #lastPublished = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Jobs of the study travel under `size` from now on; under another they are withdrawn. */
  setSize(study: StudyKey, size: JobSize): void {
    if (this.#sizeOf(study) === size) return;
    this.withdraw(study);
    this.#sizes.set(study, size);
    if (!this.#lines.has(size)) this.#lines.set(size, new Map());
    const sorted = [...this.#lines].sort(([a], [b]) => largestFirst(a, b));
    this.#lines.clear();
    for (const [one, line] of sorted) this.#lines.set(one, line);
  }

  publish(job: Job): void {
    const id = idOf(job);
    const size = this.#sizeOf(job.study);
    if (this.#lines.get(size)?.has(id) === true || this.#leased.has(id)) return;
    this.#lastPublished = Math.max(this.#clock.now(), this.#lastPublished + 1);
    this.#offer({ job, size, publishedAt: this.#lastPublished, delivery: 1 });
  }

  /** What waits after a lease that lapsed was leased, and comes again to be reported as lost. */
  withdraw(study: StudyKey): readonly Job[] {
    const idle: Job[] = [];
    for (const line of this.#lines.values()) {
      for (const [id, { job, delivery }] of line) {
        if (job.study !== study || delivery > 1) continue;
        line.delete(id);
        idle.push(job);
      }
    }
    return idle;
  }

  async lease(signal: AbortSignal, room: Room): Promise<Lease | null> {
    // Whoever comes may have made room for others of its worker.
    if (this.#lines.size > 1) this.#wakeAll();
    while (!signal.aborted && !this.#isRetired) {
      const waiting = this.#nextFor(room);
      if (waiting !== null) {
        room.take(waiting.size);
        return this.#leaseOf(waiting);
      }
      await untilCalled(this.#takers, signal);
    }
    return null;
  }

  retire(): readonly Lease[] {
    this.#isRetired = true;
    this.#wakeAll();
    return [];
  }

  #sizeOf(study: StudyKey): JobSize {
    return this.#sizes.get(study) ?? SMALL;
  }

  /** Takes out the job that goes first among those that fit; null where none does. */
  #nextFor(room: Room): Waiting | null {
    for (const [size, line] of this.#lines) {
      const [first] = line;
      if (first === undefined) continue;
      const fit = size === SMALL && this.#lines.size === 1 ? "now" : room.fitOf(size);
      if (fit === "later") return null;
      if (fit === "never") continue;
      line.delete(first[0]);
      return first[1];
    }
    return null;
  }

  #offer(waiting: Waiting): void {
    this.#lines.get(waiting.size)?.set(idOf(waiting.job), waiting);
    // The first that waits may not have room for it.
    if (this.#lines.size > 1) this.#wakeAll();
    else this.#takers.shift()?.();
  }

  #wakeAll(): void {
    for (const wake of this.#takers.splice(0)) wake();
  }

  #leaseOf({ job, size, publishedAt, delivery }: Waiting): Lease {
    const id = idOf(job);
    const entry = {};
    this.#leased.set(id, entry);
    const isOpen = (): boolean => this.#leased.get(id) === entry;
    const end = (): boolean => {
      cancel();
      return isOpen() && this.#leased.delete(id);
    };
    const lapse = (): void => {
      if (end()) this.#offer({ job, size, publishedAt, delivery: delivery + 1 });
    };
    let cancel = this.#clock.after(LEASE_MS, lapse);
    return {
      job,
      size,
      publishedAt,
      delivery,
      renew: () => {
        if (!isOpen()) return;
        cancel();
        cancel = this.#clock.after(LEASE_MS, lapse);
      },
      done: async () => void end(),
    };
  }
}

/** Reports not yet accepted, oldest first. */
class ReportLine {
  #pending: Report[] = [];
  #points = 0;
  readonly #collectors: Array<() => void> = [];
  readonly #reporters: Array<() => void> = [];

  async add(report: Report): Promise<void> {
    const never = new AbortController().signal;
    while (this.#points > PENDING_POINTS_MAX) await untilCalled(this.#reporters, never);
    this.#put([report]);
  }

  async receive(most: number, signal: AbortSignal): Promise<readonly Received[]> {
    while (this.#pending.length === 0) {
      if (signal.aborted) return [];
      await untilCalled(this.#collectors, signal);
    }
    return this.#pending.splice(0, most).map((report) => ({
      report,
      accept: async () => this.#settle(report),
      refuse: async () => {
        this.#settle(report);
        this.#put([report]);
      },
    }));
  }

  #put(reports: readonly Report[]): void {
    this.#pending.push(...reports);
    for (const report of reports) this.#points += pointsOf(report);
    this.#collectors.shift()?.();
  }

  #settle(report: Report): void {
    this.#points -= pointsOf(report);
    for (const wake of this.#reporters.splice(0)) wake();
  }
}

const pointsOf = (report: Report): number => report.block?.status.length ?? 0;

/** Waits until the returned promise's entry in `line` is called, or `signal` aborts. */
function untilCalled(line: Array<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      signal.removeEventListener("abort", settle);
      const index = line.indexOf(settle);
      if (index >= 0) line.splice(index, 1);
      resolve();
    };
    line.push(settle);
    setMaxListeners(0, signal); // one for all slots of a worker is what it is for
    signal.addEventListener("abort", settle, { once: true });
  });
}
