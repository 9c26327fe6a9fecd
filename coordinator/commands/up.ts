// `nearclone up`: a whole cluster on this machine, for trying it out: broker, coordinator, workers.
import { Command, Option } from "commander";
import { type Context, note, serverUrl, stateFolder } from "../context.ts";
import { plural } from "../face/number.ts";
import { logOptions, type LogCommandOptions } from "../log-options.ts";
import { type LocalBroker, startBroker } from "../local-broker.ts";
import { keepWorkers } from "../local-workers.ts";
import { openStoreParts, type StoreParts } from "../store/open.ts";
import { type CoordinatorCommandOptions, DASHBOARD_MIB, runCoordinator } from "./coordinator.ts";
import { integerFrom, serverOption, withExamples } from "./option.ts";
import { portOption } from "./serve.ts";

interface UpOptions extends LogCommandOptions {
  readonly database?: string;
  readonly port: number;
  readonly workers: number;
  readonly slots?: number;
}

export function upCommand(context: Context): Command {
  const command = new Command("up")
    .description("a cluster on this machine: a nats-server of the PATH, a coordinator, workers")
    .addOption(serverOption())
    .addOption(new Option("-w, --workers <n>", "worker processes").default(2).argParser(integerFrom(1, 64)))
    .addOption(new Option("-s, --slots <n>", "jobs at a time per worker (default: the cores, shared)").argParser(integerFrom(1, 512)))
    .addOption(portOption());
  for (const option of logOptions()) command.addOption(option);
  command.action((options: UpOptions) => up(context, options));
  return withExamples(command, "nearclone up", "nearclone up --workers 4 --database postgres://user@host/db")
    .addHelpText("after", "\nThen, in another terminal: nearclone submit studies/quickstart.yaml, with the same --database.");
}

async function up(context: Context, options: UpOptions): Promise<void> {
  const url = serverUrl(context, options.database);
  const parts = await openStoreParts(url);
  try {
    const broker = await startBroker(stateFolder(context), (message) => note(context, message));
    try {
      note(context, `broker     ${broker.url}  (nats-server ${broker.version})`);
      await upWith(context, { options, parts, url, broker });
    } finally {
      await broker.stop();
    }
  } finally {
    await parts.store.close();
  }
}

interface Ground {
  readonly options: UpOptions;
  readonly parts: StoreParts;
  readonly url: string;
  readonly broker: LocalBroker;
}

/** Workers first, so that the coordinator stores what they hand back; then the coordinator. */
async function upWith(context: Context, { options, parts, url, broker }: Ground): Promise<void> {
  const slots = options.slots ?? Math.max(1, Math.floor(context.cores / options.workers));
  const workers = keepWorkers({ context, url: broker.url, count: options.workers, slots, log: options });
  note(context, `workers    ${options.workers} processes of ${plural(slots, "slot")}`);
  const stop = new AbortController();
  const forget = context.onInterrupt(() => void workers.stop().then(() => stop.abort()));
  try {
    const own: CoordinatorCommandOptions = {
      ...options, nats: broker.url, host: "127.0.0.1", memory: DASHBOARD_MIB, replicas: 1, replaceCluster: true,
    };
    await runCoordinator(context, { parts, url, options: own, stop: stop.signal });
  } finally {
    forget();
    await workers.stop();
  }
}
