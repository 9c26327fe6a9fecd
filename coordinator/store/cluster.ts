// The database's own name, so that two databases' coordinators never share one queue by mistake.
import { randomBytes } from "node:crypto";
import type { Database, Session } from "./database.ts";
import { CLUSTER_LOCK, LOCK_SPACE } from "./limits.ts";

/** See Store.cluster. Of two who ask at the same time for the first one, both get the same. */
export async function clusterOf(database: Database): Promise<string> {
  const known = await read(database);
  if (known !== undefined) return known;
  return await database.transaction(async (session) => {
    // Each statement sees what was committed before it, so whoever waited here finds the other's.
    await session.query(`select pg_advisory_xact_lock(${LOCK_SPACE}, ${CLUSTER_LOCK})`);
    const made = await read(session);
    if (made !== undefined) return made;
    const name = randomBytes(8).toString("hex");
    await session.query("insert into cluster (id) values ($1)", [name]);
    return name;
  });
}

async function read(session: Session): Promise<string | undefined> {
  const { rows } = await session.query("select id from cluster order by created_at, id limit 1");
  return rows[0]?.[0] ?? undefined;
}
