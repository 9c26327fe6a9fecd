// The database's own name, so that two databases' coordinators never share one queue by mistake.
import { randomBytes } from "node:crypto";
import type { Session } from "./database.ts";

/** See Store.cluster. Of two who ask at the same time for the first one, both get the same. */
export async function clusterOf(session: Session): Promise<string> {
  const read = async (): Promise<string | undefined> => {
    const { rows } = await session.query("select id from cluster order by created_at, id limit 1");
    return rows[0]?.[0] ?? undefined;
  };
  const known = await read();
  if (known !== undefined) return known;
  await session.query(
    "insert into cluster (id) select $1 where not exists (select from cluster)",
    [randomBytes(8).toString("hex")],
  );
  const made = await read();
  if (made === undefined) throw new RangeError("the cluster's name can neither be stored nor found");
  return made;
}
