// A context that a test makes up: its own folder, screens that remember, Ctrl-C on demand.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context, ExitCode } from "../../coordinator/context.ts";
import { runProgram } from "../../coordinator/program.ts";
import { realClock } from "../../queue/clock.ts";
import { putDatabase } from "./database.ts";

export interface Ended {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

export interface FakeShell {
  /** Where commands run; relative paths start here. */
  readonly cwd: string;
  write(name: string, content: string | Uint8Array): Promise<void>;
  /** Runs one command line in this process. */
  run(...args: readonly string[]): Promise<Ended>;
  /** Presses Ctrl-C, when `when` first appears on standard error. */
  interruptAt(when: RegExp): void;
  remove(): Promise<void>;
}

/** The same, with an empty database where commands look for one. */
export async function shellWithDatabase(env: Readonly<Record<string, string>> = {}): Promise<FakeShell> {
  const shell = await fakeShell(env);
  await putDatabase(join(shell.cwd, ".nearclone/db"));
  return shell;
}

export async function fakeShell(env: Readonly<Record<string, string>> = {}): Promise<FakeShell> {
  const cwd = await mkdtemp(join(tmpdir(), "nearclone-cli-"));
  const listeners = new Set<() => void>();
  let trigger: RegExp | undefined;
  return {
    cwd,
    write: (name, content) => writeFile(join(cwd, name), content),
    interruptAt: (when) => {
      trigger = when;
    },
    remove: () => rm(cwd, { recursive: true, force: true }),
    async run(...args) {
      const out: string[] = [];
      const err: string[] = [];
      const context: Context = {
        env,
        cwd,
        home: cwd,
        version: "0.0.0",
        program: "nearclone",
        script: "nearclone",
        cores: 2,
        memoryBytes: 4e9,
        clock: realClock,
        stdout: { write: (text) => void out.push(text), isTerminal: false, columns: 80 },
        stderr: {
          write: (text) => {
            err.push(text);
            if (trigger?.test(text) !== true) return;
            trigger = undefined;
            for (const listener of listeners) listener();
          },
          isTerminal: false,
          columns: 80,
        },
        onInterrupt: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      };
      const code = await runProgram(args, context);
      return { code, stdout: out.join(""), stderr: err.join("") };
    },
  };
}
