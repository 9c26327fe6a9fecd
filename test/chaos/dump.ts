// What is stuck, for a round that missed its deadline: from the database, the broker, the processes.
import { connect } from "nats";
import type { Cluster } from "./cluster.ts";
import type { Expected } from "./studies.ts";

const JOBS_SHOWN = 8;

/** Lines for a person. Never rejects: each part says itself why it is missing. */
export async function dumpOf(cluster: Cluster, studies: readonly Expected[]): Promise<string[]> {
  const parts = [
    ...studies.map((study) => part(`study ${study.name}`, () => databaseLines(cluster, study))),
    part("broker", () => brokerLines(cluster)),
    ...cluster.programs.map((program) =>
      part(`${program.name}, ${program.isRunning ? `runs as ${program.pid}` : "ended"}`, async () =>
        program.lines)),
  ];
  return (await Promise.all(parts)).flat();
}

async function part(title: string, lines: () => Promise<readonly string[]>): Promise<string[]> {
  const waiting = new Promise<string[]>((resolve) => {
    setTimeout(() => resolve(["no answer within 5 s"]), 5_000).unref();
  });
  const got = await Promise.race([lines().catch((error: unknown) => [String(error)]), waiting]);
  return [`== ${title}`, ...got.map((line) => `   ${line}`)];
}

async function databaseLines({ store }: Cluster, { order }: Expected): Promise<string[]> {
  const { key } = order;
  const { stored, points, jobs } = await store.progress(key);
  const lines = [`${stored} of ${points} points stored; jobs ${JSON.stringify(jobs)}`];
  for (const state of ["queued", "planned", "dead"] as const) {
    for (const job of await store.jobs(key, { state, limit: JOBS_SHOWN })) {
      lines.push(JSON.stringify(job));
      const attempts = await store.attempts(key, { job: job.number, limit: 4 });
      lines.push(...attempts.map((attempt) => `  ${JSON.stringify(attempt).slice(0, 300)}`));
    }
  }
  return lines;
}

async function brokerLines({ nats }: Cluster): Promise<string[]> {
  const connection = await connect({ servers: nats.url, timeout: 2_000, reconnect: false });
  try {
    const manager = await connection.jetstreamManager({ timeout: 2_000 });
    const lines: string[] = [];
    for await (const { config, state } of manager.streams.list()) {
      const { messages, first_seq: first, last_seq: last } = state;
      lines.push(`${config.name}: ${messages} messages, ${first} to ${last}`);
      for await (const consumer of manager.consumers.list(config.name)) {
        const { num_pending: pending, num_ack_pending: leased, num_waiting: waiting } = consumer;
        const at = `delivered ${JSON.stringify(consumer.delivered)}`;
        lines.push(`  ${consumer.name}: ${pending} wait, ${leased} leased, ${waiting} ask; ${at}`);
      }
    }
    return lines;
  } finally {
    await connection.close();
  }
}
