// A cluster for a test file: Postgres, a nats-server by deploy/nats.conf, programs in processes.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../coordinator/store/open.ts";
import type { Store, StoredStudy } from "../../coordinator/store/port.ts";
import type { Ended } from "./fake-context.ts";
import { fakeShell } from "./fake-context.ts";
import { type NatsServer, skipWithoutNats, startNats } from "./nats.ts";
import { skipWithoutPostgres, startPostgres, type TestPostgres } from "./postgres.ts";
import { type Program, startProgram } from "./program.ts";
import { ROOT } from "./source-tree.ts";

export const skipWithoutCluster: string | false = skipWithoutNats || skipWithoutPostgres;

/** Short, so that losses are noticed in seconds. */
const TIMES = { leaseMs: 3_000, presenceLapseMs: 1_500, pullMs: 1_000, requestMs: 1_000, tendMs: 500 };
const PATIENCE_MS = 30_000;

export interface Cluster {
  readonly postgres: TestPostgres;
  readonly nats: NatsServer;
  readonly store: Store;
  /** Address of the broker for a role, with its password. */
  natsFor(role: "coordinator" | "worker"): string;
  coordinator(...args: readonly string[]): Program;
  /** A worker on a machine of its own: no database, its own empty cache. */
  worker(name: string, ...args: readonly string[]): Promise<Program>;
  /** One command in this process, against the cluster's database. */
  command(...args: readonly string[]): Promise<Ended>;
  /** Writes a file that commands find, and nobody else. */
  write(name: string, content: string): Promise<void>;
  study(name: string): Promise<StoredStudy>;
  close(): Promise<void>;
}

export async function startCluster(): Promise<Cluster> {
  const postgres = await startPostgres();
  const passwords = { NEARCLONE_COORDINATOR_PASSWORD: "for-coordinator", NEARCLONE_WORKER_PASSWORD: "for-worker" };
  const nats = await startNats({ config: join(ROOT, "deploy/nats.conf"), environment: passwords });
  const folder = await mkdtemp(join(tmpdir(), "nearclone-cluster-"));
  const shell = await fakeShell({ NEARCLONE_DATABASE: postgres.url });
  const store = await openStore(postgres.url);
  const running: Program[] = [];
  const common = { NEARCLONE_QUEUE_TIMES: JSON.stringify(TIMES) };
  const natsFor = (role: string): string => nats.url.replace("//", `//${role}:for-${role}@`);
  const start = (env: Record<string, string>, cwd: string, args: readonly string[]): Program => {
    const program = startProgram({ cwd, env: { ...common, ...env } }, ...args, "--log", "json", "--log-level", "debug");
    running.push(program);
    return program;
  };
  return {
    postgres,
    nats,
    store,
    natsFor,
    coordinator: (...args) => start({ NEARCLONE_DATABASE: postgres.url, NEARCLONE_NATS: natsFor("coordinator") },
      folder, ["coordinator", "--port", "0", ...args]),
    async worker(name, ...args) {
      const home = join(folder, name);
      await mkdir(home, { recursive: true });
      return start({ NEARCLONE_HOME: home, NEARCLONE_NATS: natsFor("worker") }, home,
        ["worker", "--name", name, "--slots", "1", "--provider", "portable", ...args]);
    },
    command: (...args) => shell.run(...args),
    write: (name, content) => shell.write(name, content),
    async study(name) {
      const study = await store.study(name);
      if (study === null) throw new Error(`no study ${name}`);
      return study;
    },
    async close() {
      for (const program of running) {
        program.signal("SIGCONT");
        program.signal("SIGKILL");
      }
      await Promise.all(running.map(({ ended }) => ended));
      await store.close();
      await nats.close();
      postgres.remove();
      await shell.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Asks again until `look` is true. */
export async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await look())) if (performance.now() > end) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
}

/** The lines of a log as objects; what is no JSON is left out. */
export function logLines(program: Program): Readonly<Record<string, unknown>>[] {
  return program.stderr().split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}
