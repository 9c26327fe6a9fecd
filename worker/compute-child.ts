// One compute process as its worker sees it: started, spoken to, killed, and known to have ended.
import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { FromProcess, ToProcess } from "./compute-messages.ts";

/** Environment variables by name, on top of this process's own. */
export type Environment = Readonly<Record<string, string>>;

export interface ChildOptions {
  readonly entry: URL;
  readonly environment: Environment;
  readonly onMessage: (message: FromProcess) => void;
  /** A line that the process or a library in it printed. */
  readonly onLine: (line: string) => void;
  /** Once, after all its messages and lines: what it died of, such as `SIGSEGV`. */
  readonly onEnd: (why: string) => void;
}

export interface ComputeChild {
  /** undefined where the process could not be started. */
  readonly pid: number | undefined;
  /** Sends, or does nothing if the process has ended: `onEnd` tells of that. */
  send(message: ToProcess): void;
  /** At once and for good: it has nothing to save. */
  kill(): void;
}

export function startChild(options: ChildOptions): ComputeChild {
  const { entry, environment, onMessage, onLine, onEnd } = options;
  const child = fork(fileURLToPath(entry), {
    serialization: "advanced",
    env: { ...process.env, ...environment },
    execArgv: inheritable(process.execArgv),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on("line", onLine);
  }
  child.on("message", onMessage);
  let hasEnded = false;
  const end = (why: string): void => {
    if (hasEnded) return;
    hasEnded = true;
    onEnd(why);
  };
  // Without a process there is no `close`; an error after the start is met by it.
  child.on("error", (error) => child.pid === undefined && end(error.message));
  child.on("close", (code, signal) => end(causeOf(code, signal)));
  return {
    pid: child.pid,
    send: (message) => sendTo(child, message),
    kill: () => void child.kill("SIGKILL"),
  };
}

function sendTo(child: ChildProcess, message: ToProcess): void {
  if (child.connected) child.send(message, () => undefined);
}

function causeOf(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === "SIGKILL") return "SIGKILL (the system's answer when memory runs out)";
  return signal ?? `exit code ${code}`;
}

/** Node's own options but those that two processes cannot share, or that name another program. */
function inheritable(execArgv: readonly string[]): string[] {
  const isProgram = (option = ""): boolean => /^(-e|--eval|-p|--print|-pe)$/.test(option);
  return execArgv.filter(
    (option, i) =>
      !/^--(inspect|test|watch)/.test(option) && !isProgram(option) && !isProgram(execArgv[i - 1]),
  );
}
