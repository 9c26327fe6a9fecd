// Which errors say that a Postgres server is away, rather than that a query is wrong.
import { sqlState } from "./database.ts";

/** Whether a later try may succeed: the server is away, starting, stopping or full. */
export function isAway(error: unknown): boolean {
  const code = sqlState(error);
  if (code !== undefined && AWAY.has(code)) return true;
  // pg has no code for a connection that ended under it or took too long to open.
  return (
    error instanceof Error &&
    /Connection terminated|timeout exceeded when trying to connect|not queryable/.test(
      error.message,
    )
  );
}

const AWAY = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "EPIPE",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  // admin shutdown, crash shutdown, cannot connect now, too many connections, connection failures
  "57P01",
  "57P02",
  "57P03",
  "53300",
  // disk full: somebody will make room
  "53100",
  "08000",
  "08001",
  "08003",
  "08004",
  "08006",
]);
