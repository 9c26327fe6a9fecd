// One process of nearclone under the harness: started, killed, stalled, started again, overheard.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/source-tree.ts";

const LINES_KEPT = 40;

export interface Command {
  /** For dumps: `worker-1`. */
  readonly name: string;
  /** Its own folder, removed with it. */
  readonly home: string;
  /** Of `nearclone`. */
  readonly args: readonly string[];
  /** Another program's words before its own, such as what enters a namespace. */
  readonly within?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export class Program {
  readonly name: string;
  readonly #command: Command;
  #child: ChildProcess;
  #lines: string[] = [];
  #isEnding = false;
  /** How processes of it ended that the harness did not end. */
  readonly deaths: string[] = [];

  constructor(command: Command) {
    this.name = command.name;
    this.#command = command;
    this.#child = this.#spawn();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Its exit code, once it ended; null after a signal. */
  async ended(): Promise<number | null> {
    if (this.isRunning) await once(this.#child, "exit");
    return this.#child.exitCode;
  }

  /** What it wrote last, of all its lives. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  #spawn(): ChildProcess {
    const { args, environment, within = [] } = this.#command;
    const words = [...within, process.execPath, join(ROOT, "bin/nearclone.js"), ...args];
    const [first = process.execPath, ...rest] = words;
    const child = spawn(first, rest, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#isEnding = false;
    const kill = (): void => void child.kill("SIGKILL");
    process.once("exit", kill);
    let text = "";
    const hear = (chunk: Buffer): void => {
      const parts = (text + chunk.toString()).split("\n");
      text = parts.pop() ?? "";
      this.#lines = [...this.#lines, ...parts].slice(-LINES_KEPT);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", (code, signal) => {
      process.off("exit", kill);
      if (!this.#isEnding) this.deaths.push(`${this.name} ended by itself: ${signal ?? `code ${code}`}`);
    });
    return child;
  }

  signal(name: NodeJS.Signals): void {
    if (this.isRunning) this.#child.kill(name);
  }

  /** Ends it; a program that is asked to, and not killed, has to end with code 0. */
  async end(name: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    this.#isEnding = true;
    if (!this.isRunning) return;
    const gone = once(this.#child, "exit");
    this.#child.kill(name);
    await gone;
    const { exitCode, signalCode } = this.#child;
    if (name === "SIGTERM" && exitCode !== 0) {
      this.deaths.push(`${this.name}, asked to end: ${signalCode ?? `code ${exitCode}`}`);
    }
  }

  /** Ends it for good. */
  async remove(): Promise<void> {
    await this.end();
    rmSync(this.#command.home, { recursive: true, force: true });
  }

  start(): void {
    if (!this.isRunning) this.#child = this.#spawn();
  }

  /** The processes that it started, of which `marker` is in the command line. */
  children(marker: string): number[] {
    return childrenOf(this.pid).filter((pid) => read(`/proc/${pid}/cmdline`).includes(marker));
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0)
    .filter((pid) => {
      // "pid (name) state parent …": the name may hold anything.
      const [, ppid] = read(`/proc/${pid}/stat`).replace(/^.*\) /, "").split(" ");
      return Number(ppid) === parent;
    });
}

/** A file's text, or nothing if it is gone: processes end while they are looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
