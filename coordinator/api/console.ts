// The SQL console: one read-only statement, bounded in time, rows and bytes.
import type { z } from "zod";
import type { SqlAnswer, SqlRequest, SqlSchema } from "../../schema/api.ts";
import { UserError } from "../../schema/failure.ts";
import type { Cell } from "../store/cell.ts";
import type { Session } from "../store/database.ts";
import { problem } from "./problem.ts";
import type { Tools } from "./tools.ts";

const ANSWER_BYTES_MAX = 4 * 2 ** 20;
const CELL_CHARACTERS_MAX = 10_000;

export async function runConsole(tools: Tools, { query, limit }: z.infer<typeof SqlRequest>): Promise<SqlAnswer> {
  const { store, clock, sqlTimeoutMs } = tools;
  const startedAt = clock.now();
  try {
    const result = await store.sql(query, { write: false, timeoutMs: sqlTimeoutMs, maxRows: limit });
    const { rows, isCut } = bounded(result.rows);
    return {
      columns: result.columns.map(({ name }) => name),
      rows,
      isTruncated: result.truncated || isCut,
      elapsedMs: clock.now() - startedAt,
    };
  } catch (error) {
    if (error instanceof UserError) throw sqlProblem(error.message, query);
    throw error;
  }
}

/** The store says `line L, column C` where it knows the place; the page wants the character. */
function sqlProblem(message: string, query: string) {
  const place = /^sql: line (\d+), column (\d+): /.exec(message);
  const detail = message.replace(/^sql: (line \d+, column \d+: )?/, "");
  if (place === null) return problem(422, { type: "sql", detail });
  const before = query.split("\n").slice(0, Number(place[1]) - 1).join("\n");
  const position = (before === "" && place[1] === "1" ? 0 : before.length + 1) + Number(place[2]);
  return problem(422, { type: "sql", detail: `line ${place[1]}, column ${place[2]}: ${detail}`, position });
}

function bounded(rows: readonly (readonly Cell[])[]) {
  const kept: (number | string | boolean | null)[][] = [];
  let bytes = 0;
  for (const row of rows) {
    const shown = row.map(presentable);
    bytes += shown.reduce<number>((sum, cell) => sum + (typeof cell === "string" ? cell.length : 12), 0);
    if (bytes > ANSWER_BYTES_MAX) return { rows: kept, isCut: true };
    kept.push(shown);
  }
  return { rows: kept, isCut: false };
}

/** JSON has no NaN: such numbers go as text. */
function presentable(cell: Cell): number | string | boolean | null {
  if (typeof cell === "number" && !Number.isFinite(cell)) return String(cell);
  if (typeof cell !== "string" || cell.length <= CELL_CHARACTERS_MAX) return cell;
  return `${cell.slice(0, CELL_CHARACTERS_MAX)}…`;
}

/** RFC 4180. Text that a spreadsheet would take for a formula is quoted with an apostrophe. */
export function csvOf({ columns, rows }: SqlAnswer): string {
  const field = (cell: number | string | boolean | null): string => {
    if (typeof cell !== "string") return cell === null ? "" : String(cell);
    const safe = /^[=+@\t\r]|^-(?![\d.])/.test(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `${[columns, ...rows].map((row) => row.map(field).join(",")).join("\r\n")}\r\n`;
}

export async function sqlSchema(session: Session): Promise<SqlSchema> {
  const { rows } = await session.query(
    `select c.relname, c.relkind::text, coalesce(obj_description(c.oid), ''), a.attname,
       format_type(a.atttypid, a.atttypmod), coalesce(col_description(c.oid, a.attnum), '')
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where n.nspname = 'public' and c.relkind in ('r', 'v')
     order by c.relkind desc, c.relname, a.attnum`);
  const tables = new Map<string, SqlSchema["tables"][number]>();
  for (const [name = null, kind, comment, column, type, about] of rows) {
    if (name === null) continue;
    const table = tables.get(name) ?? {
      name, kind: kind === "v" ? "view" as const : "table" as const, comment: comment ?? "", columns: [],
    };
    tables.set(name, table);
    table.columns.push({ name: column ?? "", type: type ?? "", comment: about ?? "" });
  }
  return { tables: [...tables.values()] };
}
