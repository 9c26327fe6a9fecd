// A user's own SQL: one statement, read-only unless asked otherwise, bounded in time and rows.
//
// Read-only is held by four things, none of which needs to understand the query: the extended
// protocol takes one statement only; `declare cursor` takes nothing but a select, and no writing
// `with`; the transaction is read only, which cannot be undone after its first snapshot, and ends
// in rollback; and a superuser steps down to a role that may read tables but not files. What is
// left: a superuser's query that takes its role back within itself can read the server's files.
//
// Time is bounded by statement_timeout on a server, by pglite-timeout.ts in the embedded database,
// and for both by a look at the clock between fetches.
import { z } from "zod";
import { UserError } from "../../schema/failure.ts";
import { cellOf, rowsOf } from "./cell.ts";
import type { Database, RawResult, Session } from "./database.ts";
import { limitTime, QUERY_CANCELED, sqlState } from "./database.ts";
import type { QueryOptions, QueryResult } from "./port.ts";

const TIMEOUT_MS_DEFAULT = 60_000;
const ROWS_MAX_DEFAULT = 10_000;
/** Rows between two looks at the clock. */
const FETCH_ROWS = 1_000;

const READING = /^(select|with|values|table|\()/i;
const SHOWING = /^(explain|show)\b/i;
const TRANSACTIONAL =
  /^(begin|start|commit|end|rollback|abort|savepoint|release|prepare|discard|set|reset)\b/i;

/** See Store.sql. */
export async function runSql(
  database: Database,
  query: string,
  options: QueryOptions,
): Promise<QueryResult> {
  const { write = false, timeoutMs = TIMEOUT_MS_DEFAULT, maxRows = ROWS_MAX_DEFAULT } = options;
  const start = query.slice(leadingBlank(query));
  const bounds = { timeoutMs, maxRows };
  if (start.trim() === "") throw new UserError("sql: expected a statement, got nothing");
  if (write) {
    if (TRANSACTIONAL.test(start)) {
      throw new UserError(
        `sql: ${firstWord(start)}: a statement runs in a transaction of its own: leave it out`,
      );
    }
    return database.transaction((session) => runWriting(session, query, bounds));
  }
  if (!READING.test(start) && !SHOWING.test(start)) {
    throw new UserError(
      `sql: ${firstWord(start)}: read-only here: ` +
        "expected select, with, values, table, explain or show",
    );
  }
  return database.isolated(timeoutMs, (session) => runReading(session, query, SHOWING.test(start), bounds));
}

interface Bounds {
  readonly timeoutMs: number;
  readonly maxRows: number;
}

async function runWriting(session: Session, query: string, { timeoutMs, maxRows }: Bounds) {
  await limitTime(session, timeoutMs);
  const result = await asked(session, query, 0, timeoutMs);
  return resultOf(session, result, result.rows.slice(0, maxRows), result.rows.length > maxRows);
}

async function runReading(session: Session, query: string, isShowing: boolean, bounds: Bounds) {
  const { timeoutMs, maxRows } = bounds;
  await session.query("set transaction read only");
  // With a snapshot taken the transaction cannot be made to write any more.
  await session.query("select set_config('cursor_tuple_fraction', '1.0', true)");
  await stepDown(session);
  if (isShowing) {
    const result = await asked(session, query, 0, timeoutMs);
    return resultOf(session, result, result.rows.slice(0, maxRows), result.rows.length > maxRows);
  }
  const declaration = "declare nearclone_query no scroll cursor for ";
  await asked(session, declaration + query, declaration.length, timeoutMs);
  const rows: (readonly (string | null)[])[] = [];
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    // One more than wanted tells whether there are more.
    const wanted = Math.min(FETCH_ROWS, maxRows + 1 - rows.length);
    const part = await asked(
      session,
      `fetch forward ${wanted} from nearclone_query`,
      Number.POSITIVE_INFINITY,
      timeoutMs,
    );
    rows.push(...part.rows);
    if (part.rows.length < wanted || rows.length > maxRows) {
      return resultOf(session, part, rows.slice(0, maxRows), rows.length > maxRows);
    }
    if (performance.now() > deadline) throw tookTooLong(timeoutMs);
  }
}

/** A superuser may read the server's files by SQL; whoever may read all tables may not. */
async function stepDown(session: Session): Promise<void> {
  const { rows } = await session.query(
    "select rolsuper from pg_roles where rolname = current_user",
  );
  if (rows[0]?.[0] === "t") await session.query("set local role pg_read_all_data");
}

/** Runs what the user wrote; it starts `prefix` characters into `text`. */
async function asked(
  session: Session,
  text: string,
  prefix: number,
  timeoutMs: number,
): Promise<RawResult> {
  try {
    return await session.query(text);
  } catch (error) {
    throw complaintOf(error, text.slice(prefix), prefix, timeoutMs);
  }
}

function complaintOf(error: unknown, query: string, prefix: number, timeoutMs: number): unknown {
  const code = sqlState(error);
  // Five characters are Postgres' own; anything else is a connection that broke.
  if (code?.length !== 5 || !(error instanceof Error)) return error;
  if (code === QUERY_CANCELED) return tookTooLong(timeoutMs);
  if (/multiple commands/.test(error.message))
    return new UserError("sql: expected one statement, got several");
  const place = "position" in error ? placeOf(query, Number(error.position) - 1 - prefix) : "";
  const hint = "hint" in error && typeof error.hint === "string" ? ` (${error.hint})` : "";
  return new UserError(`sql: ${place}${error.message.split("\n")[0]}${hint.replaceAll("\n", " ")}`);
}

function placeOf(query: string, at: number): string {
  if (!(at >= 0 && at <= query.length)) return "";
  const lines = query.slice(0, at).split("\n");
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}: `;
}

const tookTooLong = (timeoutMs: number): UserError =>
  new UserError(`sql: took longer than ${timeoutMs / 1000} s: ask for less, or for more time`);

const TypeName = z.object({ oid: z.int(), name: z.string() });

async function resultOf(
  session: Session,
  result: RawResult,
  rows: readonly (readonly (string | null)[])[],
  truncated: boolean,
): Promise<QueryResult> {
  const oids = new Set(result.fields.map(({ type }) => type));
  const named = rowsOf(
    await session.query(
      `select oid, format_type(oid, null) as name from pg_type where oid = any($1::oid[])`,
      [`{${[...oids].join(",")}}`],
    ),
    TypeName,
  );
  const names = new Map(named.map(({ oid, name }) => [oid, name]));
  return {
    columns: result.fields.map(({ name, type }) => ({
      name,
      type: names.get(type) ?? String(type),
    })),
    rows: rows.map((row) =>
      row.map((text, column) => cellOf(result.fields[column]?.type ?? 0, text)),
    ),
    truncated,
    affected: result.affected,
  };
}

/** Characters of white space and comments before the statement. */
function leadingBlank(query: string): number {
  return /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(query)?.[0].length ?? 0;
}

const firstWord = (text: string): string => /^[^\s;(]+/.exec(text)?.[0] ?? text.slice(0, 20);
