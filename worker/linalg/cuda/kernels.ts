// Compiles the kernels for the device at hand and launches them.
import { ComputeError } from "../../../schema/failure.ts";
import { cText } from "./bytes-text.ts";
import type { HostMemory } from "./functions.ts";
import { KERNEL_ARGUMENTS, KERNEL_SOURCE, type KernelName } from "./kernel-source.ts";
import type { CudaLibraries } from "./libraries.ts";
import { statusError } from "./status.ts";

export interface Kernels {
  /** Runs a kernel on `threads` threads or more; its loops take what is left over. */
  launch(name: KernelName, threads: number, ...args: readonly number[]): void;
  close(): void;
}

const BLOCK = 256;
const ARGUMENTS_MAX = 16;
const GRID_MAX = 2 ** 20;
const DEFAULT_STREAM = 0;
const NONE = 0;

/**
 * Compiles for one architecture, `sm_90` and its like.
 *
 * @throws ComputeError device_failed, with the compiler's first line, if it does not compile.
 */
export function compileKernels(libraries: CudaLibraries, capability: string): Kernels {
  const { driver, addressOf } = libraries;
  const image = compile(libraries, capability);
  const module = new BigUint64Array(1);
  driver.call("cuModuleLoadData", module, image);
  const functions = new Map(Object.keys(KERNEL_ARGUMENTS).map((name) => {
    const handle = new BigUint64Array(1);
    driver.call("cuModuleGetFunction", handle, Number(module[0]!), name);
    return [name, Number(handle[0]!)] as const;
  }));
  // A launch copies its arguments, so one place for them serves all launches. It is held here:
  // memory that is known by its address alone could be collected before the call.
  const values = new Float64Array(ARGUMENTS_MAX);
  const base = addressOf(values);
  const places = BigUint64Array.from(values, (_, index) => BigInt(base + 8 * index));
  return {
    launch(name, threads, ...args) {
      if (threads === 0) return;
      pack(values, KERNEL_ARGUMENTS[name], args);
      const grid = Math.min(GRID_MAX, Math.ceil(threads / BLOCK));
      const status = driver.status("cuLaunchKernel", functions.get(name) ?? NONE,
        grid, 1, 1, BLOCK, 1, 1, 0, DEFAULT_STREAM, places, NONE);
      if (status !== 0) throw statusError(`cuLaunchKernel of ${name}`, status, driver.nameOf(status));
    },
    close: () => driver.call("cuModuleUnload", Number(module[0]!)),
  };
}

/** Writes arguments one behind the other, as the kernel's parameters read them. */
function pack(values: Float64Array, letters: string, args: readonly number[]): void {
  if (args.length !== letters.length || args.length > values.length) {
    throw new TypeError(`a kernel takes ${letters.length} arguments, got ${args.length}`);
  }
  const words = new BigInt64Array(values.buffer);
  args.forEach((value, index) => {
    if (letters[index] === "v") values[index] = value;
    else words[index] = BigInt(value);
  });
}

/** What PTX is compiled for where the compiler is older than the device; newest first. */
const OLDER = [120, 100, 90, 89, 86, 80, 75, 70, 60];
const INVALID_OPTION = /INVALID_OPTION/;

/**
 * Machine code for the device or, from a compiler that does not know it, PTX for the newest
 * architecture below that both know, which the driver then compiles.
 */
function compile(libraries: CudaLibraries, capability: string): Uint8Array {
  const own = Number(capability.slice("sm_".length));
  const older = OLDER.filter((one) => one < own).map((one) => `compute_${one}`);
  for (const architecture of [capability, ...older]) {
    try {
      return compileSource(libraries, architecture);
    } catch (error) {
      const isUnknown = error instanceof Error && INVALID_OPTION.test(error.message);
      if (!isUnknown || architecture === older.at(-1)) throw error;
    }
  }
  throw new TypeError(`no architecture for ${capability}`);
}

/**
 * The kernels for one architecture: machine code for `sm_90`, PTX for `compute_90`.
 *
 * @throws ComputeError device_failed, with the compiler's first line.
 */
export function compileSource({ compiler }: CudaLibraries, architecture: string): Uint8Array {
  const program = new BigUint64Array(1);
  compiler.call("nvrtcCreateProgram", program, KERNEL_SOURCE, "nearclone.cu", 0, NONE, NONE);
  try {
    const handle = Number(program[0]!);
    const options = [`--gpu-architecture=${architecture}`, "--fmad=false"];
    const status = compiler.status("nvrtcCompileProgram", handle, options.length, options);
    if (status !== 0) {
      const log = textOf(compiler.call.bind(compiler, "nvrtcGetProgramLogSize", handle),
        compiler.call.bind(compiler, "nvrtcGetProgramLog", handle));
      const [first = ""] = cText(log).split("\n");
      throw new ComputeError("infrastructure", "device_failed",
        `cuda: nvrtcCompileProgram for ${architecture} returned ${compiler.nameOf(status)}: ${first}`);
    }
    const [size, read] = architecture.startsWith("sm_") ? ["nvrtcGetCUBINSize", "nvrtcGetCUBIN"] as const
      : ["nvrtcGetPTXSize", "nvrtcGetPTX"] as const;
    return textOf(compiler.call.bind(compiler, size, handle), compiler.call.bind(compiler, read, handle));
  } finally {
    compiler.call("nvrtcDestroyProgram", program);
  }
}

/** Bytes that a library first says the number of. */
function textOf(size: (out: HostMemory) => void, read: (out: HostMemory) => void): Uint8Array {
  const bytes = new BigUint64Array(1);
  size(bytes);
  const out = new Uint8Array(Number(bytes[0]!));
  read(out);
  return out;
}
