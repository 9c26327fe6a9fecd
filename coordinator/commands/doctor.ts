// `nearclone doctor`: what this machine has, what is missing, and how to get it.
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Command } from "commander";
import { UserError } from "../../schema/failure.ts";
import { cudaVariables } from "../../schema/provider.ts";
import { type Context, databaseUrl, dataCache, EXIT, type ExitCode, isAbsentFolder, print, shortPath } from "../context.ts";
import { gpuRoutesFile, writeGpuRoutes } from "../gpu-routes.ts";
import { bytesText, shortNumber } from "../face/number.ts";
import { labelLines, tableLines } from "../face/table.ts";
import { jsonText } from "../face/value.ts";
import { type BackendReport, breakEvenHere, probeBackendsHere, gpusHere, probeHere, type ProviderReport } from "../local.ts";
import { openStore } from "../store/open.ts";
import { databaseOption, jsonOption, withExamples } from "./option.ts";

interface DoctorOptions {
  readonly database?: string;
  readonly json?: boolean;
}

/** For each provider that opens. */
const SPEED_TEST_MS = 3_000;
/** How long to look for a server. */
const REACH_MS = 3_000;
const NODE_LEAST = [20, 19] as const;

interface Check {
  readonly name: string;
  readonly isGood: boolean;
  readonly text: string;
  /** How to put it right, or what it is for. */
  readonly remedy?: string;
}

export function doctorCommand(context: Context, exit: (code: ExitCode) => void): Command {
  const command = new Command("doctor")
    .description("what this machine has, what is missing and how to get it; tests its speed")
    .addOption(databaseOption())
    .addOption(jsonOption())
    .action(async (options: DoctorOptions) => exit(await doctor(context, options)));
  return withExamples(command, "nearclone doctor", "nearclone doctor --database postgres://user@host/db");
}

async function doctor(context: Context, options: DoctorOptions): Promise<ExitCode> {
  const checks = [
    nodeCheck(process.versions.node),
    machineCheck(context),
    await databaseCheck(context, options.database),
    natsCheck(context),
    await gpuCheck(context),
    { name: "data", isGood: true, text: `downloads go to ${dataCache(context, undefined)}` },
  ];
  const providers = await probeHere({
    blasPath: context.env["NEARCLONE_BLAS"] ?? null,
    cuda: cudaVariables(context.env),
    budgetMs: SPEED_TEST_MS,
  });
  if (providers.some(({ name, speed }) => name === "cuda" && speed !== null)) checks.push(await routesCheck(context));
  const backends = await probeBackendsHere();
  // What must work: Node, the database, and one provider. The rest is for speed or for clusters.
  const isHealthy =
    checks.every(({ name, isGood }) => isGood || OPTIONAL.has(name)) &&
    providers.some(({ speed }) => speed !== null);
  if (options.json === true) print(context, jsonText({ healthy: isHealthy, checks, providers, backends }));
  else print(context, ...checkLines(checks), "", ...providerLines(providers), "", ...backendLines(backends));
  return isHealthy ? EXIT.ok : EXIT.failed;
}

const OPTIONAL: ReadonlySet<string> = new Set(["nats-server", "gpu"]);

function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor, leastMinor] = NODE_LEAST;
  const isGood = major > leastMajor || (major === leastMajor && minor >= leastMinor);
  const remedy = `expected ${NODE_LEAST.join(".")} or later`;
  return { name: "node", isGood, text: version, ...(isGood ? {} : { remedy }) };
}

function machineCheck({ cores, memoryBytes }: Context): Check {
  const text = `${cores} ${cores === 1 ? "core" : "cores"}, ${bytesText(memoryBytes)} of memory`;
  return { name: "machine", isGood: true, text };
}

/** A server is reached; an embedded database is opened only where it exists already. */
async function databaseCheck(context: Context, option: string | undefined): Promise<Check> {
  const name = "database";
  const url = databaseUrl(context, option);
  const shown = shortPath(context, url);
  if (isAbsentFolder(url)) {
    return { name, isGood: true, text: `embedded, in ${shown} from the first run on` };
  }
  try {
    const store = await openStore(url, { connectMs: REACH_MS });
    const studies = await store.studies();
    await store.close();
    const kind = store.kind === "pglite" ? "embedded" : "server";
    const count = `${studies.length} ${studies.length === 1 ? "study" : "studies"}`;
    return { name, isGood: true, text: `${kind}, ${shortPath(context, store.label)}: ${count}` };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { name, isGood: false, text: error.message };
  }
}

/** What is there; whether linear algebra can use it, the providers below say. */
async function gpuCheck({ env }: Context): Promise<Check> {
  const { driver, gpus, why } = await gpusHere(cudaVariables(env));
  if (gpus.length === 0) {
    return { name: "gpu", isGood: false, text: "none", remedy: why ?? "CUDA_VISIBLE_DEVICES hides them" };
  }
  const each = gpus.map(({ name, usedBytes, memoryBytes, utilisation }, index) =>
    `${index}: ${name}, ${bytesText(usedBytes ?? 0)} of ${bytesText(memoryBytes)} used, ` +
      `${Math.round(100 * (utilisation ?? 0))} % busy`);
  return { name: "gpu", isGood: true, text: `${each.join("; ")}; driver ${driver}`, ...(why === null ? {} : { remedy: why }) };
}

/** Measured, and kept for the plans that are made here from now on. */
async function routesCheck(context: Context): Promise<Check> {
  const name = "gpu routes";
  const measured = await breakEvenHere(cudaVariables(context.env), SPEED_TEST_MS);
  if (measured === null) return { name, isGood: true, text: "not measured" };
  const file = gpuRoutesFile(context);
  writeGpuRoutes(file, measured);
  const each = measured.breakEven.map(({ order, ridges }) => `${ridges} ridges at ${order} rows`);
  return { name, isGood: true,
    text: `eigenvectors, not factors, from ${each.join(", ")} on; plans made here follow ${shortPath(context, file)}` };
}

function natsCheck({ env }: Context): Check {
  const name = "nats-server";
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = folders.map((folder) => join(folder, name)).find(isProgram);
  if (found !== undefined) return { name, isGood: true, text: found };
  const remedy = "only clusters need it: apt-get install nats-server";
  return { name, isGood: false, text: "not on PATH", remedy };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function checkLines(checks: readonly Check[]): string[] {
  return labelLines(checks.map(({ name, isGood, text, remedy }) => {
    const after = remedy === undefined ? "" : ` (${remedy})`;
    return [`${isGood ? "✓" : OPTIONAL.has(name) ? "–" : "✗"} ${name}`, `${text}${after}`];
  }));
}

function providerLines(providers: readonly ProviderReport[]): string[] {
  const columns = ["one thread, GFLOP/s", "product", "Cholesky", "tridiagonal", "found"];
  const speed = (value: number | undefined): string => (value === undefined ? "–" : value.toFixed(1));
  const rows = providers
    .filter((one) => one.speed !== null)
    .map(({ name, detail, speed: of }) => [
      name, speed(of?.gemmGflops), speed(of?.choleskyGflops), speed(of?.tridiagonaliseGflops), detail,
    ]);
  const absent = providers.filter(({ why }) => why !== null).map(({ name, why }) => `✗ ${name}: ${why}`);
  return [...tableLines({ columns, rows }), ...absent];
}

/** What networks train on. None of those that are absent is needed: wasm is part of the package. */
function backendLines(backends: readonly BackendReport[]): string[] {
  const columns = ["what trains networks", "convolution steps/s", "device"];
  const rows = backends.flatMap(({ name, device, stepsPerSecond }) =>
    device === null ? [] : [[name, shortNumber(stepsPerSecond, 2), device]]);
  const absent = backends.flatMap(({ name, why }) => (why === null ? [] : [`– ${name}: ${why}`]));
  return [...tableLines({ columns, rows }), ...absent];
}
