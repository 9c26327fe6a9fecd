// Opens the store that a URL names: a Postgres server, an embedded database in a folder, or memory.
import { migrateDatabase } from "./migrate.ts";
import type { Database } from "./database.ts";
import type { Store } from "./port.ts";
import { storeOver } from "./store.ts";

export interface OpenOptions {
  /** How long to try to reach a server at all; default 10 s. */
  readonly connectMs?: number;
}

/**
 * Opens `url`: `postgres://…` (or `postgresql://…`), `memory:`, or a folder's path, which is made
 * if absent. The client library is loaded only here. Brings the database to this build's
 * migrations.
 *
 * @throws UserError, one line without the password: unreachable, refused, in use by another
 * process, or newer than this build.
 */
export async function openStore(url: string, options: OpenOptions = {}): Promise<Store> {
  return (await openStoreParts(url, options)).store;
}

/** The same, with the database beneath the store; closing the store closes both. */
export async function openStoreParts(url: string, options: OpenOptions = {}): Promise<StoreParts> {
  const database = await openDatabase(url, options);
  try {
    await migrateDatabase(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return { database, store: storeOver(database) };
}

export interface StoreParts {
  readonly store: Store;
  readonly database: Database;
}

/** The database alone, as it is. */
export async function openDatabase(url: string, options: OpenOptions = {}): Promise<Database> {
  if (/^postgres(ql)?:/.test(url)) {
    const { openPostgres } = await import("./postgres.ts");
    const { connectMs = 10_000 } = options;
    return openPostgres(url, { connectMs });
  }
  const { openPglite } = await import("./pglite.ts");
  return openPglite(url === "memory:" ? null : url);
}
