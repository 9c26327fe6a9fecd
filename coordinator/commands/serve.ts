// `nearclone serve`: the dashboard over a database, until Ctrl-C.
import { Command, Option } from "commander";
import { type Context, databaseUrl } from "../context.ts";
import { warmUp } from "../api/warm-up.ts";
import { DASHBOARD_PORT, serveDashboard } from "../serve-dashboard.ts";
import { openStoreParts } from "../store/open.ts";
import { databaseOption, integerFrom, withExamples } from "./option.ts";

interface ServeCommandOptions {
  readonly database?: string;
  readonly host: string;
  readonly port: number;
  readonly token?: string;
  readonly memory: number;
}

const MEMORY_MIB = 256;

export function serveCommand(context: Context): Command {
  const command = new Command("serve")
    .description("serve the dashboard: phase diagrams, progress, jobs and SQL in a browser")
    .addOption(databaseOption())
    .addOption(new Option("--host <address>", "address to bind; any but loopback needs --token").default("127.0.0.1"))
    .addOption(portOption())
    .addOption(new Option("--token <text>", "ask for this token (or NEARCLONE_TOKEN)"))
    .addOption(new Option("--memory <MiB>", "memory for result columns")
      .default(MEMORY_MIB).argParser(integerFrom(1, 1_000_000)))
    .action((options: ServeCommandOptions) => serve(context, options));
  return withExamples(command,
    "nearclone serve",
    "nearclone serve --database postgres://user@host/db --port 8080",
    "nearclone serve --host 0.0.0.0 --token \"$(openssl rand -hex 16)\"");
}

export const portOption = (): Option =>
  new Option("--port <n>", "port of the dashboard, 0 for any").default(DASHBOARD_PORT).argParser(integerFrom(0, 65_535));

async function serve(context: Context, options: ServeCommandOptions): Promise<void> {
  const parts = await openStoreParts(databaseUrl(context, options.database));
  // Heard from the start: Ctrl-C may come before the address is printed.
  let forget = (): void => {};
  const stopped = new Promise<void>((stop) => {
    forget = context.onInterrupt(stop);
  });
  try {
    const { dashboard, tools } = await serveDashboard(context, parts, { ...options, memoryMib: options.memory });
    // The first picture of the newest study is ready before somebody asks for it.
    const warm = warmUp(tools).catch(() => {});
    await stopped;
    await dashboard.close();
    await warm;
  } finally {
    forget();
    await parts.store.close();
  }
}
