// The log of programs that run for days: one line per event, JSON for machines, text for a terminal.
import { type DestinationStream, pino } from "pino";
import type { Context } from "./context.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, unknown>>;
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

export interface LogOptions {
  readonly level: LogLevel;
  /** text: for people; json: one object a line, as pino writes it. */
  readonly format: "text" | "json";
  /** In every line: which program, which worker. */
  readonly base: LogFields;
}

/** A log on standard error. */
export function openLog({ stderr, clock }: Context, { level, format, base }: LogOptions): Log {
  const least = LOG_LEVELS.indexOf(level);
  if (format === "text") {
    return (lineLevel, message, fields = {}) => {
      if (LOG_LEVELS.indexOf(lineLevel) >= least) stderr.write(`${textLine(clock.now(), lineLevel, message, fields)}\n`);
    };
  }
  const stream: DestinationStream = { write: (line) => stderr.write(line) };
  const logger = pino({ level, base, timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) } }, stream);
  return (lineLevel, message, fields = {}) => logger[lineLevel](fields, message);
}

/** `12:34:56 warn  attempt failed  job=3 code=out_of_memory`, in UTC as the database shows times. */
function textLine(nowMs: number, level: LogLevel, message: string, fields: LogFields): string {
  const time = new Date(nowMs).toISOString().slice(11, 19);
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${valueText(value)}`);
  return [time, level.padEnd(5), [message, ...shown].join("  ")].join(" ");
}

function valueText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w./:@%+,-]+$/.test(text) ? text : JSON.stringify(text);
}
