// The first connection: settings of the client library, and how long to try.
import { readFileSync } from "node:fs";
import { connect, type ConnectionOptions, credsAuthenticator, type NatsConnection } from "nats";
import { UserError } from "../../schema/failure.ts";
import type { Address, Credentials, NatsOptions } from "./options.ts";
import { lastingProblem, messageOf, unreachable } from "./problems.ts";

const DIAL_RETRY_MS = 250;
const RECONNECT_MS = { first: 100, most: 2_000 };
/** Twice this without an answer and the connection counts as dead, though nobody closed it. */
const PING_EVERY_MS = 5_000;

export interface DialOptions extends Pick<NatsOptions, "name" | "tls"> {
  readonly address: Address;
  /** Subject that answers come to, its last words added by the library. */
  readonly inboxPrefix: string;
  readonly connectMs: number;
}

export interface Dialled {
  readonly connection: NatsConnection;
  readonly backOff: BackOff;
}

/** A connection that then reconnects for ever. Throws UserError if there is none in connectMs. */
export async function dial(options: DialOptions): Promise<Dialled> {
  const { address, connectMs } = options;
  const at = { server: address.label, credentials: address.credentials };
  const backOff = backOffOf(options.name);
  const settings = settingsOf(options, backOff);
  const startedMs = performance.now();
  for (;;) {
    try {
      const connection = await connect(settings);
      backOff.reset();
      return { connection, backOff };
    } catch (error) {
      const lasting = lastingProblem(error, at);
      if (lasting !== null) throw lasting;
      const triedMs = performance.now() - startedMs;
      if (triedMs + DIAL_RETRY_MS > connectMs) throw unreachable(address.label, error, triedMs);
    }
    await new Promise((resolve) => setTimeout(resolve, DIAL_RETRY_MS));
  }
}

function settingsOf(
  { name, tls, address, inboxPrefix }: DialOptions,
  backOff: BackOff,
): ConnectionOptions {
  return {
    servers: [...address.hosts],
    name: `nearclone ${name}`,
    inboxPrefix,
    ...tlsOf(address.isTls, tls),
    ...authenticationOf(address.credentials),
    reconnect: true,
    maxReconnectAttempts: -1,
    // A server whose users are being reloaded refuses everybody for a moment.
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => backOff.delayMs(),
    pingInterval: PING_EVERY_MS,
    maxPingOut: 2,
    timeout: 3_000,
    noAsyncTraces: true,
  };
}

function tlsOf(isTls: boolean, tls: NatsOptions["tls"]): Pick<ConnectionOptions, "tls"> {
  if (!isTls && tls === undefined) return {};
  const { ca, cert, key } = tls ?? {};
  return {
    tls: {
      ...(ca === undefined ? {} : { caFile: ca }),
      ...(cert === undefined ? {} : { certFile: cert }),
      ...(key === undefined ? {} : { keyFile: key }),
    },
  };
}

function authenticationOf(credentials: Credentials | null): Partial<ConnectionOptions> {
  if (credentials === null) return {};
  if ("user" in credentials) return { user: credentials.user, pass: credentials.password };
  if ("token" in credentials) return { token: credentials.token };
  try {
    return { authenticator: credsAuthenticator(readFileSync(credentials.credsFile)) };
  } catch (error) {
    throw new UserError(`${credentials.credsFile}: ${messageOf(error)}`);
  }
}

/** Delays between tries to reconnect; to be told when one succeeded. */
export interface BackOff {
  delayMs(): number;
  reset(): void;
}

/**
 * Delays of half the outage so far, within RECONNECT_MS. The name shifts them by up to a quarter,
 * so that a thousand workers do not come back in one moment.
 */
function backOffOf(name: string): BackOff {
  const hash = Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) % 997, 7);
  const shift = 0.75 + hash / 997 / 2;
  let startedMs: number | null = null;
  return {
    delayMs: () => {
      const nowMs = performance.now();
      startedMs ??= nowMs;
      const delayMs = Math.max(RECONNECT_MS.first, (nowMs - startedMs) / 2);
      return Math.min(delayMs, RECONNECT_MS.most) * shift;
    },
    reset: () => {
      startedMs = null;
    },
  };
}
