// A nats-server that crashes, and comes back with all, some or none of what it had stored.
import { readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "../../../data/random.ts";
import type { Cluster } from "../cluster.ts";
import { between, type Fault, pause } from "../fault.ts";

/** Leases and acknowledgements of any number of messages may be forgotten. */
const ANY = Number.POSITIVE_INFINITY;

async function restart(cluster: Cluster, random: Random, meanwhile: () => void): Promise<void> {
  cluster.excused = ANY;
  await cluster.nats.stop("SIGKILL");
  meanwhile();
  await pause(between(random, 0, 1_500));
  await cluster.nats.start();
}

/** Cuts off part of the block file that was written last; nothing if there is none yet. */
function truncateNewestBlock(folder: string, random: Random): void {
  const [newest] = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".blk"))
    .map((path) => join(folder, path))
    .map((path) => ({ path, stat: statSync(path) }))
    .filter(({ stat }) => stat.size > 0)
    .sort((a, b) => b.stat.mtimeMs - a.stat.mtimeMs);
  if (newest !== undefined) truncateSync(newest.path, random.below(newest.stat.size));
}

export const BROKER_FAULTS: readonly Fault[] = [
  {
    name: "nats-server killed and restarted",
    async strike(cluster, random) {
      for (let i = 0; i < 2; i++) {
        await restart(cluster, random, () => undefined);
        await pause(between(random, 200, 1_000));
      }
    },
  },
  {
    name: "nats-server's store wiped",
    strike: (cluster, random) => restart(cluster, random, () => cluster.nats.wipe()),
  },
  {
    name: "nats-server's newest block truncated",
    strike: (cluster, random) =>
      restart(cluster, random, () => truncateNewestBlock(cluster.nats.storeFolder, random)),
  },
];
