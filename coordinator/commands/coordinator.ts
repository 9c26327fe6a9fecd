// `nearclone coordinator`: runs a cluster's studies, with dashboard, metrics and health checks.
import { hostname } from "node:os";
import { Command, Option } from "commander";
import { coordinate } from "../cluster.ts";
import { type ClusterEvent, logEvent } from "../cluster-events.ts";
import { type Context, serverUrl } from "../context.ts";
import { logOptions, type LogCommandOptions, logOf } from "../log-options.ts";
import { Metrics } from "../metrics.ts";
import { natsOf, natsOptions, type NatsCommandOptions } from "../nats-options.ts";
import { Readiness } from "../readiness.ts";
import { serveDashboard } from "../serve-dashboard.ts";
import { openStoreParts, type StoreParts } from "../store/open.ts";
import { integerFrom, serverOption, withExamples } from "./option.ts";
import { portOption } from "./serve.ts";

export interface CoordinatorCommandOptions extends NatsCommandOptions, LogCommandOptions {
  readonly database?: string;
  readonly host: string;
  readonly port: number;
  readonly token?: string;
  readonly memory: number;
  readonly replicas: number;
  readonly replaceCluster?: boolean;
}

/** Columns that the dashboard keeps in memory: the coordinator itself stays below 300 MB. */
export const DASHBOARD_MIB = 128;

export function coordinatorCommand(context: Context): Command {
  const command = new Command("coordinator")
    .description("run a cluster's studies: publish jobs over NATS, store results, serve the dashboard")
    .addOption(serverOption());
  for (const option of [...natsOptions(), ...logOptions()]) command.addOption(option);
  command
    .addOption(new Option("--host <address>", "address of the dashboard; any but loopback needs --token").default("127.0.0.1"))
    .addOption(portOption())
    .addOption(new Option("--token <text>", "what dashboard and metrics ask for (or NEARCLONE_TOKEN)"))
    .addOption(new Option("--memory <MiB>", "memory for the dashboard's columns")
      .default(DASHBOARD_MIB).argParser(integerFrom(1, 1_000_000)))
    .addOption(new Option("--replicas <n>", "copies of each stream, where NATS is a cluster itself")
      .default(1).argParser(integerFrom(1, 5)))
    .addOption(new Option("--replace-cluster", "take the prefix from another database's cluster that is gone for good"))
    .action((options: CoordinatorCommandOptions) => coordinator(context, options));
  return withExamples(command,
    "nearclone coordinator --database postgres://user@host/db --nats nats://host:4222",
    "nearclone coordinator --host 0.0.0.0 --token \"$(openssl rand -hex 16)\"");
}

async function coordinator(context: Context, options: CoordinatorCommandOptions): Promise<void> {
  const url = serverUrl(context, options.database);
  const stop = new AbortController();
  const forget = context.onInterrupt(() => stop.abort());
  try {
    const parts = await openStoreParts(url);
    try {
      await runCoordinator(context, { parts, url, options, stop: stop.signal });
    } finally {
      await parts.store.close();
    }
  } finally {
    forget();
  }
}

export interface CoordinatorParts {
  readonly parts: StoreParts;
  readonly url: string;
  readonly options: CoordinatorCommandOptions;
  readonly stop: AbortSignal;
}

/** Coordinates until `stop`, with the dashboard beside it. */
export async function runCoordinator(context: Context, { parts, url, options, stop }: CoordinatorParts): Promise<void> {
  const { store } = parts;
  const name = `coordinator-${hostname()}-${process.pid}`;
  const nats = natsOf(context, options, name);
  const log = logOf(context, options, { program: "coordinator" });
  const metrics = new Metrics(store);
  const readiness = new Readiness();
  const tell = (event: ClusterEvent): void => {
    logEvent(log, event);
    metrics.hear(event);
    readiness.hear(event);
  };
  const { dashboard } = await serveDashboard(context, parts, {
    host: options.host,
    port: options.port,
    ...(options.token === undefined ? {} : { token: options.token }),
    memoryMib: options.memory,
    tell: (address) => log("info", "dashboard", { url: address }),
    operations: {
      unready: async () => readiness.why,
      metrics: async () => ({ type: metrics.contentType, text: await metrics.text() }),
    },
  });
  try {
    await coordinate({
      store,
      databaseUrl: url,
      nats,
      replicas: options.replicas,
      replaceCluster: options.replaceCluster === true,
      clock: context.clock,
      stop,
      tell,
      onCommit: (committed) => metrics.commit(committed),
      onLook: (presences, published) => metrics.look(presences, published),
    });
    log("info", "stopped");
  } finally {
    await dashboard.close();
  }
}
