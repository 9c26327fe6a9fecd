// A Postgres server, through pg and pg-copy-streams.
import { setTimeout as sleep } from "node:timers/promises";
import { finished } from "node:stream/promises";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import {
  Client,
  type ClientBase,
  type ClientConfig,
  DatabaseError,
  Pool,
  type PoolConfig,
} from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { UserError } from "../../schema/failure.ts";
import { type Database, limitTime, type RawResult, type Session, type SqlValue } from "./database.ts";
import { isAway } from "./away.ts";
import { LOCK_SPACE } from "./limits.ts";
import { withoutPassword } from "./shown-url.ts";

/** The coordinator commits on one; the rest serve queries beside it. */
const CONNECTIONS_MAX = 4;
const CONNECT_TIMEOUT_MS = 10_000;
const MIGRATION_LOCK = 1;

export interface PostgresOptions {
  /** How long to try before the first answer; the pause between two tries doubles each time. */
  readonly connectMs: number;
}

const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 2_000;

/** Connects to the server at `url`. Throws UserError, without the password, if it cannot. */
export async function openPostgres(url: string, options: PostgresOptions): Promise<Database> {
  const label = withoutPassword(url);
  const config: PoolConfig = {
    connectionString: url,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: "nearclone",
  };
  const pool = new Pool(config);
  // A connection that breaks while idle is replaced by the pool; unheard, it would end the process.
  pool.on("error", () => {});
  try {
    await reach(pool, label, options.connectMs);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return adapt(pool, config, label);
}

/** Waits for the server's first answer, for `patienceMs` at most. */
async function reach(pool: Pool, label: string, patienceMs: number): Promise<void> {
  const start = performance.now();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS)) {
    try {
      await pool.query("select 1");
      return;
    } catch (error) {
      const why = messageOf(error);
      if (!isAway(error)) throw new UserError(`database ${label}: ${why}`);
      const waitedMs = performance.now() - start;
      if (waitedMs + pauseMs > patienceMs) {
        throw new UserError(
          `database ${label}: unreachable for ${Math.ceil(waitedMs / 1000)} s: ${why}`,
        );
      }
    }
    await sleep(pauseMs);
  }
}

/** One line; an AggregateError (every address of a host refused) has its lines inside. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map(messageOf).join(", ");
  }
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}

function adapt(pool: Pool, config: PoolConfig, label: string): Database {
  return {
    kind: "postgres",
    label,
    query: (text, values) => borrow(pool, (session) => session.query(text, values)),
    copyIn: (target, data) => borrow(pool, (session) => session.copyIn(target, data)),
    copyOut: (query) => borrow(pool, (session) => session.copyOut(query)),
    transaction: (body) => borrow(pool, (session) => within(session, body, "commit")),
    isolated: (timeoutMs, body) => alone(config, (client) => {
      const limited = async (session: Session) => {
        await limitTime(session, timeoutMs);
        return body(session);
      };
      return within(sessionOf(client), limited, "rollback");
    }),
    migrate: (folder) =>
      alone(config, async (client) => {
        await client.query(`select pg_advisory_lock(${LOCK_SPACE}, ${MIGRATION_LOCK})`);
        await migrate(drizzle(client), { migrationsFolder: folder });
      }),
    wrote: async () => {},
    close: () => pool.end(),
  };
}

/** Runs `body` on a connection of the pool, which keeps it only if it is sound afterwards. */
async function borrow<Result>(
  pool: Pool,
  body: (session: Session) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  // Breaking between two queries it has nobody else to tell, and unheard would end the process.
  const ignore = (): void => {};
  client.on("error", ignore);
  let isBroken = true;
  try {
    const result = await body(sessionOf(client));
    isBroken = false;
    return result;
  } catch (error) {
    // An SQL error leaves a connection usable; anything else may not.
    isBroken = !(error instanceof DatabaseError) || isAway(error);
    throw error;
  } finally {
    client.off("error", ignore);
    client.release(isBroken);
  }
}

/** Runs `body` on a connection of its own, whose end also ends all that it holds. */
async function alone<Result>(config: ClientConfig, body: (client: Client) => Promise<Result>) {
  const client = new Client(config);
  client.on("error", () => {});
  await client.connect();
  try {
    return await body(client);
  } finally {
    await client.end();
  }
}

async function within<Result>(
  session: Session,
  body: (session: Session) => Promise<Result>,
  end: "commit" | "rollback",
): Promise<Result> {
  await session.query("begin");
  try {
    const result = await body(session);
    await session.query(end);
    return result;
  } catch (error) {
    // Of the two errors the first says more.
    await session.query("rollback").catch(() => {});
    throw error;
  }
}

const rawTypes = { getTypeParser: () => (text: unknown) => text };

function sessionOf(client: ClientBase): Session {
  return {
    query: async (text: string, values: readonly SqlValue[] = []): Promise<RawResult> => {
      const rowMode = "array" as const;
      const config = { text, values: [...values], rowMode, types: rawTypes, queryMode: "extended" };
      const result = await client.query<(string | null)[], SqlValue[]>(config);
      const fields = result.fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID }));
      return { fields, rows: result.rows, affected: result.rowCount ?? 0 };
    },
    copyIn: async (target, data) => {
      const stream = client.query(copyFrom(`copy ${target} from stdin (format binary)`));
      stream.end(data);
      await finished(stream);
    },
    copyOut: async (query) => {
      const stream = client.query(copyTo(`copy (${query}) to stdout (format binary)`));
      const chunks: Buffer[] = [];
      for await (const chunk of stream) if (chunk instanceof Buffer) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
  };
}
