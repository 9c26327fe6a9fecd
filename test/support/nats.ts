// A throw-away nats-server: random port, store in a temporary folder, killed and wiped at will.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { INSTALL_LINE, onPath } from "./packages.ts";

/** Another binary than the one on the PATH, to test against other versions. */
const PROGRAM = process.env["NEARCLONE_NATS_SERVER"] ?? "nats-server";

/** What a test that needs the server prints when it is skipped; false where it is there. */
export const skipWithoutNats: string | false =
  !onPath(PROGRAM) && `no nats-server on the PATH: ${INSTALL_LINE}`;

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  readonly storeFolder: string;
  /** How processes of it ended that nobody here ended, with their last words. */
  readonly deaths: readonly string[];
  /** Last words of those that panicked and were started again. */
  readonly panics: readonly string[];
  /** Starts it again after `stop`, on the same port and store. */
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Removes the store; only while stopped. */
  wipe(): void;
  /** Suspends or continues the process. */
  signal(signal: NodeJS.Signals): void;
  /** Stops it for good and removes its folder. */
  close(): Promise<void>;
}

export interface NatsServerOptions {
  /** Whether the command line enables JetStream; default: where no configuration is given. */
  readonly jetStream?: boolean;
  /** A configuration file; $NEARCLONE_NATS_STORE in it is the temporary folder. */
  readonly config?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Panics of the server's own after which it is started again, as whoever runs one has it done. */
const PANICS_MOST = 3;

export async function startNats(options: NatsServerOptions = {}): Promise<NatsServer> {
  const storeFolder = mkdtempSync(join(tmpdir(), "nearclone-nats-"));
  const deaths: string[] = [];
  const panics: string[] = [];
  let restarted: Promise<void> = Promise.resolve();
  const died = (log: string, how: string): void => {
    const panic = PANIC.exec(log);
    if (panic === null || panics.push(log) > PANICS_MOST) return void deaths.push(`nats-server ended by itself: ${how}: ${log}`);
    console.log(`nats-server ended by a bug of its own and is started again: ${panic[0]}`);
    restarted = begin(port);
  };
  const begin = async (port: number): Promise<void> => {
    running = await launch(options, { storeFolder, port, died });
  };
  let running = await launch(options, { storeFolder, port: -1, died });
  const { port } = running;
  const stop = async (signal: NodeJS.Signals = "SIGKILL"): Promise<void> => {
    await restarted;
    if (running.child.exitCode !== null || running.child.signalCode !== null) return;
    const gone = once(running.child, "exit");
    running.isEnding = true;
    running.child.kill(signal);
    await gone;
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    storeFolder,
    deaths,
    panics,
    start: async () => {
      await restarted;
      await begin(port);
    },
    stop,
    wipe: () => rmSync(storeFolder, { recursive: true, force: true }),
    signal: (signal) => void running.child.kill(signal),
    close: async () => {
      await stop();
      rmSync(storeFolder, { recursive: true, force: true });
    },
  };
}

interface Launched {
  readonly child: ChildProcess;
  readonly port: number;
  isEnding: boolean;
}

const LOG_KEPT = 2_000;
/** How Go's runtime begins its last words. */
const PANIC = /^(?:panic|fatal error|unexpected fault address|SIG[A-Z]+):? .*$/m;

/** The last words of a log: from a panic on, or its end. */
function lastWords(log: string): string {
  const at = log.search(PANIC);
  return at < 0 ? log.slice(-LOG_KEPT) : log.slice(at, at + LOG_KEPT);
}

async function launch(
  { config, jetStream = config === undefined, environment = {} }: NatsServerOptions,
  { storeFolder, port, died }: { storeFolder: string; port: number; died: (log: string, how: string) => void },
): Promise<Launched> {
  const args = ["-a", "127.0.0.1", "-p", String(port)];
  if (config !== undefined) args.push("-c", config);
  if (jetStream) args.push("-js", "-sd", storeFolder);
  const env = { ...process.env, NEARCLONE_NATS_STORE: storeFolder, ...environment };
  const child = spawn(PROGRAM, args, { stdio: ["ignore", "ignore", "pipe"], env });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.removeListener("exit", kill));
  let log = "";
  let launched: Launched | null = null;
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.stderr.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (launched !== null) log = lastWords(log);
      const listening = /Listening for client connections on [^\n]*:(\d+)/.exec(log);
      if (launched !== null || !log.includes("Server is ready") || listening === null) return;
      launched = { child, port: Number(listening[1]), isEnding: false };
      resolve(launched);
    });
    child.once("exit", (code, signal) => {
      const how = signal ?? `code ${code}`;
      if (launched === null) reject(new Error(`nats-server ended before it was ready: ${how}: ${log}`));
      else if (!launched.isEnding) died(log, how);
    });
  });
}
