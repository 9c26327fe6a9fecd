// Reads columns of a result table by point: one row of binary aggregates instead of many of text.
import { setImmediate as turn } from "node:timers/promises";
import { STATUSES } from "../../schema/column.ts";
import type { Session } from "../store/database.ts";
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
  const [points, states, ...metrics] = fieldsOf(file);
  if (points === undefined || states === undefined) return;
  const rows = points.byteLength / 4;
  for (let row = 0; row < rows; row++) status[points.getInt32(row * 4)] = states.getUint8(row);
  metrics.forEach((view, index) => {
    const values = columns[index]?.values;
    if (values === undefined) return;
    for (let row = 0; row < rows; row++) values[points.getInt32(row * 4)] = view.getFloat64(row * 8);
  });
  await turn();
}

/** The fields of the first row of a binary copy file; none if they are null. */
function fieldsOf(file: Uint8Array): DataView[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const fields: DataView[] = [];
  // 11 bytes of signature, flags and extension length, then the row's field count.
  let at = 21;
  for (let left = view.getInt16(19); left > 0; left--) {
    const bytes = view.getInt32(at);
    at += 4;
    if (bytes < 0) return [];
    fields.push(new DataView(file.buffer, file.byteOffset + at, bytes));
    at += bytes;
  }
  return fields;
}
