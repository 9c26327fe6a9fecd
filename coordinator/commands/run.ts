// `nearclone run`: from a study file to rows, resuming what is there, with progress and a summary.
import { Command, Option } from "commander";
import { UserError } from "../../schema/failure.ts";
import { join } from "node:path";
import { trainsNetworks } from "../../schema/study.ts";
import { type BackendChoice, cudaVariables, type ProviderChoice } from "../../schema/provider.ts";
import {
  type Context,
  databaseUrl,
  dataCache,
  stateFolder,
  EXIT,
  type ExitCode,
  note,
  print,
  isAbsentFolder,
  shortPath,
} from "../context.ts";
import { colorDepth } from "../face/color.ts";
import { countText, plural } from "../face/number.ts";
import { type Progress, startProgress } from "../face/progress.ts";
import { labelLines } from "../face/table.ts";
import { jsonText } from "../face/value.ts";
import { claimStudy } from "../leader.ts";
import { type Ready, runLocally } from "../local.ts";
import { deviceRoutes, type GpuRouteChoice } from "../gpu-routes.ts";
import { prepareStudy } from "../prepare.ts";
import { cacheBytesPerThread, threadsThatFit } from "../resources.ts";
import { besideDashboard } from "../serve-dashboard.ts";
import { openStoreParts } from "../store/open.ts";
import type { Store, StoredStudy } from "../store/port.ts";
import { readStudyFiles, type StudyFile } from "../study-file.ts";
import { studyTitle } from "../study-title.ts";
import { type RunFacts, summarise, summaryLines, summaryObject } from "../summary.ts";
import {
  databaseOption,
  dataOption,
  gpuRouteOption,
  integerFrom,
  jsonOption,
  backendOption,
  providerOption,
  threadsOption,
  withExamples,
} from "./option.ts";

interface RunOptions {
  readonly database?: string;
  readonly dataDir?: string;
  readonly gpuRoute: GpuRouteChoice;
  readonly threads: number;
  readonly provider: ProviderChoice;
  readonly backend?: BackendChoice;
  readonly json?: boolean;
  /** true: at the usual port. */
  readonly dashboard?: number | true;
}

export function runCommand(context: Context, exit: (code: ExitCode) => void): Command {
  const command = new Command("run")
    .description("run a study, or what is missing of it, and show its phase diagram")
    .argument("<study.yaml>", "study file: docs/STUDY-FILE.md")
    .addOption(databaseOption())
    .addOption(dataOption())
    .addOption(gpuRouteOption())
    .addOption(threadsOption(context))
    .addOption(providerOption())
    .addOption(backendOption())
    .addOption(jsonOption())
    .addOption(new Option("--dashboard [port]", "serve the dashboard while it runs").argParser(integerFrom(0, 65_535)))
    .action(async (file: string, options: RunOptions) =>
      exit(await runStudies(context, file, options)));
  return withExamples(
    command,
    "nearclone run studies/quickstart.yaml",
    "nearclone run my-study.yaml --database postgres://user@host/db --threads 8",
    "nearclone run my-study.yaml --json > result.json",
  ).addHelpText(
    "after",
    "\nCtrl-C finishes the jobs in flight, stores them and stops; the same command continues.\n" +
      "A second Ctrl-C gives them up at once. Nothing that is stored is lost either way.",
  );
}

/** The studies of a file one after another, until one is not complete. */
async function runStudies(context: Context, path: string, options: RunOptions): Promise<ExitCode> {
  for (const file of await readStudyFiles(path, context.cwd)) {
    const code = await runStudy(context, file, options);
    if (code !== EXIT.ok) return code;
  }
  return EXIT.ok;
}

async function runStudy(context: Context, file: StudyFile, options: RunOptions): Promise<ExitCode> {
  const interrupt = new AbortController();
  const kill = new AbortController();
  const heard = { note: (): void => {} };
  const forget = context.onInterrupt(() => {
    if (interrupt.signal.aborted) kill.abort();
    else {
      interrupt.abort();
      heard.note();
    }
  });
  try {
    const { order, identity } = await prepareStudy(file, dataCache(context, options.dataDir), deviceRoutes(context, options.gpuRoute));
    const threads = threadsThatFit(order, options.threads, context.memoryBytes);
    if (threads < options.threads) {
      note(context, `memory   for ${plural(threads, "thread")}, not ${options.threads}`);
    }
    const url = databaseUrl(context, options.database);
    // A new embedded database takes some seconds to make: say meanwhile what is to come.
    const isNew = isAbsentFolder(url);
    if (isNew) note(context, ...studyTitle(order, shortPath(context, url)));
    const parts = await openStoreParts(url);
    const { store } = parts;
    try {
      const study = await store.ensureStudy(order, identity).catch((error: unknown) => {
        // The name is taken by another study, or this one goes by another name.
        if (!(error instanceof UserError)) throw error;
        throw file.complain({ path: ["name"], message: error.message });
      });
      if (!isNew) note(context, ...studyTitle(study.order, shortPath(context, store.label)));
      const run = new Run({ context, options, threads, path: file.file, store, study, interrupt, kill, heard });
      return await besideDashboard(context, parts, options.dashboard, () => run.conduct());
    } finally {
      await store.close();
    }
  } finally {
    forget();
  }
}

interface RunParts {
  readonly context: Context;
  readonly options: RunOptions;
  readonly threads: number;
  readonly path: string;
  readonly store: Store;
  readonly study: StoredStudy;
  readonly interrupt: AbortController;
  readonly kill: AbortController;
  /** Its `note` is called at the first Ctrl-C. */
  readonly heard: { note: () => void };
}

/** One run of one study, from its first line on the screen to its last. */
class Run {
  readonly #parts: RunParts;
  #stored = 0;
  #conflicts = 0;
  #provider: string | null = null;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  async conduct(): Promise<ExitCode> {
    const { context, store, study, interrupt } = this.#parts;
    const { key, plan } = study.order;
    const before = await store.progress(key);
    this.#stored = before.stored;
    let facts: RunFacts | null = null;
    if (before.stored === plan.points) {
      note(context, "complete already: nothing to compute");
    } else {
      await this.#announceResume(before.jobs.dead);
      const startedAt = context.clock.now();
      await this.#compute();
      facts = {
        elapsedMs: context.clock.now() - startedAt,
        computed: this.#stored - before.stored,
        provider: this.#provider,
      };
    }
    const isComplete = this.#stored === plan.points;
    if (!isComplete && interrupt.signal.aborted) return this.#interrupted();
    await this.#summarise(facts);
    if (this.#conflicts > 0) {
      const rows = plural(this.#conflicts, "row");
      note(context, `ALARM: ${rows} came again with other bits; those that were there were kept`);
    }
    return isComplete && this.#conflicts === 0 ? EXIT.ok : EXIT.failed;
  }

  async #announceResume(dead: number): Promise<void> {
    const { context, store, study } = this.#parts;
    const { key, plan } = study.order;
    if (this.#stored > 0) {
      note(context, `${countText(this.#stored)} of ${plural(plan.points, "point")} are there: computing the rest`);
    }
    if (dead > 0) {
      const revived = await store.retryDead(key);
      note(context, `${plural(revived, "dead job")} ${revived === 1 ? "gets" : "get"} new attempts`);
    }
  }

  async #compute(): Promise<void> {
    const { context, options, threads, store, study, interrupt, kill, heard } = this.#parts;
    const { points } = study.order.plan;
    const release = await claimStudy(databaseUrl(context, options.database), study.order.key, context.program);
    const progress = this.#progressBar(points);
    heard.note = () =>
      progress.say("finishing the jobs in flight; Ctrl-C again gives them up");
    if (interrupt.signal.aborted) heard.note();
    try {
      await runLocally({
        store,
        study: study.order.key,
        clock: context.clock,
        threads,
        provider: options.provider,
        blasPath: context.env["NEARCLONE_BLAS"] ?? null,
        cuda: cudaVariables(context.env),
        cacheBytes: cacheBytesPerThread(context.memoryBytes, threads),
        ...(trainsNetworks(study.order.spec) ? { backend: options.backend ?? "auto" } : {}),
        checkpointFolder: join(stateFolder(context), "checkpoints"),
        version: context.version,
        interrupt: interrupt.signal,
        kill: kill.signal,
        onReady: (ready) => {
          this.#provider = ready.backend?.name ?? ready.provider;
          for (const line of providerLines(ready, options.provider)) progress.say(line);
        },
        onCommit: ({ inserted, conflicts, rejected }) => {
          this.#stored += inserted;
          this.#conflicts += conflicts;
          progress.advance(this.#stored);
          for (const { why } of rejected) progress.say(`a report could not be stored: ${why}`);
        },
        onTraining: (running) => progress.describe(running
          .map(({ point, epoch, epochs }) => `point ${point}: epoch ${epoch} of ${epochs}`).join(", ")),
        warn: (message) => progress.say(message),
      });
    } finally {
      progress.finish();
      await release();
    }
  }

  #progressBar(total: number): Progress {
    const { context: { stderr, clock } } = this.#parts;
    return startProgress({
      total,
      alreadyDone: this.#stored,
      unit: "points",
      clock,
      isTerminal: stderr.isTerminal,
      columns: stderr.columns,
      write: (text) => stderr.write(text),
    });
  }

  #interrupted(): ExitCode {
    const { context, path, options, study } = this.#parts;
    const { points } = study.order.plan;
    const database = databaseArgument(options.database);
    note(
      context,
      `stopped with ${countText(this.#stored)} of ${plural(points, "point")} stored; ` +
        `to compute the rest: ${context.program} run${database} ${path}`,
    );
    return EXIT.interrupted;
  }

  async #summarise(facts: RunFacts | null): Promise<void> {
    const { context, options, store, study } = this.#parts;
    const summary = await summarise(store, study.order);
    if (options.json === true) {
      print(context, jsonText(summaryObject(summary, facts)));
      return;
    }
    const { stdout, env } = context;
    const shown = { ...summary, database: shortPath(context, summary.database) };
    const lines = summaryLines(shown, facts, {
      columns: stdout.columns,
      color: colorDepth(env, stdout.isTerminal),
      program: context.program,
      databaseArgument: databaseArgument(options.database),
    });
    // Below the notes and the bar, where they share a screen.
    if (stdout.isTerminal) print(context, "");
    print(context, ...lines);
  }
}

function databaseArgument(database: string | undefined): string {
  return database === undefined ? "" : ` --database ${quoted(database)}`;
}

/** As a shell reads it back. */
function quoted(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function providerLines(ready: Ready, asked: ProviderChoice): string[] {
  const { backend, threads } = ready;
  if (backend !== undefined) {
    const on = `${backend.name} (${backend.device}) on ${plural(threads, "thread")}`;
    const [open, absent] = [true, false].map((isOpen) => backend.remarks.filter((one) => one.isOpen === isOpen));
    const lines: [string, string][] = [["tensors", on]];
    for (const { name, text } of open ?? []) lines.push(["", `${name}: ${text}`]);
    if (absent !== undefined && absent.length > 0) {
      const names = absent.map(({ name }) => name).join(" and ");
      lines.push(["", `not here: ${names}; nearclone doctor says how to get them`]);
    }
    return labelLines(lines);
  }
  const detail = ready.detail === "" ? "" : ` (${ready.detail})`;
  const faster = "OpenBLAS would be faster: nearclone doctor says how to get it";
  const isSlow = asked === "auto" && ready.provider === "portable";
  return [
    ...labelLines([["algebra", `${ready.provider}${detail} on ${plural(threads, "thread")}`]]),
    ...(isSlow ? labelLines([["", ""], ["hint", faster]]).slice(1) : []),
  ];
}
