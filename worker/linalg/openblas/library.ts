// Finds and opens a BLAS with LAPACK: OpenBLAS, Intel's MKL or Apple's Accelerate.
//
// The library is told how many threads to use, one by default: with more, the order of sums, and
// so the bits of a result, would depend on the machine's load. The setting belongs to the process,
// so every thread that opens the library should ask for the same.
import { createRequire } from "node:module";
import type { LibraryHandle } from "koffi";
import { bindRoutines, type Routines } from "./routines.ts";

export interface Library {
  readonly routines: Routines;
  /** One line: version, core type, threads, where it was found. */
  readonly detail: string;
}

export interface LibraryOptions {
  /** Tried before the usual places. */
  readonly path?: string | undefined;
  /** BLAS threads per call, ≥ 1. */
  readonly threads: number;
}

/** The library, or null; `misses` says for each name tried before why it did not do. */
export interface Search {
  readonly library: Library | null;
  readonly misses: readonly string[];
}

const CANDIDATES: Readonly<Record<string, readonly string[]>> = {
  linux: [
    "libopenblas.so.0",
    "libopenblas.so",
    "libopenblasp.so.0",
    "libmkl_rt.so.3",
    "libmkl_rt.so.2",
    "libmkl_rt.so.1",
    "libmkl_rt.so",
  ],
  darwin: [
    "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
    "/usr/local/opt/openblas/lib/libopenblas.dylib",
    "libopenblas.dylib",
    "/System/Library/Frameworks/Accelerate.framework/Accelerate",
  ],
  win32: ["libopenblas.dll", "openblas.dll", "mkl_rt.3.dll", "mkl_rt.2.dll"],
};

/** Opens the first library that has all routines. Never throws. */
export function findLibrary(options: LibraryOptions, platform = process.platform): Search {
  const misses: string[] = [];
  const usual = CANDIDATES[platform] ?? [];
  if (usual.length === 0) misses.push(`no usual place is known on ${platform}`);
  for (const path of options.path === undefined ? usual : [options.path, ...usual]) {
    try {
      return { library: openLibrary(path, options.threads), misses };
    } catch (error) {
      misses.push(`${path}: ${reasonOf(error)}`);
    }
  }
  return { library: null, misses };
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace("Failed to load shared library: ", "").split("\n")[0] ?? message;
}

function openLibrary(path: string, threads: number): Library {
  // Required late, so that a platform for which koffi has no binary still has `portable`.
  const koffi: typeof import("koffi") = createRequire(import.meta.url)("koffi");
  const handle = koffi.load(path);
  const about = settle(handle, threads);
  return { routines: bindRoutines(handle), detail: `${about}, ${threadsOf(threads)}, ${path}` };
}

function threadsOf(threads: number): string {
  return threads === 1 ? "1 thread" : `${threads} threads`;
}

/** Sets threads and reproducibility as the vendor provides for it; returns the vendor's name. */
function settle(library: LibraryHandle, threads: number): string {
  return settleOpenblas(library, threads) ?? settleMkl(library, threads) ??
    settleAccelerate(library, threads) ?? "BLAS of unknown make";
}

function settleOpenblas(library: LibraryHandle, threads: number): string | null {
  const setThreads = optional(library, "openblas_set_num_threads", "void", ["int"]);
  if (setThreads === null) return null;
  setThreads(threads);
  const config = textFrom(library, "openblas_get_config");
  if (config.includes("USE64BITINT")) throw new Error("is built with 64-bit integers, need 32-bit");
  const version = /OpenBLAS [\d.]*\d/.exec(config)?.[0] ?? "OpenBLAS";
  return `${version} for ${textFrom(library, "openblas_get_corename") || "an unnamed core"}`;
}

function textFrom(library: LibraryHandle, symbol: string): string {
  const text = optional(library, symbol, "str", [])?.();
  return typeof text === "string" ? text : "";
}

/** mkl_service.h: MKL_INTERFACE_LP64, MKL_THREADING_SEQUENTIAL, MKL_CBWR_AUTO | MKL_CBWR_STRICT. */
const MKL = { lp64: 0, sequential: 1, reproducible: 0x10002 };

function settleMkl(library: LibraryHandle, threads: number): string | null {
  const setThreads = optional(library, "MKL_Set_Num_Threads", "void", ["int"]);
  if (setThreads === null) return null;
  // The layers and the reproducible mode can only be chosen before the first computation.
  optional(library, "MKL_Set_Interface_Layer", "int", ["int"])?.(MKL.lp64);
  if (threads === 1) optional(library, "MKL_Set_Threading_Layer", "int", ["int"])?.(MKL.sequential);
  optional(library, "MKL_CBWR_Set", "int", ["int"])?.(MKL.reproducible);
  setThreads(threads);
  return mklVersion(library);
}

function mklVersion(library: LibraryHandle): string {
  const text = new Uint8Array(200);
  optional(library, "MKL_Get_Version_String", "void", ["void *", "int"])?.(text, text.length);
  const [, version = "of unknown version"] =
    /Version ([\d.]*\d)/.exec(new TextDecoder().decode(text)) ?? [];
  return `MKL ${version}`;
}

/** Accelerate's BLASSetThreading (macOS 15): BLAS_THREADING_MULTI, BLAS_THREADING_SINGLE. */
const ACCELERATE = { many: 0, one: 1 };

function settleAccelerate(library: LibraryHandle, threads: number): string | null {
  if (optional(library, "vDSP_mmulD", "void", []) === null) return null;
  const setThreading = optional(library, "BLASSetThreading", "int", ["int"]);
  setThreading?.(threads === 1 ? ACCELERATE.one : ACCELERATE.many);
  return setThreading === null ? "Accelerate (threads by VECLIB_MAXIMUM_THREADS)" : "Accelerate";
}

type NativeFunction = (...args: readonly unknown[]) => unknown;

function optional(
  library: LibraryHandle,
  symbol: string,
  result: string,
  args: string[],
): NativeFunction | null {
  try {
    return library.func(symbol, result, args);
  } catch {
    return null;
  }
}
