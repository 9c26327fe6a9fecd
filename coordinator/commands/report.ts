// `nearclone report`: a study's figures and verdicts as one page.
import { existsSync, statSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command, Option } from "commander";
import { UserError } from "../../schema/failure.ts";
import { type Context, EXIT, type ExitCode, note, print, shortPath } from "../context.ts";
import { bytesText, plural } from "../face/number.ts";
import { findStudies } from "../find-study.ts";
import { openExisting } from "../open-existing.ts";
import { deadText, reportPage } from "../report/page.ts";
import { makeReport, type Report } from "../report/report.ts";
import type { StoredStudy } from "../store/port.ts";
import { databaseOption, withExamples } from "./option.ts";

interface ReportOptions {
  readonly database?: string;
  readonly out: string;
}

export function reportCommand(context: Context, exit: (code: ExitCode) => void): Command {
  const command = new Command("report")
    .description("set each law against what was measured: figures, their SQL and verdicts, as one HTML file")
    .argument("<studies...>", "names, keys, or study files")
    .addOption(
      new Option("-o, --out <folder>", "gets index.html, which is replaced once it is whole")
        .makeOptionMandatory(),
    )
    .addOption(databaseOption())
    .action(async (studies: string[], options: ReportOptions) =>
      exit(await writeReport(context, studies, options)));
  return withExamples(
    command,
    "nearclone report quickstart --out report",
    "nearclone report studies/paper/near-clone.yaml --out report",
  );
}

async function writeReport(context: Context, wanted: readonly string[], options: ReportOptions): Promise<ExitCode> {
  if (options.out === "") throw new UserError('--out: expected a folder, got ""');
  const store = await openExisting(context, options.database);
  try {
    const studies: StoredStudy[] = [];
    for (const one of wanted) studies.push(...(await findStudies(store, one, context.cwd)));
    const distinct = studies.filter(({ identity }, index) =>
      studies.findIndex((other) => other.identity === identity) === index);
    const report = await makeReport(store, distinct);
    const page = reportPage(report, {
      program: `nearclone ${context.version}`,
      database: shortPath(context, store.label),
    });
    const file = await write(resolve(context.cwd, options.out), page, options.out);
    for (const { name, coverage: { missing }, deadJobs } of report.subjects) {
      if (missing === 0) continue;
      const dead = deadJobs === 0 ? "" : `; ${deadText(deadJobs, name)}`;
      note(context, `${name} is not complete: ${plural(missing, "point")} ${missing === 1 ? "has" : "have"} no row yet${dead}`);
    }
    print(context, ...verdictLines(report), `${shortPath(context, file)}: ${bytesText(Buffer.byteLength(page))}`);
    return EXIT.ok;
  } finally {
    await store.close();
  }
}

/** Whole, or as it was. */
async function write(folder: string, page: string, asked: string): Promise<string> {
  const file = join(folder, "index.html");
  try {
    await makeFolder(folder);
    await writeFile(`${file}.part`, page);
    await rename(`${file}.part`, file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UserError(`--out ${asked}: ${REASONS[code] ?? code}: expected a folder that can be written`);
  }
  return file;
}

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: "is a file", ENOTDIR: "a file is in the way", EISDIR: "its index.html is a folder",
  EACCES: "may not be written", EPERM: "may not be written", EROFS: "is on a disk that is read-only",
  ENOSPC: "its disk is full", ENOENT: "cannot be made",
};

/** With the folders above it. Node's own way goes on for ever where none can be made, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder) && statSync(folder).isDirectory()) return;
  const above = dirname(folder);
  if (above !== folder && !existsSync(above)) await makeFolder(above);
  await mkdir(folder);
}

/** `12 holds, 1 holds on average, 3 does not hold here` */
function verdictLines({ laws, figures }: Report): string[] {
  const verdicts = laws.flatMap(({ findings }) => findings.map(({ verdict }) => verdict));
  const counts = [...new Set(verdicts)].map((one) => `${verdicts.filter((other) => other === one).length} ${one}`);
  return [`${plural(figures.length, "figure")}; verdicts: ${counts.length === 0 ? "none" : counts.join(", ")}`];
}
