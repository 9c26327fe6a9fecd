// The true program in processes of its own: what it says, signals, and its end.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ROOT } from "./source-tree.ts";

const PATIENCE_MS = 60_000;
/** Characters of what was said instead. */
const SHOWN = 3_000;

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly pid: number;
  /** What came on standard error so far. */
  readonly stderr: () => string;
  /** Resolves to the match of `pattern` on standard error; rejects if the process ends before, or after a minute. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<ProgramEnd>;
}

export interface ProgramPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Starts `nearclone ARGS`. It is killed when the test process ends before it. */
export function startProgram({ cwd, env }: ProgramPlace, ...args: readonly string[]): Program {
  const child = spawn(process.execPath, [join(ROOT, "bin/nearclone.js"), ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  let stdout = "";
  let stderr = "";
  const waiting = new Set<() => void>();
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    for (const look of waiting) look();
  });
  const ended = once(child, "close").then(() => {
    process.off("exit", kill);
    return { code: child.exitCode, signal: child.signalCode, stdout, stderr };
  });
  return {
    pid: child.pid ?? 0,
    stderr: () => stderr,
    ended,
    signal: (name) => void child.kill(name),
    async says(pattern) {
      const seen = new Promise<RegExpExecArray>((resolve) => {
        const look = (): void => {
          const found = pattern.exec(stderr);
          if (found !== null) {
            waiting.delete(look);
            resolve(found);
          }
        };
        waiting.add(look);
        look();
      });
      const early = ended.then(() => {
        const found = pattern.exec(stderr);
        if (found === null) throw new Error(`ended without ${String(pattern)}: ${stderr}`);
        return found;
      });
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        const complain = (): void => reject(new Error(`a minute without ${String(pattern)}: ${stderr.slice(-SHOWN)}`));
        timer = setTimeout(complain, PATIENCE_MS);
      });
      return Promise.race([seen, early, late]).finally(() => clearTimeout(timer));
    },
  };
}
