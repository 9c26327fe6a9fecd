// What a program says to connect to a NATS server, and what it may hear of it afterwards.
import { UserError } from "../../schema/failure.ts";
import { LEASE_MS, PRESENCE_LAPSE_MS } from "../../schema/limits.ts";

export type Credentials =
  | { readonly user: string; readonly password: string }
  | { readonly token: string }
  /** Path of a .creds file (JWT and seed). */
  | { readonly credsFile: string };

/** Paths of PEM files; a server that asks for TLS gets it without these too. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** What happened, for logs and metrics; none of it needs an answer. */
export type QueueEvent =
  | { readonly kind: "disconnected" | "reconnected"; readonly server: string }
  /** A stream or consumer made anew: what a stream of jobs held must be published again. */
  | { readonly kind: "recreated"; readonly what: string }
  /** A consumer had lost sight of messages after a crash of the server, and was put right. */
  | { readonly kind: "healed"; readonly what: string }
  /** A message that could not be used; kept in the quarantine stream with its sender. */
  | {
      readonly kind: "quarantined";
      readonly subject: string;
      readonly sender: string;
      readonly reason: string;
    }
  /** Something failed that is tried again later. */
  | { readonly kind: "trouble"; readonly message: string };

/** Durations that tests shorten; the defaults are what a cluster runs with. */
export interface QueueTimes {
  /** A claim on a job lapses after this; the same at both ends. */
  readonly leaseMs: number;
  readonly presenceLapseMs: number;
  /** A received report that is neither accepted nor refused comes again after this. */
  readonly collectMs: number;
  /** How long a start may try to reach the server. */
  readonly connectMs: number;
  /** An unanswered request is given up, and tried again, after this. */
  readonly requestMs: number;
  /** A request for jobs or reports that finds none is repeated after this. */
  readonly pullMs: number;
  /** How often the coordinator looks whether streams and consumers are there and sound. */
  readonly tendMs: number;
}

export const DEFAULT_TIMES: QueueTimes = {
  leaseMs: LEASE_MS,
  presenceLapseMs: PRESENCE_LAPSE_MS,
  collectMs: 30_000,
  connectMs: 10_000,
  requestMs: 5_000,
  pullMs: 10_000,
  tendMs: 2_000,
};

export interface NatsOptions {
  /** nats://host:port or tls://host:port, one or several of one NATS cluster. */
  readonly servers: string | readonly string[];
  /** First word of every subject and stream; two clusters on one server need two. */
  readonly prefix?: string;
  /** Wins over user and password in the first server's URL. */
  readonly credentials?: Credentials;
  readonly tls?: TlsFiles;
  /** Who connects: the worker's name, or the coordinator's host. */
  readonly name: string;
  /** nearclone's version, named where two differ. */
  readonly version: string;
  readonly onEvent?: (event: QueueEvent) => void;
  readonly times?: Partial<QueueTimes>;
}

export const DEFAULT_PREFIX = "nearclone";

/** The prefix of `options`. Throws UserError if it cannot be a word of a subject. */
export function prefixOf({ prefix = DEFAULT_PREFIX }: Pick<NatsOptions, "prefix">): string {
  if (!/^[a-z0-9][a-z0-9_-]{0,31}$/.test(prefix)) {
    throw new UserError(
      `NATS prefix "${prefix}": expected up to 32 of a-z, 0-9, "_", "-", first a letter or digit`,
    );
  }
  return prefix;
}

export interface Address {
  /** host:port, as often as there are servers. */
  readonly hosts: readonly string[];
  /** For messages: the servers without passwords. */
  readonly label: string;
  readonly isTls: boolean;
  readonly credentials: Credentials | null;
}

/** Takes server URLs apart. Throws UserError for what is not one. */
export function addressOf(options: NatsOptions): Address {
  const texts = typeof options.servers === "string" ? [options.servers] : options.servers;
  const urls = texts.map(urlOf);
  const [first] = urls;
  if (first === undefined) throw new UserError("no NATS server given: expected nats://host:4222");
  const inUrl = first.username === "" ? null : credentialsIn(first);
  const hosts = urls.map((url) => `${url.hostname}:${url.port === "" ? "4222" : url.port}`);
  return {
    hosts,
    label: hosts.map((host) => `${first.protocol}//${host}`).join(","),
    isTls: urls.some((url) => url.protocol === "tls:"),
    credentials: options.credentials ?? inUrl,
  };
}

function urlOf(text: string): URL {
  const full = /^[a-z]+:\/\//.test(text) ? text : `nats://${text}`;
  const url = URL.canParse(full) ? new URL(full) : null;
  if (url === null || !["nats:", "tls:"].includes(url.protocol) || url.hostname === "") {
    const shown = text.replace(/^([a-z]+:\/\/)?.*@/s, "$1…@");
    throw new UserError(`NATS server "${shown}": expected nats://host:port or tls://host:port`);
  }
  return url;
}

function credentialsIn(url: URL): Credentials {
  const [user, password] = [url.username, url.password].map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw new UserError(`NATS server ${url.host}: user or password: a % that encodes nothing: expected %25 for one`);
    }
  });
  return password === "" ? { token: user ?? "" } : { user: user ?? "", password: password ?? "" };
}
