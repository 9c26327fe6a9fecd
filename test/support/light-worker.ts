// Workers without computation: they lease, make up rows and report, as fast as the queue lets them.
import type { Lease, WorkerQueue } from "../../queue/port.ts";
import type { Attempt, Job, StudyKey, StudyOrder } from "../../schema/job.ts";
import { MemoryRoom } from "../../worker/room.ts";
import { reportOf } from "./reports.ts";

export interface LightWorker {
  /** Every job that was leased, in order. */
  readonly ran: Job[];
  /** Says again that it is there. */
  announce(): Promise<void>;
  /** Stops leasing; resolves when the jobs that run are reported. */
  stop(): Promise<void>;
}

export interface LightOptions {
  readonly slots: number;
  readonly orders: readonly StudyOrder[];
  readonly name?: string;
  /** What its jobs may take together; it takes those that fit. Absent: it takes any. */
  readonly memoryBytes?: number;
  /** Awaited between lease and report. */
  readonly compute?: (lease: Lease) => Promise<void>;
}

export function lightWorker(queue: WorkerQueue, { slots, orders, name = "light", memoryBytes, compute }: LightOptions): LightWorker {
  const byKey = new Map<StudyKey, StudyOrder>(orders.map((order) => [order.key, order]));
  const controller = new AbortController();
  const ran: Job[] = [];
  const running = new Set<Job>();
  const machine = { provider: "light", slots, memoryBytes: memoryBytes ?? 1e15, gpus: [] };
  const room = new MemoryRoom(machine);
  const announce = (): Promise<void> => queue.announce({
    worker: name, host: "h", version: "0", ...machine, running: [...running],
  });
  const slot = async (): Promise<void> => {
    for (;;) {
      const lease = await queue.lease(controller.signal, room);
      if (lease === null) return;
      const { job, publishedAt, delivery } = lease;
      ran.push(job);
      running.add(job);
      if (compute !== undefined) await compute(lease);
      const order = byKey.get(job.study);
      if (order === undefined) throw new Error(`no order of ${job.study}`);
      const report = reportOf(order, job.number);
      const points = report.block?.status.length ?? 0;
      const attempt: Attempt = {
        job, worker: name, publishedAt, delivery, startedAt: publishedAt, finishedAt: publishedAt + 1, provider: null,
        outcome: { kind: "done", points },
        timings: { prepareMs: 0, measureMs: 1 },
      };
      await queue.report({ ...report, attempt });
      await lease.done();
      running.delete(job);
      room.giveBack(lease.size);
    }
  };
  const said = announce();
  const serving = Promise.all(Array.from({ length: slots }, slot));
  return {
    ran,
    announce,
    stop: async () => {
      controller.abort();
      await Promise.all([said, serving]);
    },
  };
}
