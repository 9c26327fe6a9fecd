// A Postgres server that crashes, hangs up on everybody, or has no connection left.
import pg from "pg";
import type { Cluster } from "../cluster.ts";
import { between, type Fault, pause } from "../fault.ts";

const TERMINATE = `select pg_terminate_backend(pid) from pg_stat_activity
  where pid <> pg_backend_pid() and backend_type = 'client backend'`;

/** Opens connections until the server refuses one. */
async function takeAllConnections({ databaseUrl }: Cluster): Promise<pg.Client[]> {
  const clients: pg.Client[] = [];
  for (;;) {
    const client = new pg.Client({ connectionString: databaseUrl });
    client.on("error", () => undefined);
    try {
      await client.connect();
    } catch {
      return clients;
    }
    clients.push(client);
  }
}

/** A coordinator that loses the lock starts anew, as after a crash. */
const WINDOW_JOBS = 600;

export const DATABASE_FAULTS: readonly Fault[] = [
  {
    name: "Postgres crashes and restarts",
    async strike(cluster, random) {
      cluster.excused += WINDOW_JOBS;
      cluster.postgres.stop("immediate");
      await pause(between(random, 0, 1_500));
      cluster.postgres.start();
    },
  },
  {
    name: "every connection to Postgres terminated",
    async strike(cluster, random) {
      for (let i = 0; i < 3; i++) {
        cluster.excused += WINDOW_JOBS;
        const client = new pg.Client({ connectionString: cluster.databaseUrl });
        await client.connect();
        await client.query(TERMINATE);
        await client.end();
        await pause(between(random, 100, 900));
      }
    },
  },
  {
    name: "Postgres has no connection left",
    async strike(cluster, random) {
      cluster.excused += WINDOW_JOBS;
      const clients = await takeAllConnections(cluster);
      // The last of ours hangs up on all others; whoever comes first gets what they leave.
      const [first] = clients;
      const ours = new Set(clients.map((client) => "processID" in client && client.processID));
      await first?.query(`${TERMINATE} and pid <> all ($1::int[])`, [[...ours]]);
      clients.push(...(await takeAllConnections(cluster)));
      await pause(between(random, 1_000, 2_000));
      await Promise.all(clients.map((client) => client.end()));
    },
  },
];
