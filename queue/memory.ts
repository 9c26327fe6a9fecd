// The queue within one process, as strict as a broker: leases lapse, reports can be redelivered.
//
// Invariants: a job waits at most once; a job is waiting, leased or unknown; a report stays until
// it is accepted. Reporting waits while more than PENDING_POINTS_MAX points are uncollected, so
// fast workers cannot fill the memory of a slow collector.
import { setMaxListeners } from "node:events";
import type { Job, Presence, Report, StudyKey, StudyOrder } from "../schema/job.ts";
import { LEASE_MS, PRESENCE_LAPSE_MS, REPORT_POINTS_MAX } from "../schema/limits.ts";
import { memoryCheckpoints } from "./memory-checkpoints.ts";
import type { Clock } from "./clock.ts";
import type { CoordinatorQueue, FilePieces, Lease, Received, WorkerQueue } from "./port.ts";

const PENDING_POINTS_MAX = 200_000;

interface Waiting {
  readonly job: Job;
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
      lease: (signal) => jobs.lease(signal),
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

/** Jobs in order of publication, and the workers that wait for one. */
class JobLine {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();
  /** A lease whose entry is gone is over. */
  readonly #leased = new Map<string, object>();
  readonly #takers: Array<() => void> = [];
  #isRetired = false;
  #lastPublished = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  publish(job: Job): void {
    const id = idOf(job);
    if (this.#waiting.has(id) || this.#leased.has(id)) return;
    this.#lastPublished = Math.max(this.#clock.now(), this.#lastPublished + 1);
    this.#offer({ job, publishedAt: this.#lastPublished, delivery: 1 });
  }

  /** What waits after a lease that lapsed was leased, and comes again to be reported as lost. */
  withdraw(study: StudyKey): readonly Job[] {
    const idle = [...this.#waiting.values()]
      .filter(({ job, delivery }) => job.study === study && delivery === 1)
      .map(({ job }) => job);
    for (const job of idle) this.#waiting.delete(idOf(job));
    return idle;
  }

  async lease(signal: AbortSignal): Promise<Lease | null> {
    while (!signal.aborted && !this.#isRetired) {
      const [first] = this.#waiting;
      if (first !== undefined) {
        this.#waiting.delete(first[0]);
        return this.#leaseOf(first[1]);
      }
      await untilCalled(this.#takers, signal);
    }
    return null;
  }

  retire(): readonly Lease[] {
    this.#isRetired = true;
    for (const wake of this.#takers.splice(0)) wake();
    return [];
  }

  #offer(waiting: Waiting): void {
    this.#waiting.set(idOf(waiting.job), waiting);
    this.#takers.shift()?.();
  }

  #leaseOf({ job, publishedAt, delivery }: Waiting): Lease {
    const id = idOf(job);
    const entry = {};
    this.#leased.set(id, entry);
    const isOpen = (): boolean => this.#leased.get(id) === entry;
    const end = (): boolean => {
      cancel();
      return isOpen() && this.#leased.delete(id);
    };
    const lapse = (): void => {
      if (end()) this.#offer({ job, publishedAt, delivery: delivery + 1 });
    };
    let cancel = this.#clock.after(LEASE_MS, lapse);
    return {
      job,
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
