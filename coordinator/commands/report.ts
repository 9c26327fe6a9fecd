// `nearclone report`: a study's figures and verdicts as one page.
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { UserError } from "../../schema/failure.ts";
import { type Context, EXIT, type ExitCode, note, print, shortPath } from "../context.ts";
import { bytesText, plural } from "../face/number.ts";
import { findStudies } from "../find-study.ts";
import { openExisting } from "../open-existing.ts";
import { reportPage } from "../report/page.ts";
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
    for (const { name, coverage } of report.subjects) {
      if (coverage.missing > 0) note(context, `${name} is not complete: ${plural(coverage.missing, "point")} have no row yet`);
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
    await mkdir(folder, { recursive: true });
    await writeFile(`${file}.part`, page);
    await rename(`${file}.part`, file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UserError(`--out ${asked}: ${code}: expected a folder that can be written`);
  }
  return file;
}

/** `12 holds, 1 holds on average, 3 does not hold here` */
function verdictLines({ laws, figures }: Report): string[] {
  const verdicts = laws.flatMap(({ findings }) => findings.map(({ verdict }) => verdict));
  const counts = [...new Set(verdicts)].map((one) => `${verdicts.filter((other) => other === one).length} ${one}`);
  return [`${plural(figures.length, "figure")}; verdicts: ${counts.length === 0 ? "none" : counts.join(", ")}`];
}
