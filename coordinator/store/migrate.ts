// Brings a database to this build's migrations, or refuses one that is ahead of it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { UserError } from "../../schema/failure.ts";
import { type Database, sqlState } from "./database.ts";
import { numbersOf } from "./cell.ts";

/** The package's own migrations, seen from dist/coordinator/store/. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL("../../../migrations", import.meta.url));

const Journal = z.object({ entries: z.array(z.object({ when: z.number(), tag: z.string() })) });

/** When each known migration was made, oldest first: drizzle's own order and identity. */
export function knownMigrations(folder: string = MIGRATIONS_FOLDER): number[] {
  const text = readFileSync(join(folder, "meta", "_journal.json"), "utf8");
  return Journal.parse(JSON.parse(text)).entries.map((entry) => entry.when);
}

/**
 * Applies what `database` lacks. Many starters at once are harmless.
 * @throws UserError if the database has a migration that this build does not know.
 */
export async function migrateDatabase(
  database: Database,
  folder: string = MIGRATIONS_FOLDER,
): Promise<void> {
  const known = knownMigrations(folder);
  const newest = known.at(-1) ?? 0;
  const applied = await appliedMigrations(database);
  const ahead = applied.filter((when) => when > newest).length;
  if (ahead > 0) {
    throw new UserError(
      `database is at migration ${numbered(applied.length)}, ` +
        `this build knows ${numbered(known.length)}: ` +
        "upgrade nearclone or use another --database",
    );
  }
  if (applied.some((when) => !known.includes(when))) {
    throw new UserError(
      `database ${database.label} was made by another build of nearclone, with migrations that ` +
        "this build does not know: use that build, or another --database",
    );
  }
  // Not even the migrator's own `create … if not exists` then, which a role may not be allowed.
  if (applied.at(-1) === newest) return;
  try {
    await database.migrate(folder);
  } catch (error) {
    throw migrationError(database, error);
  }
}

const NOT_ALLOWED = new Set(["42501", "25006"]);

/** The migrator wraps what went wrong. */
function migrationError(database: Database, error: unknown): unknown {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!NOT_ALLOWED.has(sqlState(cause) ?? "") || !(cause instanceof Error)) return error;
  return new UserError(
    `database ${database.label}: ${cause.message}: its tables are not there or not up to date, ` +
      "and this role may not make them: start once with a role that owns the database",
  );
}

async function appliedMigrations(database: Database): Promise<number[]> {
  const table = await database.query("select to_regclass('drizzle.__drizzle_migrations')");
  if (table.rows[0]?.[0] === null) return [];
  return numbersOf(
    await database.query("select created_at from drizzle.__drizzle_migrations order by created_at"),
  );
}

/** Migrations are numbered from 0000, as their files are. */
const numbered = (count: number): string => String(count - 1).padStart(4, "0");
