// `node dist/tools/cuda-abi.js FOLDER`: does this build fit that CUDA? Needs no GPU.
//
// FOLDER holds CUDA's wheels unpacked or installed (`pip install --target FOLDER nvidia-cublas-cu12
// nvidia-cusolver-cu12 nvidia-cuda-runtime-cu12 nvidia-cuda-nvrtc-cu12 nvidia-nvml-dev-cu12`), or a
// toolkit. Compared are every prototype, enumerator and status name with its headers; then the
// libraries are opened as a worker opens them, which looks up every symbol, and NVRTC compiles the
// kernels for some architectures. The driver is no part of those packages: gcc makes a library of its
// functions that does nothing, since only their prototypes can be checked. Exits 1 if anything differs.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { CONSTANTS } from "../worker/linalg/cuda/constants.ts";
import { FUNCTIONS } from "../worker/linalg/cuda/functions.ts";
import { compileSource } from "../worker/linalg/cuda/kernels.ts";
import { findLibraries } from "../worker/linalg/cuda/libraries.ts";
import { DRIVER_FILE } from "../worker/linalg/cuda/places.ts";
import { STATUS_NAMES } from "../worker/linalg/cuda/status.ts";
import { agrees, type Headers, readHeaders } from "./cuda-headers.ts";

const HEADERS = new Set([
  "cuda.h", "cuda_runtime_api.h", "driver_types.h", "library_types.h", "cublas_api.h",
  "cusolverDn.h", "cusolver_common.h", "nvrtc.h", "nvml.h",
]);
/** H100 and H200, A100, V100, the newest that NVRTC of CUDA 11 knows, and B200. */
const ARCHITECTURES = ["sm_90", "sm_80", "sm_75", "compute_90", "sm_100"];

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: node dist/tools/cuda-abi.js FOLDER");
  process.exit(2);
}
const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
const paths = files.map((name) => resolve(folder, name));
const headers = readHeaders(paths.filter((path) => HEADERS.has(path.split("/").at(-1) ?? ""))
  .map((path) => readFileSync(path, "utf8")).join("\n"));
let differences = 0;

function report(isSame: boolean, what: string): void {
  if (!isSame) differences++;
  console.log(`${isSame ? "same" : "DIFFERENT"}  ${what}`);
}

function compareFunctions({ argumentsOf }: Headers): void {
  for (const [library, functions] of Object.entries(FUNCTIONS)) {
    for (const [name, letters] of Object.entries<string>(functions)) {
      const [symbol = name] = name.split(" ", 1);
      const declared = argumentsOf(symbol);
      if (declared === null) console.log(`unknown    ${library}: no prototype of ${symbol} in these headers`);
      else report(agrees(letters, declared), `${library}: ${name}(${letters}), declared (${declared})`);
    }
  }
}

function compareNumbers({ enumerators }: Headers): void {
  for (const [name, value] of Object.entries(CONSTANTS)) {
    report(enumerators.get(name) === value, `${name} = ${value}, declared ${enumerators.get(name)}`);
  }
  const prefixes = { blas: "CUBLAS_STATUS_", solver: "CUSOLVER_STATUS_", driver: "CUDA_ERROR_" };
  for (const [library, prefix] of Object.entries(prefixes)) {
    const declared = [...enumerators].filter(([name, value]) => name.startsWith(prefix) && value !== 0);
    const wrong = declared.filter(([name, value]) => STATUS_NAMES[library]?.[value] !== name);
    report(wrong.length === 0, `${declared.length} statuses ${prefix}*${wrong.map((one) => ` ${one.join(" is ")}`).join(",")}`);
  }
}

/** A folder with a driver of which every function fails. */
function emptyDriver(): string {
  const place = mkdtempSync(join(tmpdir(), "no-driver-"));
  process.once("exit", () => rmSync(place, { recursive: true, force: true }));
  const source = Object.keys(FUNCTIONS.driver).map((name) => `int ${name}(void) { return 100; }`).join("\n");
  const made = spawnSync("gcc", ["-shared", "-fPIC", "-x", "c", "-", "-o", join(place, DRIVER_FILE)], { input: source });
  if (made.status !== 0) throw new Error(`gcc: ${String(made.stderr ?? made.error)}`);
  return place;
}

function openThem(): void {
  const folders = [...new Set(paths.filter((path) => path.includes(".so")).map((path) => dirname(path)))];
  // The runtime of CUDA 11 tells no version without a driver, so it is not asked.
  const { libraries, misses } = findLibraries({ NEARCLONE_CUDA_LIBS: [...folders, emptyDriver()].join(":") }, () => {});
  report(libraries !== null, libraries === null ? misses.join("; ") : `every symbol is in ${libraries.place} and beside it`);
  if (libraries === null) return;
  for (const architecture of ARCHITECTURES) {
    try {
      console.log(`compiled   for ${architecture}: ${compileSource(libraries, architecture).length} bytes`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // A compiler may be older or newer than an architecture; of these it must know some.
      if (reason.includes("INVALID_OPTION")) console.log(`not known  ${architecture}`);
      else report(false, reason);
    }
  }
}

console.log(join(folder));
compareFunctions(headers);
compareNumbers(headers);
openThem();
console.log(`${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;
