// `nearclone data`: what data sets there are, and how to get the official ones.
import { join } from "node:path";
import { Argument, Command, Option } from "commander";
import { fetchData } from "../../data/fetch.ts";
import { listData, type Listing } from "../../data/list.ts";
import { OFFICIAL_NAMES, type OfficialName } from "../../data/official.ts";
import { type Context, dataCache, EXIT, type ExitCode, note, print } from "../context.ts";
import { bytesText } from "../face/number.ts";
import { type Progress, startProgress } from "../face/progress.ts";
import { formatRows } from "../face/table.ts";
import { jsonText } from "../face/value.ts";
import { dataOption, jsonOption, withExamples } from "./option.ts";

interface ListOptions {
  readonly dataDir?: string;
  readonly json?: boolean;
}

interface FetchOptions {
  readonly dataDir?: string;
  readonly url?: string;
}

export function dataCommand(context: Context, exit: (code: ExitCode) => void): Command {
  const list = new Command("list")
    .description("the data sets a study may name, and which of them are here")
    .addOption(dataOption())
    .addOption(jsonOption())
    .action((options: ListOptions) => listDataSets(context, options));
  const fetch = new Command("fetch")
    .description("download an official data set; continues where it broke off, checks SHA-256")
    .addArgument(new Argument("<name>").choices(OFFICIAL_NAMES))
    .addOption(dataOption())
    .addOption(new Option("--url <base>", "where the files are instead of the official addresses"))
    .action(async (name: OfficialName, options: FetchOptions) =>
      exit(await fetchDataSet(context, name, options)));
  return new Command("data")
    .description("data sets: list them, download the official ones")
    .addCommand(withExamples(list, "nearclone data list"))
    .addCommand(withExamples(fetch, "nearclone data fetch mnist"));
}

async function listDataSets(context: Context, options: ListOptions): Promise<void> {
  const listings = await listData(dataCache(context, options.dataDir));
  if (options.json === true) {
    print(context, ...listings.map((one, i) =>
      `${i === 0 ? "[" : " "}${jsonText(one)}${i === listings.length - 1 ? "]" : ","}`));
    return;
  }
  const columns = ["source", "what", "here", "how"];
  const rows = listings.map((one) => [one.name, one.title, hereText(one), one.how]);
  print(context, ...formatRows({ columns, rows }, "table"));
  print(context, "", `downloads are kept in ${dataCache(context, options.dataDir)}`);
}

function hereText({ state, missing }: Listing): string {
  return state === "partial" ? `partly: lacks ${missing.join(", ")}` : state;
}

async function fetchDataSet(
  context: Context,
  name: OfficialName,
  options: FetchOptions,
): Promise<ExitCode> {
  const folder = join(dataCache(context, options.dataDir), name);
  const stop = new AbortController();
  const forget = context.onInterrupt(() => stop.abort());
  const bars = new Map<string, Progress>();
  const barOf = (file: string, total: number, received: number): Progress => {
    const known = bars.get(file);
    if (known !== undefined) return known;
    for (const other of bars.values()) other.finish();
    note(context, `${file} (${bytesText(total)})`);
    const { clock, stderr } = context;
    const bar = startProgress({
      total, alreadyDone: received, unit: "bytes", format: bytesText, clock,
      isTerminal: stderr.isTerminal, columns: stderr.columns, write: (text) => stderr.write(text),
    });
    bars.set(file, bar);
    return bar;
  };
  try {
    const { fetched, present } = await fetchData(name, folder, {
      ...(options.url === undefined ? {} : { baseUrl: options.url }),
      signal: stop.signal,
      onProgress: ({ file, receivedBytes, totalBytes }) =>
        barOf(file, totalBytes, receivedBytes).advance(receivedBytes),
    });
    for (const bar of bars.values()) bar.finish();
    const what = fetched.length === 0 ? "all here already" : `${fetched.length} fetched and checked`;
    print(context, `${name}: ${what}${fetched.length > 0 && present.length > 0 ? `, ${present.length} here already` : ""}: ${folder}`);
    print(context, `use it in a study file with: data: { source: ${name}, train: 2000, test: 1000 }`);
    return EXIT.ok;
  } catch (error) {
    for (const bar of bars.values()) bar.finish();
    if (!stop.signal.aborted) throw error;
    note(context, `stopped; the same command continues: nearclone data fetch ${name}`);
    return EXIT.interrupted;
  } finally {
    forget();
  }
}

