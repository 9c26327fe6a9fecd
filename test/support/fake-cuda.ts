// Compiles the fake CUDA (fake-cuda/*.c) into a folder of libraries, and asks it what it saw.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CudaVariables } from "../../schema/provider.ts";
import { DRIVER_FILE, MANAGEMENT_FILE, RELEASES } from "../../worker/linalg/cuda/places.ts";
import { onPath } from "./packages.ts";

/** The sources lie in test/, this module runs in dist/test/support/. */
const SOURCES = fileURLToPath(new URL("../../../test/support/fake-cuda/", import.meta.url));

export interface FakeOptions {
  /** What cudaRuntimeGetVersion says; default 12040. */
  readonly version?: number;
  /** A function that is missing. */
  readonly without?: string;
  /** Which release's file names it gets; default 12. */
  readonly major?: number;
}

/** Why no fake can be built here; null if it can. */
export function whyNoFake(): string | null {
  if (process.platform !== "linux") return "the fake CUDA is for Linux";
  if (!onPath("gcc")) return "the fake CUDA is compiled by gcc: apt-get install gcc libc6-dev";
  return null;
}

export interface FakeCuda {
  /** Says where it is. */
  readonly variables: CudaVariables;
  /** Arguments that broke CUDA's rules so far; the last of them. */
  violations(): number;
  violation(): string;
  /** Bytes of device memory in use; allocations ever made; handles and modules alive. */
  used(): number;
  /** The most bytes in use since this was last asked. */
  peak(): number;
  /** From here on copies to the device of at least so many bytes are counted; how many there were. */
  watchUploads(bytes: number): void;
  watchedUploads(): number;
  allocations(): number;
  handles(): number;
  setMemory(bytes: number): void;
  /** The allocation after `count − 1` more of them fails. 0: none does. */
  failMalloc(count: number): void;
  /** The next call of that library returns this status. */
  failBlas(status: number): void;
  failSolver(status: number): void;
  failLaunch(status: number): void;
}

const folders: string[] = [];

function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** Builds a fake of its own; its folder goes when the process ends. */
export function buildFakeCuda({ version = 12_040, without, major = 12 }: FakeOptions = {}): FakeCuda {
  const folder = mkdtempSync(join(tmpdir(), "fake-cuda-"));
  if (folders.length === 0) process.once("exit", removeFolders);
  folders.push(folder);
  const files = readdirSync(SOURCES).filter((name) => name.endsWith(".c")).map((name) => join(SOURCES, name));
  const library = join(folder, "libfake.so");
  const compiled = spawnSync("gcc", [
    "-O1", "-ffp-contract=off", "-Wno-unused-result", "-shared", "-fPIC", `-DFAKE_RUNTIME_VERSION=${version}`,
    ...(without === undefined ? [] : [`-D${without}=absent_${without}`]),
    ...files, "-ldl", "-lpthread", "-o", library,
  ], { encoding: "utf8" });
  if (compiled.status !== 0) throw new Error(compiled.stderr);
  const release = RELEASES.find((one) => one.major === major);
  if (release === undefined) throw new RangeError(`no release ${major}`);
  const { runtime, blas, solver, compiler } = release;
  for (const name of [runtime, blas, solver, compiler, DRIVER_FILE, MANAGEMENT_FILE]) {
    symlinkSync(library, join(folder, name));
  }
  return { variables: { NEARCLONE_CUDA_LIBS: folder }, ...controls(library) };
}

function controls(library: string): Omit<FakeCuda, "variables"> {
  const koffi: typeof import("koffi") = createRequire(import.meta.url)("koffi");
  const handle = koffi.load(library);
  const number = (name: string): (() => number) => {
    const call = handle.func(name, "int64_t", []);
    return () => Number(call());
  };
  const set = (name: string): ((value: number) => void) => handle.func(name, "void", ["int64_t"]);
  const status = (name: string): ((value: number) => void) => handle.func(name, "void", ["int"]);
  const violations = handle.func("fake_violations", "int", []);
  const live = handle.func("fake_live_handles", "int", []);
  const text = handle.func("fake_violation", "const char *", []);
  return {
    violations: () => Number(violations()),
    violation: () => String(text()),
    used: number("fake_used"),
    peak: number("fake_peak"),
    watchUploads: set("fake_watch_uploads"),
    watchedUploads: number("fake_watched_uploads"),
    allocations: number("fake_allocations"),
    handles: () => Number(live()),
    setMemory: set("fake_memory"),
    failMalloc: set("fake_fail_malloc"),
    failBlas: status("fake_fail_blas"),
    failSolver: status("fake_fail_solver"),
    failLaunch: status("fake_fail_launch"),
  };
}
