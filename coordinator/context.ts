// What a command knows of the world outside: given by main.ts, made up by tests.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Clock } from "../queue/clock.ts";
import { UserError } from "../schema/failure.ts";
import { withoutPassword } from "./store/shown-url.ts";

export interface Screen {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Width in characters; 80 where nobody knows. */
  readonly columns: number;
}

export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths of the command line start from. */
  readonly cwd: string;
  /** The user's home folder. */
  readonly home: string;
  readonly version: string;
  /** What the user types to run this program: `nearclone`, `npx nearclone`, `node …`. */
  readonly program: string;
  /** Path of the script that Node runs. */
  readonly script: string;
  /** Cores this process may use, and the machine's memory. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly clock: Clock;
  /** Results: what a pipe or a file should receive. */
  readonly stdout: Screen;
  /** Progress, notes and complaints. */
  readonly stderr: Screen;
  /** Calls `listener` at each Ctrl-C until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
}

/** What a command's end means to the shell. */
export const EXIT = {
  ok: 0,
  /** Something failed, or is not complete. */
  failed: 1,
  /** The user can put it right. */
  user: 2,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Environment variable of a process that ends with its parent: Ctrl-C is then also the end of its standard input. */
export const TIED = "NEARCLONE_TIED";

/** Writes lines to standard output. */
export function print(context: Context, ...lines: readonly string[]): void {
  for (const line of lines) context.stdout.write(`${line}\n`);
}

/** The same for lines that may be a million: more than a call may have arguments. */
export function printAll(context: Context, lines: Iterable<string>): void {
  for (const line of lines) print(context, line);
}

/** Writes lines to standard error. */
export function note(context: Context, ...lines: readonly string[]): void {
  for (const line of lines) context.stderr.write(`${line}\n`);
}

/**
 * The embedded database's folder, or the URL, that a command works on.
 * @throws UserError for a URL of something else, which would be taken for a folder's name.
 */
export function databaseUrl(context: Context, option: string | undefined): string {
  const url = option ?? nonEmpty(context.env["NEARCLONE_DATABASE"]);
  if (url === undefined) return join(stateFolder(context), "db");
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url) && !/^postgres(ql)?:/.test(url)) {
    throw new UserError(`database ${withoutPassword(url)}: expected postgres://… or a folder`);
  }
  return /^[a-z]+:/.test(url) ? url : resolve(context.cwd, url);
}

/** The same, for programs of a cluster. Throws UserError if it is not a server's. */
export function serverUrl(context: Context, option: string | undefined): string {
  const url = databaseUrl(context, option);
  if (/^postgres(ql)?:/.test(url)) return url;
  throw new UserError(`database ${shortPath(context, url)}: a cluster's programs share a Postgres server: ` +
    `expected --database postgres://… or NEARCLONE_DATABASE; without one: ${context.program} run STUDY.yaml`);
}

/** Whether a database's URL is a folder that does not exist yet. */
export function isAbsentFolder(url: string): boolean {
  return !/^[a-z]+:/.test(url) && !existsSync(url);
}

/** Where downloaded data sets are kept, one folder each. */
export function dataCache(context: Context, option: string | undefined): string {
  const folder = option ?? nonEmpty(context.env["NEARCLONE_DATA"]);
  if (folder !== undefined) return resolve(context.cwd, folder);
  if (nonEmpty(context.env["NEARCLONE_HOME"]) !== undefined) return join(stateFolder(context), "data");
  const caches = nonEmpty(context.env["XDG_CACHE_HOME"]) ?? join(context.home, ".cache");
  return join(caches, "nearclone");
}

/** A path or label as short as it is clear: relative to the current folder where it lies below. */
export function shortPath(context: Context, path: string): string {
  return path.startsWith(`${context.cwd}/`) ? path.slice(context.cwd.length + 1) : path;
}

/** `.nearclone` in the current folder, or what NEARCLONE_HOME names. */
export function stateFolder(context: Context): string {
  return resolve(context.cwd, nonEmpty(context.env["NEARCLONE_HOME"]) ?? ".nearclone");
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
