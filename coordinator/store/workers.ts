// Worker presence: who was heard of last, and what it ran.
import { z } from "zod";
import { Presence } from "../../schema/job.ts";
import { jsonText, rowsOf } from "./cell.ts";
import type { Session } from "./database.ts";
import type { WorkerRow } from "./port.ts";

/** See Store.announce. */
export async function announce(session: Session, presences: readonly Presence[]): Promise<void> {
  if (presences.length === 0) return;
  const latest = new Map(presences.map((presence) => [presence.worker, presence]));
  await session.query(
    `insert into worker (worker, host, version, provider, slots, memory_bytes, gpus, running)
     select worker, host, version, provider, slots, memory, gpus, running
     from jsonb_to_recordset($1::jsonb) as a (worker text, host text, version text, provider text,
       slots int, memory float8, gpus jsonb, running jsonb)
     on conflict (worker) do update set host = excluded.host, version = excluded.version,
       provider = excluded.provider, slots = excluded.slots, memory_bytes = excluded.memory_bytes,
       gpus = excluded.gpus, running = excluded.running, last_seen = now()`,
    [jsonText(Array.from(latest.values(), ({ memoryBytes, ...rest }) => ({ ...rest, memory: memoryBytes })))],
  );
}

const WorkerLine = z.object({
  worker: z.string(),
  host: z.string(),
  version: z.string(),
  provider: z.string(),
  slots: z.int(),
  memory_bytes: z.number().nullable(),
  gpus: z.string(),
  running: z.string(),
  first: z.number(),
  last: z.number(),
});

/** See Store.workers. */
export async function listWorkers(session: Session): Promise<WorkerRow[]> {
  const listed = await session.query(
    `select worker, host, version, provider, slots, memory_bytes, gpus, running,
       extract(epoch from first_seen) * 1000 as first, extract(epoch from last_seen) * 1000 as last
     from worker order by last_seen desc, worker`,
  );
  return rowsOf(listed, WorkerLine).map(({ first, last, running, gpus, memory_bytes, ...row }) => ({
    presence: Presence.parse({
      ...row,
      memoryBytes: memory_bytes ?? 1, // of a worker of before this was said
      gpus: JSON.parse(gpus),
      running: JSON.parse(running),
    }),
    firstSeen: first,
    lastSeen: last,
  }));
}

/** See Store.forgetWorkers. */
export async function forgetWorkers(session: Session, silentMs: number): Promise<void> {
  await session.query("delete from worker where last_seen < now() - $1::float8 * interval '1 ms'", [silentMs]);
}
