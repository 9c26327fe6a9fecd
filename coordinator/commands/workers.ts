// `nearclone workers`: who computes for a cluster, and what.
import { Command, Option } from "commander";
import { type Context, print } from "../context.ts";
import { bytesText } from "../face/number.ts";
import { formatRows } from "../face/table.ts";
import { gpuLoad } from "../gpu-lines.ts";
import { isThere } from "../is-there.ts";
import { openExisting } from "../open-existing.ts";
import type { WorkerRow } from "../store/port.ts";
import { databaseOption, jsonOption, withExamples } from "./option.ts";

interface WorkersOptions {
  readonly database?: string;
  readonly json?: boolean;
  readonly all?: boolean;
}

export function workersCommand(context: Context): Command {
  const command = new Command("workers")
    .description("who computes for the cluster, and what")
    .addOption(databaseOption())
    .addOption(new Option("--all", "also those that were not heard of for a while"))
    .addOption(jsonOption())
    .action((options: WorkersOptions) => list(context, options));
  return withExamples(command, "nearclone workers", "nearclone workers --all --json");
}

async function list(context: Context, options: WorkersOptions): Promise<void> {
  const store = await openExisting(context, options.database);
  try {
    const nowMs = context.clock.now();
    const known = await store.workers();
    const shown = known.filter((row) => options.all === true || isThere(row, nowMs));
    if (shown.length === 0 && options.json !== true) {
      const absent = known.length === 0 ? "" : `; ${known.length} were, see --all`;
      print(context, `no worker is there${absent}: ${context.program} worker --nats nats://…`);
      return;
    }
    const columns = ["worker", "host", "version", "provider", "slots", "busy", "memory", "gpus", "runs", "heard"];
    const rows = shown.map((row) => lineOf(row, nowMs, options.json === true));
    print(context, ...formatRows({ columns, rows }, options.json === true ? "json" : "table"));
  } finally {
    await store.close();
  }
}

const RUNS_SHOWN = 4;

function lineOf({ presence, lastSeen }: WorkerRow, nowMs: number, isJson: boolean) {
  const { worker, host, version, provider, slots, memoryBytes, gpus, running } = presence;
  const numbers = running.map(({ number }) => number);
  const more = numbers.length > RUNS_SHOWN ? " …" : "";
  const seconds = Math.max(0, Math.round((nowMs - lastSeen) / 1_000));
  return [
    worker, host, version, provider, slots, numbers.length,
    isJson ? memoryBytes : bytesText(memoryBytes), isJson ? gpus.length : gpus.map(gpuLoad).join("; "),
    isJson ? numbers.join(" ") : `${numbers.slice(0, RUNS_SHOWN).join(" ")}${more}`,
    isJson ? new Date(lastSeen).toISOString() : `${seconds} s ago`,
  ];
}
