// A nats-server of one's own, found on the PATH, for a cluster on one machine.
//
// Invariant: one server per folder. Who starts one has the folder's lock; a server that outlived its
// starter, which was killed, is ended before another opens its files.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../schema/failure.ts";
import { lockFolder } from "./store/folder-lock.ts";

export interface LocalBroker {
  readonly url: string;
  readonly version: string;
  stop(): Promise<void>;
}

const STOP_MS = 5_000;
const AGAIN_MS = 1_000;
const LOOK_MS = 50;

/**
 * Starts it on a free loopback port, its streams below `folder`, and again whenever it ends by itself.
 * Throws UserError if there is no nats-server, or another process keeps one in this folder.
 */
export async function startBroker(folder: string, warn: (message: string) => void): Promise<LocalBroker> {
  const version = /v([\d.]+)/.exec(spawnSync("nats-server", ["--version"], { encoding: "utf8" }).stdout ?? "")?.[1];
  if (version === undefined) {
    throw new UserError("no nats-server on the PATH: on Debian apt install nats-server, elsewhere see nats.io/download");
  }
  const store = join(folder, "nats");
  mkdirSync(store, { recursive: true });
  const unlock = await lockFolder(store, "set NEARCLONE_HOME to another folder");
  try {
    await endFormer(join(store, "pid"));
    const port = await freePort();
    const keeper = new Keeper(["-js", "-a", "127.0.0.1", "-p", String(port), "-sd", store, "-P", join(store, "pid")], warn);
    await keeper.start();
    return {
      url: `nats://127.0.0.1:${port}`,
      version,
      stop: async () => {
        await keeper.stop();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Keeps one server process there. */
class Keeper {
  readonly #args: readonly string[];
  readonly #warn: (message: string) => void;
  #server: ChildProcess | null = null;
  #isOver = false;

  constructor(args: readonly string[], warn: (message: string) => void) {
    this.#args = args;
    this.#warn = warn;
  }

  async start(): Promise<void> {
    // A process group of its own: Ctrl-C must not end it before the workers have said goodbye.
    const server = spawn("nats-server", this.#args, { stdio: "ignore", detached: true });
    const failed = once(server, "error").then(([error]) => { throw error instanceof Error ? error : new Error(String(error)); });
    await Promise.race([once(server, "spawn"), failed]);
    this.#server = server;
    server.once("exit", (code, signal) => {
      if (this.#isOver) return;
      this.#warn(`nats-server ended (${signal ?? code}): starting it again`);
      setTimeout(() => void this.#again(), AGAIN_MS).unref();
    });
  }

  async #again(): Promise<void> {
    if (!this.#isOver) await this.start().catch((error: unknown) => this.#warn(String(error)));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    const server = this.#server;
    if (server === null || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, "exit");
    server.kill("SIGTERM");
    const timer = setTimeout(() => server.kill("SIGKILL"), STOP_MS);
    await exited;
    clearTimeout(timer);
  }
}

/** Ends the server that a file of its process number names, if that is still there. */
async function endFormer(pidFile: string): Promise<void> {
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8").trim()) : 0;
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (!isOurs(pid, pidFile)) return;
    process.kill(pid, signal);
    const endMs = performance.now() + STOP_MS;
    while (isOurs(pid, pidFile) && performance.now() < endMs) await sleep(LOOK_MS);
  }
}

/** Numbers of processes are used again: its command line names the file, where that can be read. */
function isOurs(pid: number, pidFile: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(pidFile);
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
