// A time limit for statements of the embedded database, which runs on the calling thread.
//
// No timer fires and no other thread can reach in while a statement runs. But a statement whose
// plan is timed, as auto_explain does it, asks the host for the time at every row of every node; so
// the answer to that question looks at the clock, and once time is up does what a signal does to a
// server: it sets the flags that Postgres looks at by itself, and the statement ends with 57014. A
// function's rows are gathered before any node sees them; what does not fit in memory goes to a
// file, and writing looks at the clock too.
// What does neither is a single expression, or a sort already filled: they run to their end.
import type { PGlite } from "@electric-sql/pglite";
import type { Session } from "./database.ts";

/** Addresses of Postgres' own variables in the module's memory. */
const FLAGS = ["_InterruptPending", "_QueryCancelPending", "_MyLatch"] as const;

export interface TimeLimit {
  /** Statements of `session` within `body` end with 57014 once `timeoutMs` have passed. */
  within<Result>(session: Session, timeoutMs: number, body: () => Promise<Result>): Promise<Result>;
}

export function timeLimitOf({ Module: module }: PGlite): TimeLimit {
  const [pending, cancel, latch] = FLAGS.map((name) => {
    const address: unknown = Reflect.get(module, name);
    if (typeof address !== "number") throw new RangeError(`PGlite has no ${name}: expected 0.5's module`);
    return address >> 2;
  });
  let deadline = Number.POSITIVE_INFINITY;
  const words = (): Int32Array => new Int32Array(module.HEAPU8.buffer);
  const interrupt = (): void => {
    const memory = words();
    memory[cancel!] = 1;
    memory[pending!] = 1;
    // MyLatch points to a latch whose first word says that it is set: this ends waits.
    memory[memory[latch!]! >> 2] = 1;
  };
  watchClock(module, () => deadline, interrupt, () => {
    deadline = Number.POSITIVE_INFINITY;
    words()[cancel!] = 0;
  });
  return {
    within: async (session, timeoutMs, body) => {
      await session.query("load 'auto_explain'");
      await session.query(
        "select set_config('auto_explain.log_analyze', 'on', true), " +
        // Only plans that took longer are logged: none, but all are timed.
        "set_config('auto_explain.log_min_duration', '2147483647', true)",
      );
      deadline = performance.now() + timeoutMs;
      try {
        return await body();
      } finally {
        deadline = Number.POSITIVE_INFINITY;
      }
    },
  };
}

/**
 * While a message is worked on and there is a deadline, whoever asks for the time or writes to a file
 * calls `onLate` after it; `onThrow` says that the message ended in an error, as an interrupted one does.
 */
function watchClock(module: PGlite["Module"], deadline: () => number, onLate: () => void, onThrow: () => void): void {
  // oxlint-disable no-underscore-dangle -- the names are PGlite's
  const loopOnce = module._PostgresMainLoopOnce;
  const [clock, date] = [performance.now.bind(performance), Date.now.bind(Date)];
  const files = module.FS;
  const { write } = files;
  const look = (): number => {
    const now = clock();
    if (now > deadline()) onLate();
    return now;
  };
  module._PostgresMainLoopOnce = () => {
    if (deadline() === Number.POSITIVE_INFINITY) {
      loopOnce();
      return;
    }
    // Nothing else runs meanwhile: all this is one synchronous call.
    performance.now = look;
    Date.now = () => {
      look();
      return date();
    };
    files.write = (...parts: Parameters<typeof write>) => {
      look();
      return write(...parts);
    };
    try {
      loopOnce();
    } catch (error) {
      onThrow();
      throw error;
    } finally {
      performance.now = clock;
      Date.now = date;
      files.write = write;
    }
  };
}
