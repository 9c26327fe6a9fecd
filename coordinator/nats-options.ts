// How commands are told of a NATS server: options, environment variables, and what they mean.
import { Option } from "commander";
import { z } from "zod";
import type { NatsOptions, QueueTimes } from "../queue/nats.ts";
import { UserError } from "../schema/failure.ts";
import type { Context } from "./context.ts";

export interface NatsCommandOptions {
  readonly nats?: string;
  readonly natsPrefix?: string;
  readonly natsCreds?: string;
  readonly natsCa?: string;
  readonly natsCert?: string;
  readonly natsKey?: string;
}

export const natsOptions = (): Option[] => [
  new Option("-n, --nats <url>", "nats://[user:password@]host:port, several with commas (or NEARCLONE_NATS)"),
  new Option("--nats-prefix <word>", "first word of all subjects and streams (default: nearclone)"),
  new Option("--nats-creds <file>", "credentials file (.creds)"),
  new Option("--nats-ca <file>", "certificate authority, PEM"),
  new Option("--nats-cert <file>", "client certificate, PEM, with --nats-key"),
  new Option("--nats-key <file>", "key of the client certificate, PEM"),
];

const ms = z.int().positive();
const Times = z.strictObject({
  leaseMs: ms, presenceLapseMs: ms, collectMs: ms, connectMs: ms, requestMs: ms, pullMs: ms, tendMs: ms,
}).partial();

/** NEARCLONE_QUEUE_TIMES: durations in JSON, the same at all programs of a cluster. */
export function queueTimes({ env }: Context): Partial<QueueTimes> {
  const text = env["NEARCLONE_QUEUE_TIMES"];
  if (text === undefined || text === "") return {};
  const complaint = `NEARCLONE_QUEUE_TIMES: ${text}: expected JSON such as {"leaseMs": 30000}`;
  try {
    const { data } = Times.safeParse(JSON.parse(text));
    if (data === undefined) throw new UserError(complaint);
    return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
  } catch {
    throw new UserError(complaint);
  }
}

/** What the queue needs to connect. Throws UserError if no server was named. */
export function natsOf(context: Context, options: NatsCommandOptions, name: string): NatsOptions {
  const url = options.nats ?? context.env["NEARCLONE_NATS"];
  if (url === undefined || url === "") {
    throw new UserError("no NATS server given: expected --nats nats://host:4222 or NEARCLONE_NATS; " +
      `to try a cluster on this machine: ${context.program} up`);
  }
  const { natsPrefix: prefix, natsCreds: credsFile, natsCa: ca, natsCert: cert, natsKey: key } = options;
  const tls = { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
  return {
    servers: url.split(",").map((one) => one.trim()),
    ...(prefix === undefined ? {} : { prefix }),
    ...(credsFile === undefined ? {} : { credentials: { credsFile } }),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
    name,
    version: context.version,
    times: queueTimes(context),
  };
}
