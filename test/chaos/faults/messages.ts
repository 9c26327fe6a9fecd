// Messages that come twice, late, in another order, or that mean nothing.
import { connect, headers, type Msg, type MsgHdrs, type NatsConnection } from "nats";
import type { Random } from "../../../data/random.ts";
import type { Cluster } from "../cluster.ts";
import { between, type Fault, pause } from "../fault.ts";

const CAPTURE_MS = 2_000;
const FIRST_MS = 20_000;
const PREFIX = "nearclone";

async function withConnection(
  cluster: Cluster,
  action: (connection: NatsConnection) => Promise<void>,
): Promise<void> {
  const connection = await connect({ servers: cluster.nats.url });
  try {
    await action(connection);
    await connection.flush();
  } finally {
    await connection.close();
  }
}

/** Every report on its way into its stream, seen as the plain message that it also is; at least one. */
async function capture(connection: NatsConnection, ms: number): Promise<Msg[]> {
  const seen: Msg[] = [];
  let found = (): void => {};
  const first = new Promise<void>((resolve) => (found = resolve));
  const subscription = connection.subscribe(`${PREFIX}.report.*`, {
    callback: (_, message) => {
      seen.push(message);
      found();
    },
  });
  await pause(ms);
  // A coordinator whose database is slow asks for the next jobs late.
  await Promise.race([first, new Promise((resolve) => setTimeout(resolve, FIRST_MS).unref())]);
  subscription.unsubscribe();
  return seen;
}

function shuffle<T>(random: Random, some: readonly T[]): T[] {
  const left = [...some];
  return some.map(() => left.splice(random.below(left.length), 1)[0]!);
}

const repeat = async (cluster: Cluster, random: Random): Promise<void> =>
  withConnection(cluster, async (connection) => {
    const seen = await capture(connection, CAPTURE_MS);
    if (seen.length === 0) throw new Error("no report to repeat");
    for (const message of shuffle(random, [...seen, ...seen])) {
      const copy = { headers: message.headers ?? headers() };
      connection.publish(message.subject, message.data, copy);
    }
  });

interface Junk {
  readonly data: Uint8Array;
  readonly headers?: MsgHdrs;
}

/** Bytes of every kind that a sender may get wrong, the stamp right or wrong or missing. */
function junk(random: Random, { data, headers: stamp }: Msg): Junk[] {
  const foreign = headers();
  foreign.set("Nearclone", "999 9.9.9 elsewhere nobody");
  const wrong = [
    new Uint8Array(),
    Uint8Array.from({ length: random.below(2_000) }, () => random.below(256)),
    data.subarray(0, random.below(data.length)),
    new TextEncoder().encode('{"job":{"study":"st_0000000000000000","number":1}}'),
    new Uint8Array(900_000),
  ];
  // A flipped bit of a report that has the right stamp may be a well-formed lie.
  const flipped = Uint8Array.from(data);
  const at = random.below(Math.min(64, data.length));
  flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
  return [
    ...[...wrong, flipped].map((bytes) => ({ data: bytes })),
    ...[...wrong, flipped].map((bytes) => ({ data: bytes, headers: foreign })),
    ...(stamp === undefined ? [] : wrong.map((bytes) => ({ data: bytes, headers: stamp }))),
  ];
}

const garble = async (cluster: Cluster, random: Random): Promise<void> =>
  withConnection(cluster, async (connection) => {
    const [sample] = await capture(connection, CAPTURE_MS / 2);
    if (sample === undefined) throw new Error("no report to garble");
    const study = sample.subject.split(".").at(-1) ?? "";
    const subjects = [
      sample.subject, `${PREFIX}.report.none`, `${PREFIX}.job.${study}.999999`, `${PREFIX}.job.x.y`,
      `${PREFIX}.presence`, `${PREFIX}.renewed`,
    ];
    for (const { data, ...options } of junk(random, sample)) {
      for (const subject of subjects) connection.publish(subject, data, options);
      await pause(between(random, 0, 60));
    }
  });

export const MESSAGE_FAULTS: readonly Fault[] = [
  { name: "reports repeated and out of order", strike: repeat },
  { name: "malformed messages", strike: garble },
];
