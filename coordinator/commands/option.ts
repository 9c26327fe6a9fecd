// Options that several commands have, and how their values are read.
import { type Command, InvalidArgumentError, Option } from "commander";
import { DeviceRoute } from "../../schema/plan.ts";
import { BackendChoice, ProviderChoice } from "../../schema/provider.ts";
import type { Context, ExitCode } from "../context.ts";

/** Makes a command; `exit` is told its exit code, 0 if never called. */
export type MakeCommand = (context: Context, exit: (code: ExitCode) => void) => Command;

export const databaseOption = (): Option =>
  new Option("-d, --database <url>", "postgres://… or a folder (default: NEARCLONE_DATABASE, else .nearclone/db)");

/** For programs that share a database with others. */
export const serverOption = (): Option =>
  new Option("-d, --database <url>", "postgres://user@host/db (default: NEARCLONE_DATABASE)");

export const jsonOption = (): Option => new Option("--json", "print JSON, for a program to read");

export const dataOption = (): Option =>
  new Option("--data-dir <folder>", "where downloaded data sets are (default: the user's cache)");

export const threadsOption = (context: Context): Option =>
  new Option("-t, --threads <n>", "compute threads")
    .default(context.cores, "one per core")
    .argParser(integerFrom(1, 512));

export const providerOption = (): Option =>
  new Option("-p, --provider <name>", `linear algebra: ${ProviderChoice.options.join(", ")}`)
    .default("auto", "auto, the fastest that is there")
    .argParser(providerOf);

function providerOf(text: string): ProviderChoice {
  const parsed = ProviderChoice.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`Expected one of ${ProviderChoice.options.join(", ")}.`);
}

export const backendOption = (
  meaning = `what trains networks: ${BackendChoice.options.join(", ")} (default: auto, the fastest)`,
): Option => new Option("-b, --backend <name>", meaning).argParser(backendOf);

/** For commands that make a plan. */
export const gpuRouteOption = (): Option =>
  new Option("--gpu-route <route>", "how GPUs solve krr: potrf, a factor for each ridge, or syevd, eigenvectors")
    .default("auto", "auto: as nearclone doctor measured on the workers' machines (submit) or here; else syevd from 64 ridges on")
    .choices(["auto", ...DeviceRoute.options]);

function backendOf(text: string): BackendChoice {
  const parsed = BackendChoice.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`Expected one of ${BackendChoice.options.join(", ")}.`);
}

/** Reads an integer within bounds, both included. */
export function integerFrom(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Expected an integer from ${low} to ${high}.`);
  };
}

/** Examples below a command's help. */
export function withExamples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`);
}
