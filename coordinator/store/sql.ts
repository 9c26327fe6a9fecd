// A user's own SQL: one statement, read-only unless asked otherwise, bounded in time and rows.
import { UserError } from "../../schema/failure.ts";
import type { Database } from "./database.ts";
import type { QueryOptions, QueryResult } from "./port.ts";

/** See Store.sql. */
export async function runSql(_database: Database, _query: string, _options: QueryOptions): Promise<QueryResult> {
  throw new UserError("sql is not there yet");
}
