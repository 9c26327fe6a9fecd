// The log's options of programs that run for days.
import { Option } from "commander";
import type { Context } from "./context.ts";
import { type Log, LOG_LEVELS, type LogFields, type LogLevel, openLog } from "./log.ts";

export interface LogCommandOptions {
  readonly log?: "text" | "json";
  readonly logLevel: LogLevel;
}

export const logOptions = (): Option[] => [
  new Option("--log <format>", "text or json (default: text on a terminal)").choices(["text", "json"]),
  new Option("--log-level <level>", "least important lines to write").choices(LOG_LEVELS).default("info"),
];

export function logOf(context: Context, { log, logLevel }: LogCommandOptions, base: LogFields): Log {
  return openLog(context, { level: logLevel, format: log ?? (context.stderr.isTerminal ? "text" : "json"), base });
}
