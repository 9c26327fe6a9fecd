// Reads columns of a result table by point: one row of binary aggregates instead of many of text.
import { setImmediate as turn } from "node:timers/promises";
import { STATUSES } from "../../schema/column.ts";
import type { Session } from "../store/database.ts";
import { copyRows } from "./copy-rows.ts";
import type { StudyGrid } from "./study-grid.ts";

/** What a scan writes into, by point. */
export interface ScanTarget {
  /** 1 + code of STATUSES. */
  readonly status: Uint8Array;
  readonly columns: readonly { readonly name: string; readonly values: Float64Array }[];
}

const CASES = STATUSES.map((status, code) =>
  `when '${status}' then '\\x${(code + 1).toString(16).padStart(2, "0")}'::bytea`).join(" ");

/** Reads the points of the SQL condition `where`, then lets others have a turn. */
export async function scanPoints(session: Session, grid: StudyGrid, { status, columns }: ScanTarget, where: string): Promise<void> {
  const lists = columns.map(({ name }) => `string_agg(float8send(${name}::float8), '')`);
  const file = await session.copyOut(
    `select string_agg(int4send(point), ''), string_agg(case status ${CASES} end, '')${
      lists.map((list) => `, ${list}`).join("")} from ${grid.table}
     where study = ${grid.id} and ${where}`,
  );
  const [row] = copyRows(file);
  const [points, states, ...metrics] = row ?? [];
  if (!points || !states) return;
  const rows = points.byteLength / 4;
  for (let at = 0; at < rows; at++) status[points.getInt32(at * 4)] = states.getUint8(at);
  metrics.forEach((view, index) => {
    const values = columns[index]?.values;
    if (values === undefined || view === null) return;
    for (let at = 0; at < rows; at++) values[points.getInt32(at * 4)] = view.getFloat64(at * 8);
  });
  await turn();
}
