// A nats-server of one's own, found on the PATH, for a cluster on one machine.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { UserError } from "../schema/failure.ts";

export interface LocalBroker {
  readonly url: string;
  readonly version: string;
  stop(): Promise<void>;
}

const STOP_MS = 5_000;

/** Starts it on a free loopback port, its streams below `folder`. Throws UserError if there is none. */
export async function startBroker(folder: string): Promise<LocalBroker> {
  const version = /v([\d.]+)/.exec(spawnSync("nats-server", ["--version"], { encoding: "utf8" }).stdout ?? "")?.[1];
  if (version === undefined) {
    throw new UserError("no nats-server on the PATH: on Debian apt install nats-server, elsewhere see nats.io/download");
  }
  const port = await freePort();
  const store = join(folder, "nats");
  mkdirSync(store, { recursive: true });
  // A process group of its own: Ctrl-C must not end it before the workers have said goodbye.
  const server = spawn("nats-server", ["-js", "-a", "127.0.0.1", "-p", String(port), "-sd", store],
    { stdio: "ignore", detached: true });
  const failed = once(server, "error").then(([error]) => { throw error instanceof Error ? error : new Error(String(error)); });
  await Promise.race([once(server, "spawn"), failed]);
  const exited = once(server, "exit");
  return {
    url: `nats://127.0.0.1:${port}`,
    version,
    stop: async () => {
      server.kill("SIGTERM");
      const timer = setTimeout(() => server.kill("SIGKILL"), STOP_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
