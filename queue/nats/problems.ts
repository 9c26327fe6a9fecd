// What can go wrong with a broker, sorted by who must act: nobody (try again), the user, or us.
import { NatsError } from "nats";
import { UserError } from "../../schema/failure.ts";
import type { Credentials } from "./options.ts";

/** No answer now: the server is away, restarting, or lacks a stream. Worth another try. */
export class BrokerAway extends Error {
  /** The server answered that nobody listens: a stream, a consumer or JetStream is not there. */
  readonly isNobody: boolean;

  constructor(why: string, isNobody = false) {
    super(why);
    this.name = "BrokerAway";
    this.isNobody = isNobody;
  }
}

/** The queue was closed, so what was waiting never ends otherwise. */
export class QueueClosed extends Error {
  constructor() {
    super("queue is closed");
    this.name = "QueueClosed";
  }
}

/** JetStream's own answer that something is not so; `errorCode` as in ERROR_CODES. */
export class ApiError extends Error {
  readonly errorCode: number;

  constructor(call: string, errorCode: number, description: string) {
    super(`${call}: ${description} (${errorCode})`);
    this.name = "ApiError";
    this.errorCode = errorCode;
  }
}

/** Of nats-server's errors.json; the same numbers since 2.3. */
export const ERROR_CODES = {
  /** Of a NATS cluster that is electing. */
  noMetaLeader: 10008,
  notLeader: 10009,
  consumerNotFound: 10014,
  noMessage: 10037,
  notEnabledForAccount: 10039,
  sequenceNotFound: 10043,
  insufficientStorage: 10047,
  deleteFailed: 10057,
  streamNotFound: 10059,
  storeRefused: 10077,
  wrongLastSequence: 10071,
  notEnabled: 10076,
} as const;

/** Whether JetStream said no for one of these reasons, or for any where none is given. */
export function isApiError(error: unknown, ...codes: readonly number[]): error is ApiError {
  return error instanceof ApiError && (codes.length === 0 || codes.includes(error.errorCode));
}

/** The error of a first connection that no further try can mend; null where one may. */
export function lastingProblem(
  error: unknown,
  at: { readonly server: string; readonly credentials: Credentials | null },
): UserError | null {
  const { server, credentials } = at;
  const code = codeOf(error);
  if (code === "AUTHORIZATION_VIOLATION" || code === "AUTHENTICATION_TIMEOUT") {
    return new UserError(
      credentials === null
        ? `${server}: the server asks for credentials and none were given`
        : `${server}: the server refused ${whoIs(credentials)}: check user, password or token`,
    );
  }
  if (code === "BAD_CREDS" || code === "BAD_AUTHENTICATION") {
    return new UserError(`${server}: unusable credentials: ${messageOf(error)}`);
  }
  if (code === "SERVER_OPT_NA") {
    return new UserError(`${server}: the server has no TLS: use nats://, or give it a tls block`);
  }
  if (/TLS|CERT|SIGNED|SSL/.test(code)) {
    return new UserError(`${server}: TLS: ${messageOf(error)}: check tls:// and the files given`);
  }
  return null;
}

export function unreachable(server: string, error: unknown, triedMs: number): UserError {
  const known: Readonly<Record<string, string>> = {
    CONNECTION_REFUSED: "connection refused",
    TIMEOUT: "no answer",
  };
  const why = known[codeOf(error)] ?? messageOf(error);
  const seconds = Math.round(triedMs / 1000);
  return new UserError(
    `${server}: ${why} for ${seconds} s: start nats-server -js there, or give its address`,
  );
}

export function notEnabled(server: string): UserError {
  return new UserError(
    `${server}: JetStream is not enabled on this server: start it with -js or a jetstream block`,
  );
}

export function notPermitted(
  operation: string,
  subject: string,
  at: { readonly server: string; readonly credentials: Credentials | null },
): UserError {
  const verb = operation === "subscription" ? "subscribe to" : "publish to";
  const who = whoIs(at.credentials);
  return new UserError(
    `${at.server}: ${who} may not ${verb} "${subject}": grant it as in deploy/nats.conf`,
  );
}

function whoIs(credentials: Credentials | null): string {
  if (credentials === null) return "this client";
  if ("user" in credentials) return `user "${credentials.user}"`;
  return "token" in credentials ? "the token" : credentials.credsFile;
}

function codeOf(error: unknown): string {
  if (error instanceof NatsError) return error.code;
  if (error instanceof Error && "code" in error) return String(error.code);
  return "";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
