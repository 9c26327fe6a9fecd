// `nearclone export`: a study's rows as a file that other programs read.
import { extname, resolve } from "node:path";
import { Command, Option } from "commander";
import { UserError } from "../../schema/failure.ts";
import { type Context, EXIT, type ExitCode, note, print } from "../context.ts";
import { bytesText, countText, plural } from "../face/number.ts";
import { startProgress } from "../face/progress.ts";
import { findStudy } from "../find-study.ts";
import { openExisting } from "../open-existing.ts";
import { EXPORT_FORMATS, type ExportFormat, exportStudy } from "../store/export.ts";
import type { Store } from "../store/port.ts";
import { databaseOption, withExamples } from "./option.ts";

interface ExportOptions {
  readonly database?: string;
  readonly format?: ExportFormat;
  readonly out: string;
}

export function exportCommand(context: Context, exit: (code: ExitCode) => void): Command {
  const command = new Command("export")
    .description("write a study's rows to a file: exact numbers, in the order of the points")
    .argument("<study>", "name, key, or study file")
    .addOption(
      new Option("-o, --out <file>", "the file, which is replaced once it is whole")
        .makeOptionMandatory(),
    )
    .addOption(
      new Option("-f, --format <format>", "default: what the file's name ends with")
        .choices(EXPORT_FORMATS),
    )
    .addOption(databaseOption())
    .action(async (study: string, options: ExportOptions) =>
      exit(await writeStudy(context, study, options)));
  return withExamples(
    command,
    "nearclone export quickstart --out quickstart.parquet",
    "nearclone export quickstart --format csv --out rows.txt",
  );
}

async function writeStudy(
  context: Context,
  wanted: string,
  options: ExportOptions,
): Promise<ExitCode> {
  const format = options.format ?? formatOf(options.out);
  const store = await openExisting(context, options.database);
  const stop = new AbortController();
  const forget = context.onInterrupt(() => stop.abort());
  try {
    return await pour(context, store, { wanted, format, out: options.out, signal: stop.signal });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    note(context, `stopped: ${options.out} is as it was`);
    return EXIT.interrupted;
  } finally {
    forget();
    await store.close();
  }
}

interface Target {
  readonly wanted: string;
  readonly format: ExportFormat;
  readonly out: string;
  readonly signal: AbortSignal;
}

async function pour(context: Context, store: Store, target: Target): Promise<ExitCode> {
  const { format, out, signal } = target;
  const { order } = await findStudy(store, target.wanted, context.cwd);
  const { stored, points } = await store.progress(order.key);
  const { stderr, clock } = context;
  const bar = startProgress({
    total: stored, alreadyDone: 0, unit: "rows", clock,
    isTerminal: stderr.isTerminal, columns: stderr.columns, write: (text) => stderr.write(text),
  });
  const options = { signal, onProgress: (done: number) => bar.advance(done) };
  const done = exportStudy(store, order.key, format, resolve(context.cwd, out), options);
  const { rows, bytes } = await done.finally(() => bar.finish());
  if (rows < points) {
    note(context, `the study is not complete: ${plural(points - rows, "point")} have no row yet`);
  }
  print(context, `${out}: ${countText(rows)} rows as ${format}, ${bytesText(bytes)}`);
  return EXIT.ok;
}

function formatOf(file: string): ExportFormat {
  const ending = extname(file).slice(1).toLowerCase();
  const format = EXPORT_FORMATS.find((one) => one === ending);
  if (format !== undefined) return format;
  throw new UserError(`--out ${file}: expected a name ending with .${EXPORT_FORMATS.join(", .")}, or --format`);
}
