// Failures are data with a code: they cross threads, the queue and the database as plain objects.
//
// An Error posted between threads loses its class and fields, so nothing outside one thread may
// rely on `instanceof`; `toFailure()` turns an error into data on the side that threw it.
import { z } from "zod";

/**
 * Who must act, which decides whether a retry can help:
 * - `numeric`: a property of the point; becomes a result row with its status, never retried.
 * - `resource`: out of memory or time; retried with back-off.
 * - `infrastructure`: a lost lease, thread or connection; retried with back-off.
 * - `bug`: an exception nobody foresaw; retried, then dead and visible.
 */
export const FailureKind = z.enum(["numeric", "resource", "infrastructure", "bug"]);
export type FailureKind = z.infer<typeof FailureKind>;

export const Failure = z.strictObject({
  kind: FailureKind,
  code: z.string().regex(/^[a-z0-9_]+$/),
  message: z.string(),
});
export type Failure = z.infer<typeof Failure>;

/** Thrown by compute code for a foreseen reason; `code` is what a row's status or a retry rests on. */
export class ComputeError extends Error {
  readonly kind: FailureKind;
  readonly code: string;

  constructor(kind: FailureKind, code: string, message: string) {
    super(message);
    this.name = "ComputeError";
    this.kind = kind;
    this.code = code;
  }

  toFailure(): Failure {
    return { kind: this.kind, code: this.code, message: this.message };
  }
}

/** Something the user can put right: printed as one line, exit code 2, never retried. */
export class UserError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UserError";
  }
}

/** The failure that any thrown value stands for. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ComputeError) return error.toFailure();
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: "bug", code: "unexpected", message };
}
