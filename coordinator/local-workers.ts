// Worker processes beside a coordinator, started again when they die.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type Context, TIED } from "./context.ts";
import type { LogCommandOptions } from "./log-options.ts";
import { computeBytes } from "./resources.ts";

export interface LocalWorkersOptions {
  readonly context: Context;
  readonly url: string;
  readonly count: number;
  readonly slots: number;
  readonly log: LogCommandOptions;
}

const AGAIN_MS = 2_000;
const STOP_MS = 30_000;

export interface LocalWorkers {
  /** Drains them; called again, it has them hand back their jobs at once. */
  stop(): Promise<void>;
}

/** Keeps `count` workers there until `stop`. They end by themselves should this process be killed. */
export function keepWorkers(options: LocalWorkersOptions): LocalWorkers {
  const running = new Set<ChildProcess>();
  let isOver = false;
  const start = (number: number): void => {
    const child = spawn(process.execPath, argumentsOf(options, number), {
      stdio: ["pipe", "ignore", "pipe"],
      // A process group of its own: Ctrl-C reaches them through `stop`, in order.
      detached: true,
      env: { ...options.context.env, [TIED]: "1" },
    });
    running.add(child);
    child.stderr.on("data", (text: Buffer) => options.context.stderr.write(text.toString()));
    child.once("exit", () => {
      running.delete(child);
      if (!isOver) setTimeout(() => isOver || start(number), AGAIN_MS).unref();
    });
  };
  for (let number = 1; number <= options.count; number++) start(number);
  return {
    stop: async () => {
      isOver = true;
      const ends = [...running].map((child) => once(child, "exit"));
      for (const child of running) child.kill("SIGTERM");
      const timer = setTimeout(() => {
        for (const child of running) child.kill("SIGKILL");
      }, STOP_MS);
      await Promise.all(ends);
      clearTimeout(timer);
    },
  };
}

function argumentsOf({ context, url, count, slots, log }: LocalWorkersOptions, number: number): string[] {
  const format = log.log ?? (context.stderr.isTerminal ? "text" : "json");
  // They share the machine.
  const memory = Math.max(1, computeBytes(context.memoryBytes) / count / 2 ** 30).toFixed(3);
  return [
    context.script, "worker", "--nats", url, "--slots", String(slots), "--memory", memory,
    "--name", `local-${number}`, "--log", format, "--log-level", log.logLevel,
  ];
}
