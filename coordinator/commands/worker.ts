// `nearclone worker`: computes a cluster's jobs on this machine. Needs the broker, not the database.
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { SMALL_BYTES } from "../../schema/demand.ts";
import { UserError } from "../../schema/failure.ts";
import { PRESENCE_EVERY_MS } from "../../schema/limits.ts";
import { type BackendChoice, cudaVariables, type ProviderChoice } from "../../schema/provider.ts";
import { type Context, dataCache, stateFolder } from "../context.ts";
import { bytesText } from "../face/number.ts";
import { gpuRoutesFile, readGpuRoutes } from "../gpu-routes.ts";
import { type ClusterWorkerOptions, serveCluster } from "../local.ts";
import type { Log } from "../log.ts";
import { logOptions, type LogCommandOptions, logOf } from "../log-options.ts";
import { natsOf, natsOptions, type NatsCommandOptions } from "../nats-options.ts";
import { cacheBytesPerThread, computeBytes } from "../resources.ts";
import { backendOption, integerFrom, providerOption, withExamples } from "./option.ts";

interface WorkerCommandOptions extends NatsCommandOptions, LogCommandOptions {
  readonly slots: number;
  readonly memory?: number;
  readonly name?: string;
  readonly provider: ProviderChoice;
  readonly backend?: BackendChoice;
  readonly cacheDir?: string;
  readonly cacheSize: number;
  readonly checkpoints?: string;
  readonly checkpointCopies: boolean;
  readonly grace: number;
}

const GIB = 2 ** 30;

export function workerCommand(context: Context): Command {
  const command = new Command("worker")
    .description("compute a cluster's jobs on this machine: needs NATS only, no database");
  for (const option of natsOptions()) command.addOption(option);
  command
    .addOption(new Option("-s, --slots <n>", "jobs at a time").default(context.cores, "one per core").argParser(integerFrom(1, 512)))
    .addOption(new Option("--memory <GiB>", "what its jobs may take together; it takes none that does not fit (default: four fifths of the machine's)").argParser(gibibytes))
    .addOption(new Option("--name <word>", "name of this worker, unique (default: host and a random part)").argParser(nameOf))
    .addOption(providerOption())
    .addOption(backendOption())
    .addOption(new Option("--cache-dir <folder>", "data files that came over NATS (default: the user's cache)"))
    .addOption(new Option("--cache-size <GiB>", "how large that folder may become").default(20).argParser(integerFrom(1, 100_000)))
    .addOption(new Option("--checkpoints <folder>", "where training runs leave theirs (default: .nearclone/checkpoints)"))
    .addOption(new Option("--no-checkpoint-copies", "leave them there only: where all workers share that folder (else copies travel over NATS, so that any worker goes on with a lost one's run)"))
    .addOption(new Option("--grace <s>", "at a shutdown: time for jobs to end before they go back").default(5).argParser(integerFrom(0, 86_400)));
  for (const option of logOptions()) command.addOption(option);
  command.action((options: WorkerCommandOptions) => work(context, options));
  return withExamples(command,
    "nearclone worker --nats nats://worker:password@host:4222",
    "nearclone worker --nats tls://host:4222 --nats-creds worker.creds --slots 16",
  ).addHelpText("after", "\nCtrl-C or SIGTERM takes no more jobs, waits --grace seconds for those that run and hands the\n" +
    "others back, which costs them no attempt. A second one hands them back at once.");
}

function nameOf(text: string): string {
  if (/^[\w.-]{1,80}$/.test(text)) return text;
  throw new InvalidArgumentError("Expected up to 80 letters, digits, `.`, `_` and `-`.");
}

/** What a worker's log says of its jobs. */
function tellings(log: Log): Pick<ClusterWorkerOptions, "onAttempt" | "onFetched" | "onFoundCheckpoint"> {
  return {
    onAttempt: ({ job, publishedAt, delivery, outcome, timings }) => {
      const failure = outcome.kind === "failed" ? { code: outcome.failure.code, why: outcome.failure.message } : {};
      log(outcome.kind === "failed" ? "warn" : "debug", `attempt ${outcome.kind}`, {
        study: job.study, job: job.number, attempt: `${Math.floor(publishedAt)}/${delivery}`,
        ms: Math.round(timings.prepareMs + timings.measureMs), ...failure,
      });
    },
    onFetched: ({ path, bytes, sha256 }, ms) => {
      log("info", "data file fetched", { path, size: bytesText(bytes), sha256: sha256.slice(0, 12), ms: Math.round(ms) });
    },
    onFoundCheckpoint: ({ job, point, epoch, backend, isCopy }) => {
      const from = isCopy ? "queue" : "folder";
      log("info", "goes on from a checkpoint", { study: job.study, job: job.number, point, epoch, backend, from });
    },
  };
}

/** In bytes. Small jobs are taken whatever it is, so less than they may need would be a lie. */
function gibibytes(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value >= SMALL_BYTES / GIB && value <= 1_000_000) return Math.floor(value * GIB);
  throw new InvalidArgumentError(`Expected a number from ${SMALL_BYTES / GIB}.`);
}

/** What `doctor` measured on this machine's GPU. */
function measuredHere(context: Context, log: Log): Pick<ClusterWorkerOptions, "breakEven"> {
  try {
    const measured = readGpuRoutes(gpuRoutesFile(context));
    return measured === null ? {} : { breakEven: measured.breakEven };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    log("warn", error.message);
    return {};
  }
}

async function work(context: Context, options: WorkerCommandOptions): Promise<void> {
  const { slots, provider, backend, memory = computeBytes(context.memoryBytes) } = options;
  const worker = options.name ?? `${hostname()}-${randomBytes(3).toString("hex")}`;
  const nats = natsOf(context, options, worker);
  const log = logOf(context, options, { program: "worker", worker });
  const presenceLapseMs = nats.times?.presenceLapseMs;
  const stop = new AbortController();
  const kill = new AbortController();
  const forget = context.onInterrupt(() => {
    if (stop.signal.aborted) kill.abort();
    else log("info", "stopping", { graceSeconds: options.grace });
    stop.abort();
  });
  try {
    await serveCluster({
      nats: {
        ...nats,
        onEvent: ({ kind, ...fields }) => log(kind === "reconnected" ? "info" : "warn", `queue ${kind}`, fields),
      },
      worker,
      host: hostname(),
      version: context.version,
      memoryBytes: memory,
      ...measuredHere(context, log),
      processes: [{}],
      presenceEveryMs: presenceLapseMs === undefined ? PRESENCE_EVERY_MS : Math.floor(presenceLapseMs / 3),
      threads: slots,
      provider,
      blasPath: context.env["NEARCLONE_BLAS"] ?? null,
      cuda: cudaVariables(context.env),
      cacheBytes: cacheBytesPerThread(context.memoryBytes, slots),
      ...(backend === undefined ? {} : { backend }),
      checkpointFolder: options.checkpoints ?? join(stateFolder(context), "checkpoints"),
      fileCache: options.cacheDir ?? join(dataCache(context, undefined), "files"),
      hasCheckpointCopies: options.checkpointCopies,
      fileCacheBytes: options.cacheSize * GIB,
      graceMs: options.grace * 1_000,
      clock: context.clock,
      stop: stop.signal,
      kill: kill.signal,
      onReady: (hello, threads) => {
        log("info", "ready", { provider: hello.provider, detail: hello.detail, slots: threads, memory: bytesText(memory) });
      },
      ...tellings(log),
      warn: (message) => log("warn", message),
    });
    log("info", "stopped");
  } finally {
    forget();
  }
}
