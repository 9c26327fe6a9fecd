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
    `insert into worker (worker, host, version, provider, slots, running)
     select worker, host, version, provider, slots, running from jsonb_to_recordset($1::jsonb)
       as a (worker text, host text, version text, provider text, slots int, running jsonb)
     on conflict (worker) do update set host = excluded.host, version = excluded.version,
       provider = excluded.provider, slots = excluded.slots, running = excluded.running,
       last_seen = now()`,
    [jsonText([...latest.values()])],
  );
}

const WorkerLine = z.object({
  worker: z.string(),
  host: z.string(),
  version: z.string(),
  provider: z.string(),
  slots: z.int(),
  running: z.string(),
  first: z.number(),
  last: z.number(),
});

/** See Store.workers. */
export async function listWorkers(session: Session): Promise<WorkerRow[]> {
  const listed = await session.query(
    `select worker, host, version, provider, slots, running,
       extract(epoch from first_seen) * 1000 as first, extract(epoch from last_seen) * 1000 as last
     from worker order by last_seen desc, worker`,
  );
  return rowsOf(listed, WorkerLine).map(({ first, last, running, ...row }) => ({
    presence: Presence.parse({ ...row, running: JSON.parse(running) }),
    firstSeen: first,
    lastSeen: last,
  }));
}
