// `node dist/bench/gpu.js [--quick] [--out FILE] [--budget SECONDS]`: is this machine's GPU right,
// and how fast is it.
//
// Self-contained: needs Node, dist/ and koffi, no network and no files. First every verb and some
// rows are checked against `portable`; then the bars are measured. Each part is a process with a
// time limit, and --out holds what is known after every figure: whatever ends it, the file says how
// far it came. Exits 1 if a check failed or a part did not end well. --quick takes small sizes: it
// tells whether everything runs, and its times mean nothing.
import { spawn } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cudaVariables } from "../schema/provider.ts";
import { openCudaBeside } from "../worker/linalg/choose.ts";
import type { CudaProvider } from "../worker/linalg/cuda.ts";
import { FULL, PARTS, QUICK } from "./gpu/parts.ts";
import { HOST_CORES } from "./gpu/study.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    out: { type: "string" },
    budget: { type: "string", default: "560" },
    /** Runs one part; what it reports goes to the standard output, one JSON object a line. */
    part: { type: "string" },
    seconds: { type: "string", default: "60" },
  },
});
const variables = cudaVariables(process.env);

type Known = Record<string, unknown>;

function opened(): CudaProvider {
  const { provider, misses } = openCudaBeside({ cuda: variables, blasPath: process.env["NEARCLONE_BLAS"] });
  if (provider !== null) return provider;
  console.error(`no GPU to measure: ${misses.join("; ")}`);
  process.exit(2);
}

async function runPart(name: string): Promise<void> {
  const part = PARTS[name];
  if (part === undefined) throw new RangeError(`no part ${name}: expected one of ${Object.keys(PARTS).join(", ")}`);
  const end = performance.now() + 1000 * Number(values.seconds);
  const provider = opened();
  await part.run({
    provider,
    variables,
    blasPath: process.env["NEARCLONE_BLAS"],
    sizes: values.quick ? QUICK : FULL,
    report: (known) => void process.stdout.write(`${JSON.stringify(known)}\n`),
    left: () => (end - performance.now()) / 1000,
  });
  provider.session.close();
}

/** Runs a part in a process of its own, at most so long; `tell` gets what it knows so far. */
async function partIn(name: string, seconds: number, tell: (known: Known) => void): Promise<void> {
  const known: Known = {};
  const begin = performance.now();
  const child = spawn(process.execPath, [
    fileURLToPath(import.meta.url), "--part", name, "--seconds", String(seconds),
    ...(values.quick ? ["--quick"] : []),
  ], { stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (text: Buffer) => {
    complaint = `${complaint}${String(text)}`.slice(-2_000);
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), 1000 * seconds);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    Object.assign(known, JSON.parse(line));
    tell(known);
  }
  const code = await ended;
  clearTimeout(timer);
  const spent = (performance.now() - begin) / 1000;
  if (code !== 0) known["failed"] = spent >= seconds ? `not done after ${seconds} s` : complaint.trim().split("\n").slice(-6).join("; ") || `ended with ${code}`;
  known["partSeconds"] = Math.round(10 * spent) / 10;
  tell(known);
}

async function runAll(): Promise<void> {
  const provider = opened();
  const results: Known = {
    quick: values.quick,
    device: provider.detail,
    machine: { cpu: cpus()[0]?.model, cores: HOST_CORES, gigabytes: Math.round(totalmem() / 2 ** 30) },
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
  provider.session.close();
  const begin = performance.now();
  const whole = Object.values(PARTS).reduce((sum, { seconds }) => sum + seconds, 0);
  const budget = Number(values.budget);
  const scale = Math.min(1, budget / whole);
  const names = Object.keys(PARTS);
  for (const [name, { seconds }] of Object.entries(PARTS)) {
    console.error(`${name} …`);
    // What the others left is the last one's: it takes the processor minutes.
    const left = name === names.at(-1) ? budget - (performance.now() - begin) / 1000 : 0;
    await partIn(name, Math.max(0.1, scale * seconds, left), (known) => {
      results[name] = known;
      save(results);
    });
  }
  results["seconds"] = Math.round((performance.now() - begin) / 1000);
  save(results);
  if (values.out === undefined) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  process.exitCode = names.every((name) => isGood(results[name])) ? 0 : 1;
}

/** Whole or not at all, whenever it is read. */
function save(results: Known): void {
  if (values.out === undefined) return;
  writeFileSync(`${values.out}.new`, `${JSON.stringify(results, null, 2)}\n`);
  renameSync(`${values.out}.new`, values.out);
}

/** `failed` is a reason, or the checks that failed. */
function isGood(known: unknown): boolean {
  if (typeof known !== "object" || known === null || !("failed" in known)) return true;
  return Array.isArray(known.failed) && known.failed.length === 0;
}

if (values.part === undefined) await runAll();
else await runPart(values.part);
