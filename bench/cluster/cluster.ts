// A cluster of real processes on this machine, for measurements: Postgres, nats-server, the commands.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { prepareStudy } from "../../coordinator/prepare.ts";
import { openStore } from "../../coordinator/store/open.ts";
import type { Store } from "../../coordinator/store/port.ts";
import { readStudyFile } from "../../coordinator/study-file.ts";
import type { StudyKey } from "../../schema/job.ts";
import { type NatsServer, startNats } from "../../test/support/nats.ts";
import { startPostgres, type TestPostgres } from "../../test/support/postgres.ts";

const PROGRAM = fileURLToPath(new URL("../../../bin/nearclone.js", import.meta.url));
const LOOK_EVERY_MS = 20;

export interface Running {
  readonly child: ChildProcess;
  /** Ends it as an operator would. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export interface Cluster {
  readonly store: Store;
  readonly database: string;
  readonly nats: NatsServer;
  coordinator(): Running;
  worker(name: string, slots: number): Running;
  /** Stores a study and its data; returns its key. */
  submit(path: string, dataCache?: string): Promise<StudyKey>;
  /** Seconds until a study has `points` rows. */
  untilStored(key: StudyKey, points: number): Promise<number>;
  close(): Promise<void>;
}

export async function openCluster(home: string): Promise<Cluster> {
  const postgres: TestPostgres = await startPostgres();
  const nats = await startNats();
  const store = await openStore(postgres.url);
  const running = new Set<Running>();
  const start = (...args: string[]): Running => {
    const env = { ...process.env, NEARCLONE_HOME: home, NEARCLONE_DATABASE: postgres.url, NEARCLONE_NATS: nats.url };
    const child = spawn(process.execPath, [PROGRAM, ...args, "--log", "json", "--log-level", "warn"], {
      env, stdio: ["ignore", "ignore", "inherit"],
    });
    const exited = once(child, "exit");
    const end = async (signal: NodeJS.Signals): Promise<void> => {
      running.delete(one);
      child.kill(signal);
      await exited;
    };
    const one: Running = { child, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
    running.add(one);
    return one;
  };
  return {
    store,
    database: postgres.url,
    nats,
    coordinator: () => start("coordinator", "--port", "0"),
    worker: (name, slots) => start("worker", "--name", name, "--slots", String(slots), "--grace", "0"),
    submit: async (path, dataCache = "") => {
      const { order, identity } = await prepareStudy(await readStudyFile(path, process.cwd()), dataCache);
      for (const file of order.data?.files ?? []) {
        await store.files.put(file, createReadStream(resolve(order.folder, file.path)));
      }
      return (await store.ensureStudy(order, identity)).order.key;
    },
    untilStored: async (key, points) => {
      const began = performance.now();
      while ((await store.progress(key)).stored < points) await sleep(LOOK_EVERY_MS);
      return (performance.now() - began) / 1_000;
    },
    close: async () => {
      for (const one of running) await one.stop();
      await store.close();
      await nats.close();
      postgres.remove();
    },
  };
}

/** Resident megabytes of a process. */
export async function residentMegabytes({ child }: Running): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024);
}
