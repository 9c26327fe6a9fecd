// `nearclone submit`: stores a study and its data for a cluster to run.
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { UserError } from "../../schema/failure.ts";
import type { StudyOrder } from "../../schema/job.ts";
import { type Context, dataCache, note, print, serverUrl, shortPath } from "../context.ts";
import { bytesText } from "../face/number.ts";
import { gpusOf } from "../gpu-lines.ts";
import { deviceRoutes, type GpuRouteChoice } from "../gpu-routes.ts";
import { prepareStudy } from "../prepare.ts";
import { openStore } from "../store/open.ts";
import type { FileStore } from "../store/port.ts";
import { readStudyFile } from "../study-file.ts";
import { studyTitle } from "../study-title.ts";
import { dataOption, gpuRouteOption, serverOption, withExamples } from "./option.ts";
import { priorityOf } from "./control.ts";

interface SubmitOptions {
  readonly database?: string;
  readonly dataDir?: string;
  readonly gpuRoute: GpuRouteChoice;
  readonly priority?: number;
  readonly paused?: boolean;
}

export function submitCommand(context: Context): Command {
  const command = new Command("submit")
    .description("store a study and its data in the database, for a cluster to run")
    .argument("<study.yaml>", "study file: docs/STUDY-FILE.md")
    .addOption(serverOption())
    .addOption(dataOption())
    .addOption(gpuRouteOption())
    .addOption(new Option("--priority <n>", "each step doubles the study's share of the workers").argParser(priorityOf))
    .addOption(new Option("--paused", "store it, and wait for nearclone resume"))
    .action((path: string, options: SubmitOptions) => submit(context, path, options));
  return withExamples(command,
    "nearclone submit studies/mnist-rbf.yaml --database postgres://user@host/db",
    "nearclone submit my-study.yaml --priority 2");
}

async function submit(context: Context, path: string, options: SubmitOptions): Promise<void> {
  const file = await readStudyFile(path, context.cwd);
  const store = await openStore(serverUrl(context, options.database));
  try {
    const gpus = gpusOf(await store.workers(), context.clock.now());
    const routes = deviceRoutes(context, options.gpuRoute, gpus);
    const { order, identity } = await prepareStudy(file, dataCache(context, options.dataDir), routes);
    // Before the study is there to be taken up: its workers will ask for them.
    await storeFiles(context, store.files, order);
    const study = await store.ensureStudy(order, identity).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      throw file.complain({ path: ["name"], message: error.message });
    });
    const { key, spec } = study.order;
    if (options.priority !== undefined) await store.setPriority(key, options.priority);
    await store.setDesired(key, options.paused === true ? "paused" : "active");
    const { stored } = await store.progress(key);
    print(context, ...studyTitle(study.order, shortPath(context, store.label)));
    const state = study.finishedAt !== null ? "complete already" : stored > 0 ? "goes on" : "submitted";
    print(context, `${spec.name}: ${state}: ${context.program} status ${spec.name} --watch`);
  } finally {
    await store.close();
  }
}

async function storeFiles(context: Context, files: FileStore, { data, folder }: StudyOrder): Promise<void> {
  for (const record of data?.files ?? []) {
    if (await files.has(record.sha256)) continue;
    note(context, `storing ${record.path}, ${bytesText(record.bytes)}`);
    try {
      await files.put(record, createReadStream(resolve(folder, record.path)));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new UserError(`${record.path}: ${error.message}: nothing was stored`);
    }
  }
}
