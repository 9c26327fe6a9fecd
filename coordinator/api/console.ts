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
    await refuseEndless(tools, query);
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

/** Planner's units: reading a million rows is about 50,000 of them and 0.2 s when embedded. */
const EMBEDDED_COST_MAX = 2_000_000;
const EMBEDDED_REFUSED = /\b(pg_sleep\w*|recursive)\b|\bu&"/i;

/**
 * The embedded database runs on this thread and knows no timeout: a query that would hold it up
 * is refused before it starts, by the planner's own estimate, and so is what defies estimates.
 */
async function refuseEndless({ store }: Tools, query: string): Promise<void> {
  if (store.kind !== "pglite") return;
  const word = EMBEDDED_REFUSED.exec(query)?.[0];
  if (word !== undefined) {
    throw problem(422, {
      type: "sql", detail: `${word} is not allowed on the embedded database: it could run for ever and cannot be stopped`,
      hint: "a Postgres server takes any query that reads, and stops it when its time is up",
    });
  }
  if (!/^[\s(]*(select|with|values|table)\b/i.test(query)) return;
  const prefix = "explain (format json) ";
  const plan = await store.sql(prefix + query, { timeoutMs: 1_000, maxRows: 1 }).catch(() => null);
  const cost = Number(/"Total Cost": ([\d.]+)/.exec(String(plan?.rows[0]?.[0]))?.[1] ?? 0);
  if (cost <= EMBEDDED_COST_MAX) return;
  throw problem(422, {
    type: "sql-cost",
    detail: `the planner expects this query to cost ${Math.round(cost)}, over ${EMBEDDED_COST_MAX}: too long for the embedded database, which cannot be stopped`,
    hint: "narrow it by study and point, or join fewer rows; a Postgres server takes it and stops it when its time is up",
  });
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
