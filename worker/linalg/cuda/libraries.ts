// Opens one release of CUDA's libraries, with the driver's, and says what each attempt lacked.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { LibraryHandle } from "koffi";
import type { CudaVariables } from "../../../schema/provider.ts";
import { type HostMemory, NativeLibrary } from "./functions.ts";
import { DRIVER_FILE, libraryFolders, MANAGEMENT_FILE, type Release, RELEASES } from "./places.ts";

export interface CudaLibraries {
  readonly runtime: NativeLibrary<"runtime">;
  readonly blas: NativeLibrary<"blas">;
  readonly solver: NativeLibrary<"solver">;
  readonly compiler: NativeLibrary<"compiler">;
  readonly driver: NativeLibrary<"driver">;
  /** Where the runtime was found. */
  readonly place: string;
  /** Held, so that they stay open. */
  readonly needed: readonly LibraryHandle[];
  /** The address of host memory: good for as long as the array is held. */
  readonly addressOf: (memory: HostMemory) => number;
}

export interface LibrarySearch {
  readonly libraries: CudaLibraries | null;
  readonly misses: readonly string[];
}

type Koffi = typeof import("koffi");
type Open = (file: string) => { readonly handle: LibraryHandle; readonly path: string };

/** What a release must pass besides having every function; throws Error if it does not. */
export type Admission = (runtime: NativeLibrary<"runtime">, release: Release) => void;

/** Opens the newest release that is there whole. Never throws. */
export function findLibraries(variables: CudaVariables, admit: Admission = requireVersion): LibrarySearch {
  const misses: string[] = [];
  try {
    const koffi = loadKoffi();
    const open = opener(koffi, variables);
    // Without a driver nothing else is worth opening: the usual case, and a quick one.
    const driver = named(DRIVER_FILE, () => new NativeLibrary("driver", open(DRIVER_FILE).handle));
    for (const release of RELEASES) {
      try {
        return { libraries: openRelease(release, { koffi, open, driver, admit }), misses };
      } catch (error) {
        misses.push(`CUDA ${release.major}: ${reasonOf(error)}`);
      }
    }
  } catch (error) {
    misses.push(reasonOf(error));
  }
  return { libraries: null, misses };
}

/** NVML alone, which a process that computes nothing may open. Throws Error if it is not there. */
export function openManagement(variables: CudaVariables): NativeLibrary<"management"> {
  const open = opener(loadKoffi(), variables);
  return named(MANAGEMENT_FILE, () => new NativeLibrary("management", open(MANAGEMENT_FILE).handle));
}

function loadKoffi(): Koffi {
  // Required late, so that a platform for which koffi has no binary still has `portable`.
  const koffi: Koffi = createRequire(import.meta.url)("koffi");
  return koffi;
}

interface Opening {
  readonly koffi: Koffi;
  readonly open: Open;
  readonly driver: NativeLibrary<"driver">;
  readonly admit: Admission;
}

function openRelease(release: Release, { koffi, open, driver, admit }: Opening): CudaLibraries {
  const runtime = named(release.runtime, () => open(release.runtime));
  const needed = release.needed.flatMap((file) => {
    try {
      return [open(file).handle];
    } catch {
      return []; // the library that needs it says so, if its own search does not find it either
    }
  });
  const bound = {
    runtime: named(release.runtime, () => new NativeLibrary("runtime", runtime.handle)),
    blas: named(release.blas, () => new NativeLibrary("blas", open(release.blas).handle)),
    solver: named(release.solver, () => new NativeLibrary("solver", open(release.solver).handle)),
    compiler: named(release.compiler, () => new NativeLibrary("compiler", open(release.compiler).handle)),
  };
  admit(bound.runtime, release);
  const addressOf = (memory: HostMemory): number => Number(koffi.address(memory));
  return { ...bound, driver, needed, place: runtime.path, addressOf };
}

/** A file may be a link to another version, CUDA changes structures between majors, and drivers age. */
function requireVersion(runtime: NativeLibrary<"runtime">, { major, runtime: file }: Release): void {
  const version = new Int32Array(1);
  runtime.call("cudaRuntimeGetVersion", version);
  const found = Math.floor(version[0]! / 1000);
  if (found !== major) throw new Error(`${file}: is of CUDA ${found}, expected ${major}`);
  // A driver runs its own major and older ones: then an older release may be there that does.
  runtime.call("cudaDriverGetVersion", version);
  const driver = Math.floor(version[0]! / 1000);
  if (driver < major) throw new Error(`${file}: needs a driver for CUDA ${major}, this one is for CUDA ${driver}`);
}

/** Tries each folder that holds the file, then the loader's own places. */
function opener(koffi: Koffi, variables: CudaVariables): Open {
  const folders = libraryFolders(variables, namesIn);
  const given = variables["NEARCLONE_CUDA_LIBS"];
  const isGiven = given !== undefined;
  return (file) => {
    const found = folders.filter((folder) => namesIn(folder).includes(file)).map((folder) => join(folder, file));
    if (found.length === 0 && isGiven) throw new Error(`${file}: not in ${given}`);
    const tried: string[] = [];
    for (const path of [...found, ...(isGiven ? [] : [file])]) {
      try {
        return { handle: koffi.load(path), path };
      } catch (error) {
        tried.push(reasonOf(error));
      }
    }
    throw new Error(tried.join(", "));
  };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Puts the file's name before a message that lacks it. */
function named<T>(file: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const reason = reasonOf(error);
    throw new Error(reason.includes(file) ? reason : `${file}: ${reason}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace("Failed to load shared library: ", "").split("\n")[0] ?? message;
}
