// What the store needs of a database: text queries, transactions, and binary COPY both ways.
//
// Two adapters, pglite.ts and postgres.ts, and nothing else knows a client library. Results are
// raw text as Postgres sends it, so that both adapters give the same values; cell.ts decodes it.

/** A parameter: anything richer goes as text with a cast, such as `$1::int[]` or `$1::jsonb`. */
export type SqlValue = string | number | null;

export interface RawResult {
  /** Name and type oid of each column. */
  readonly fields: readonly { readonly name: string; readonly type: number }[];
  /** One text per column, null for SQL null. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** Rows that an insert, update or delete touched. */
  readonly affected: number;
}

export interface Session {
  /** Runs one statement by the extended protocol, which refuses a second one behind a `;`. */
  query(text: string, values?: readonly SqlValue[]): Promise<RawResult>;
  /**
   * `copy <target> from … (format binary)`. `data` is a whole copy file, header and trailer
   * included, and may be overwritten once the promise settles.
   */
  copyIn(target: string, data: Uint8Array): Promise<void>;
  /** `copy (<query>) to … (format binary)`: the whole copy file. Ask for batches. */
  copyOut(query: string): Promise<Uint8Array>;
}

export interface Database extends Session {
  readonly kind: "pglite" | "postgres";
  /** The database in words, without a password. */
  readonly label: string;
  /** Runs `body` between begin and commit, or rollback if it throws. */
  transaction<Result>(body: (session: Session) => Promise<Result>): Promise<Result>;
  /**
   * A session that nobody else uses and that ends afterwards, between begin and rollback. A
   * statement of it that is still running after `timeoutMs` fails with QUERY_CANCELED.
   */
  isolated<Result>(timeoutMs: number, body: (session: Session) => Promise<Result>): Promise<Result>;
  /** Applies the migrations in `folder` that the database lacks; concurrent callers wait. */
  migrate(folder: string): Promise<void>;
  /** Keeps what the database writes beside its tables bounded; call after each large write. */
  wrote(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** The SQLSTATE of an error from either client, undefined if it has none. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Ends statements of the transaction that take longer, by a timer that only a server has. */
export async function limitTime(session: Session, timeoutMs: number): Promise<void> {
  const text = String(Math.ceil(timeoutMs));
  await session.query("select set_config('statement_timeout', $1, true)", [text]);
}

export const QUERY_CANCELED = "57014";
export const UNIQUE_VIOLATION = "23505";
export const DISK_FULL = "53100";
