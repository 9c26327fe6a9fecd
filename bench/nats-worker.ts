// The worker's half of bench/nats.ts, in a thread of its own as it is a process of its own in life:
// slots that lease a job, report its points in one or several reports, and say that it is done.
import { workerData } from "node:worker_threads";
import { z } from "zod";
import { connectWorkerQueue } from "../queue/nats.ts";
import type { Job, Report } from "../schema/job.ts";

const Task = z.strictObject({
  servers: z.string(),
  slots: z.int().positive(),
  points: z.int().positive(),
  pointsPerReport: z.int().positive(),
  metrics: z.int().nonnegative(),
});
type Task = z.infer<typeof Task>;

function reportsOf(job: Job, task: Task): Report[] {
  const reports: Report[] = [];
  for (let offset = 0; offset < task.points; offset += task.pointsPerReport) {
    const points = Math.min(task.pointsPerReport, task.points - offset);
    const metrics = Object.fromEntries(
      Array.from({ length: task.metrics }, (_, k) => [`m${k}`, new Float64Array(points).fill(k)]),
    );
    reports.push({
      job,
      offset,
      block: { status: new Uint8Array(points), metrics },
      attempt: null,
    });
  }
  const last = reports.pop();
  if (last === undefined) return [];
  const attempt = {
    job,
    worker: "bench",
    publishedAt: 1_699_999_999_999.125,
    delivery: 1,
    startedAt: 0,
    finishedAt: 0,
    provider: null,
    outcome: { kind: "done" as const, points: task.points },
    timings: { prepareMs: 0, measureMs: 0 },
  };
  return [...reports, { ...last, attempt }];
}

async function work(task: Task): Promise<never> {
  const queue = await connectWorkerQueue({
    servers: task.servers,
    name: "bench",
    version: "bench",
  });
  const { signal } = new AbortController();
  const slot = async (): Promise<never> => {
    for (;;) {
      const lease = await queue.lease(signal);
      if (lease === null) throw new Error("a lease ended, though nobody asked for it");
      await Promise.all(reportsOf(lease.job, task).map((report) => queue.report(report)));
      await lease.done();
    }
  };
  return await Promise.race(Array.from({ length: task.slots }, slot));
}

await work(Task.parse(workerData));
