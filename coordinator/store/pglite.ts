// The embedded database: Postgres compiled to WASM, on the calling thread, in a folder or memory.
//
// One process per folder, which folder-lock.ts sees to. Pages reach the files through the kernel
// at once, so SIGKILL loses nothing that was committed; fsync is off, so a power cut may. There is
// no checkpointer process: without `wrote` the write-ahead log would grow with every row.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { auto_explain as autoExplain } from "@electric-sql/pglite/contrib/auto_explain";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { UserError } from "../../schema/failure.ts";
import type { Database, RawResult, Session, SqlValue } from "./database.ts";
import { lockFolder } from "./folder-lock.ts";
import { type Guard, guardOf, needRoom } from "./pglite-guard.ts";
import { timeLimitOf } from "./pglite-timeout.ts";

/** Checkpoint after this much was written: bounds the log to a few times as much. */
const CHECKPOINT_EVERY_BYTES = 128 * 2 ** 20;

const SETTINGS = {
  shared_buffers: "64MB",
  // A log segment need not be filled with zeros first: no disk to find out it is full of.
  wal_init_zero: "off",
  max_wal_size: "256MB",
  min_wal_size: "32MB",
  jit: "off",
};

/** Times plans, which is what bounds a user's statement: see pglite-timeout.ts. */
const extensions = { autoExplain };

const START = [
  ...PGlite.defaultStartParams,
  ...Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
];

/**
 * Opens, or makes, the database in `folder`; null keeps it in memory.
 * @throws UserError if another process has it, or the folder holds something else.
 */
export async function openPglite(folder: string | null): Promise<Database> {
  if (folder === null) {
    const client = await PGlite.create("memory://", { startParams: START, extensions });
    return adapt(client, guardOf(client, "memory", null), "memory", () => {});
  }
  const path = resolve(folder);
  mkdirSync(path, { recursive: true });
  refuseForeign(path);
  needRoom(path, 0);
  const unlock = await lockFolder(path);
  try {
    const data = prepareFolder(path);
    const client = await PGlite.create(data, { startParams: START, extensions });
    writeFileSync(join(path, STATE), READY);
    return adapt(client, guardOf(client, path, path), path, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/** A file beside the data: whether the data is complete, and that the folder is ours at all. */
const STATE = "nearclone-database";
const MAKING = "making\n";
const READY = "ready\n";

/** What is not ours is left alone: later on, half a database would be swept away. */
function refuseForeign(path: string): void {
  if (existsSync(join(path, STATE))) return;
  const foreign = readdirSync(path).find((name) => !name.startsWith("lock"));
  if (foreign === undefined) return;
  throw new UserError(
    `${path}: holds ${foreign}, expected an empty folder or a nearclone database`,
  );
}

/** The data folder; what a process killed while making it left behind is swept away first. */
function prepareFolder(path: string): string {
  const data = join(path, "data");
  const state = join(path, STATE);
  if (!existsSync(state) || readFileSync(state, "utf8") !== READY) {
    writeFileSync(state, MAKING);
    rmSync(data, { recursive: true, force: true });
  }
  return data;
}

function adapt(client: PGlite, guard: Guard, label: string, unlock: () => void): Database {
  const raw = Object.fromEntries(Object.keys(client.parsers).map((oid) => [oid, (x: string) => x]));
  const sessionFor = (some: Client): Session => sessionOf(some, guard, raw);
  const limit = timeLimitOf(client);
  let unsaved = 0;
  return {
    kind: "pglite",
    label,
    ...sessionFor(client),
    transaction: (body) =>
      guard.watch(() => {
        guard.needRoom(0);
        return client.transaction((tx) => body(sessionFor(tx)));
      }),
    isolated: (timeoutMs, body) =>
      guard.watch(() => rolledBack(client, (tx) => {
        const session = sessionFor(tx);
        return limit.within(session, timeoutMs, () => body(session));
      })),
    migrate: (migrationsFolder) => guard.watch(() => migrate(drizzle(client), { migrationsFolder })),
    wrote: async (bytes) => {
      unsaved += bytes;
      if (unsaved < CHECKPOINT_EVERY_BYTES) return;
      unsaved = 0;
      await guard.watch(() => client.exec("checkpoint"));
    },
    close: async () => {
      // A broken one cannot say goodbye; its files are as a kill leaves them.
      if (!guard.isBroken()) await client.close();
      unlock();
    },
  };
}

type Client = Pick<PGlite, "query">;
type Parsers = Record<string, (text: string) => string>;

function sessionOf(client: Client, guard: Guard, parsers: Parsers): Session {
  const query = (text: string, values: readonly SqlValue[] = [], blob?: Blob) => {
    const options = { rowMode: "array" as const, parsers, ...(blob === undefined ? {} : { blob }) };
    return guard.watch(() => client.query<(string | null)[]>(text, [...values], options));
  };
  return {
    query: async (text, values): Promise<RawResult> => {
      const { fields, rows, affectedRows } = await query(text, values);
      const named = fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID }));
      return { fields: named, rows, affected: affectedRows ?? 0 };
    },
    copyIn: async (target, data) => {
      guard.needRoom(data.length);
      const blob = new Blob([new Uint8Array(data)]);
      await query(`copy ${target} from '/dev/blob' (format binary)`, [], blob);
    },
    copyOut: async (text) => {
      const { blob } = await query(`copy (${text}) to '/dev/blob' (format binary)`);
      if (blob === undefined) throw new RangeError("copy out gave no data");
      return new Uint8Array(await blob.arrayBuffer());
    },
  };
}

async function rolledBack<Result>(client: PGlite, body: (tx: Client) => Promise<Result>) {
  try {
    return await client.transaction(async (tx) => {
      const result = await body(tx);
      await tx.rollback();
      return result;
    });
  } finally {
    // There is one session only: what a rollback leaves behind, the next user would inherit.
    await client.query("select pg_advisory_unlock_all()");
  }
}
