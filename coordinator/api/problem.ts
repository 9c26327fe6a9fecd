// Problem documents (RFC 9457): what the API says when it cannot do what was asked.
import type { Problem } from "../../schema/api.ts";
import { nearest } from "../../schema/nearest.ts";

/** Thrown by routes; app.ts turns it into a response, once. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: "the request is malformed",
  401: "a token is needed",
  403: "refused",
  404: "not found",
  408: "took too long",
  409: "in conflict with what is there",
  413: "too large",
  415: "unsupported content type",
  421: "not this host",
  422: "cannot be answered as asked",
  429: "too many requests",
  500: "a bug in the server",
  503: "the database is away",
};

export interface ProblemDetails {
  /** The last part of the problem's type, such as `unknown-axis`. */
  readonly type: string;
  readonly detail: string;
  readonly hint?: string | undefined;
  readonly position?: number | undefined;
}

export function problemOf(status: number, { type, detail, hint, position }: ProblemDetails): Problem {
  return {
    type: `urn:nearclone:problem:${type}`,
    title: TITLES[status] ?? "error",
    status,
    detail,
    ...(hint === undefined ? {} : { hint }),
    ...(position === undefined ? {} : { position }),
  };
}

export function problem(status: number, details: ProblemDetails): ProblemError {
  return new ProblemError(problemOf(status, details));
}

/** 422 for a name that is not among those known, with the nearest one. */
export function unknownName(kind: string, name: string, known: readonly string[]): ProblemError {
  const close = nearest(name, known);
  return problem(422, {
    type: `unknown-${kind}`,
    detail: `unknown ${kind} ${JSON.stringify(name)}: expected one of ${known.join(", ")}`,
    hint: close === undefined ? undefined : `did you mean ${close}?`,
  });
}
