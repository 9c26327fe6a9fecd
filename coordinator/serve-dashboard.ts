// Serves the dashboard beside a command: binds it, says where it is, and stops it.
import { fileURLToPath } from "node:url";
import { type Context, note } from "./context.ts";
import { type Dashboard, startDashboard } from "./api/server.ts";
import type { Operations } from "./api/operations.ts";
import { makeTools, type Tools } from "./api/tools.ts";
import type { StoreParts } from "./store/open.ts";

export const DASHBOARD_PORT = 4800;

export interface ServeOptions {
  readonly host?: string;
  readonly port: number;
  readonly token?: string;
  /** Memory for result columns, MiB. */
  readonly memoryMib?: number;
  readonly operations?: Operations;
  /** Told where it is; default: a note. */
  readonly tell?: (address: string) => void;
}

export interface Served {
  readonly dashboard: Dashboard;
  readonly tools: Tools;
}

/** dist/coordinator/serve-dashboard.js → dist/dashboard */
const PAGE_FOLDER = fileURLToPath(new URL("../dashboard", import.meta.url));

/** Starts it and tells its address: on a terminal as a link with the token in it. Throws UserError if the address cannot be bound so. */
export async function serveDashboard(context: Context, parts: StoreParts, options: ServeOptions): Promise<Served> {
  const token = options.token ?? context.env["NEARCLONE_TOKEN"];
  const tools = makeTools({
    ...parts,
    clock: context.clock,
    version: context.version,
    boot: context.clock.now().toString(36),
    token: token === undefined || token === "" ? null : token,
    ...(options.memoryMib === undefined ? {} : { memoryBytes: options.memoryMib * 2 ** 20 }),
  });
  const dashboard = await startDashboard({
    tools,
    host: options.host ?? "127.0.0.1",
    port: options.port,
    pageFolder: PAGE_FOLDER,
    ...(options.operations === undefined ? {} : { operations: options.operations }),
    onBug: (error, where) => {
      note(context, `dashboard: ${where}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    },
  });
  const { tell = (address) => note(context, `dashboard  ${address}`) } = options;
  tell(context.stderr.isTerminal ? dashboard.link : dashboard.url);
  return { dashboard, tools };
}

/** Runs `body` with the dashboard beside it, if `port` is given: true is the usual port. */
export async function besideDashboard<Result>(context: Context, parts: StoreParts,
  port: number | true | undefined, body: () => Promise<Result>): Promise<Result> {
  if (port === undefined) return body();
  const { dashboard } = await serveDashboard(context, parts, { port: port === true ? DASHBOARD_PORT : port });
  try {
    return await body();
  } finally {
    await dashboard.close();
    note(context, `dashboard  closed with the run: ${context.program} serve opens it again`);
  }
}
