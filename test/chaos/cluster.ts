// A small cluster of real processes for one round: broker, database, coordinators, workers behind
// proxies of their own, and the harness's view of all of it.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase, openStore } from "../../coordinator/store/open.ts";
import type { Store } from "../../coordinator/store/port.ts";
import { type NatsServer, startNats } from "../support/nats.ts";
import type { TestPostgres } from "../support/postgres.ts";
import { Program } from "./program.ts";
import { openProxy, type Proxy } from "./proxy.ts";
import { TIMES } from "./short-times.ts";

export interface ClusterOptions {
  readonly postgres: TestPostgres;
  /** A migrated database to copy. */
  readonly template: string;
  /** Name of this round's database. */
  readonly database: string;
  readonly coordinators?: number;
  readonly workers?: number;
  /** For the first worker. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Worker {
  readonly program: Program;
  /** Between it and the broker. */
  readonly network: Proxy;
}

export class Cluster {
  readonly nats: NatsServer;
  readonly postgres: TestPostgres;
  readonly databaseUrl: string;
  readonly store: Store;
  readonly coordinators: readonly Program[];
  readonly workers: readonly Worker[];
  /** Executions that the fault may have lost or doubled, so that attempts need not account for them. */
  excused = 0;

  private constructor(
    parts: Pick<Cluster, "nats" | "postgres" | "databaseUrl" | "store" | "coordinators" | "workers">,
  ) {
    this.nats = parts.nats;
    this.postgres = parts.postgres;
    this.databaseUrl = parts.databaseUrl;
    this.store = parts.store;
    this.coordinators = parts.coordinators;
    this.workers = parts.workers;
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const { postgres, template, database } = options;
    await administer(postgres.url, `create database ${database} template ${template}`);
    const databaseUrl = urlOf(postgres, database);
    const nats = await startNats();
    const coordinators = Array.from({ length: options.coordinators ?? 1 }, (_, i) =>
      programOf(`coordinator-${i + 1}`, [
        "coordinator", "--database", databaseUrl, "--nats", nats.url, "--port", "0",
      ]));
    const workers: Worker[] = [];
    for (let i = 1; i <= (options.workers ?? 2); i++) {
      const network = await openProxy(nats.port);
      const url = `nats://127.0.0.1:${network.port}`;
      const environment = i === 1 ? options.environment : {};
      const name = `worker-${i}`;
      const args = ["--nats", url, "--name", name, "--slots", "1", "--provider", "portable"];
      const program = programOf(name, ["worker", ...args], environment);
      workers.push({ program, network });
    }
    const store = await openStore(databaseUrl);
    return new Cluster({ nats, postgres, databaseUrl, store, coordinators, workers });
  }

  get programs(): readonly Program[] {
    return [...this.coordinators, ...this.workers.map(({ program }) => program)];
  }

  /** Ends of programs, the broker among them, that the harness did not bring about. */
  get deaths(): readonly string[] {
    return [...this.programs, this.nats].flatMap(({ deaths }) => deaths);
  }

  /** Ends everything but the database server; what is left of it is killed. */
  async close(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.remove()));
    await Promise.all(this.workers.map(({ network }) => network.close()));
    await this.nats.close();
    await this.store.close();
  }
}

export function urlOf({ url }: TestPostgres, database: string): string {
  return url.replace(/postgres$/, database);
}

/** Runs one statement at a server, outside any transaction. */
export async function administer(url: string, statement: string): Promise<void> {
  const database = await openDatabase(url);
  try {
    await database.query(statement);
  } finally {
    await database.close();
  }
}

/** Programs share nothing on the disk, as on machines of their own. */
function programOf(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Program {
  const home = mkdtempSync(join(tmpdir(), `nearclone-chaos-${name}-`));
  const own = {
    NEARCLONE_HOME: home,
    NEARCLONE_DATA: home,
    NEARCLONE_QUEUE_TIMES: JSON.stringify(TIMES),
  };
  return new Program({ name, home, args, environment: { ...own, ...environment } });
}
