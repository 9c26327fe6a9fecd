// Starts and stops the dashboard's HTTP server.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { UserError } from "../../schema/failure.ts";
import { makeApp } from "./app.ts";
import { isLoopback } from "./guard.ts";
import type { Operations } from "./operations.ts";
import { readPage } from "./page-files.ts";
import type { Tools } from "./tools.ts";

export interface DashboardOptions {
  readonly tools: Tools;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** The built page; made by `npm run build`. */
  readonly pageFolder: string;
  readonly operations?: Operations;
  readonly onBug?: (error: unknown, where: string) => void;
}

export interface Dashboard {
  readonly url: string;
  /** The same with the token as a fragment, which browsers send to nobody: for a person, not a log. */
  readonly link: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Throws UserError if the address may not be bound without a token, or is taken. */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { tools, host, port, pageFolder } = options;
  if (!isLoopback(host) && tools.token === null) {
    throw new UserError(`dashboard on ${host}: anybody who reaches it could use it: give --token or NEARCLONE_TOKEN, or bind 127.0.0.1`);
  }
  const app = makeApp({
    tools,
    isLoopbackOnly: isLoopback(host),
    page: await readPage(pageFolder),
    addressOf: (context) => getConnInfo(context).remote.address ?? "",
    ...(options.operations === undefined ? {} : { operations: options.operations }),
    ...(options.onBug === undefined ? {} : { onBug: options.onBug }),
  });
  const listener = getRequestListener(app.fetch);
  const server = createServer((request, response) => {
    void listener(request, response);
  });
  const bound = await new Promise<AddressInfo>((resolve, reject) => {
    server.once("error", (error) => reject(bindError(error, host, port)));
    server.listen(port, host, () => {
      const address = server.address();
      if (address !== null && typeof address === "object") resolve(address);
    });
  });
  const fragment = tools.token === null ? "" : `#token=${encodeURIComponent(tools.token)}`;
  const shown = host.includes(":") ? `[${host}]` : host;
  const url = `http://${shown}:${bound.port}/`;
  return {
    url,
    link: `${url}${fragment}`,
    port: bound.port,
    close: () => new Promise((resolve) => {
      tools.events.close();
      tools.forget();
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

function bindError(error: Error, host: string, port: number): UserError {
  const code = "code" in error ? String(error.code) : error.message;
  if (code === "EADDRINUSE") return new UserError(`port ${port} on ${host} is taken: choose another with --port`);
  if (code === "EACCES") return new UserError(`port ${port} on ${host}: not permitted: choose one over 1023`);
  return new UserError(`dashboard on ${host}:${port}: ${code}`);
}
