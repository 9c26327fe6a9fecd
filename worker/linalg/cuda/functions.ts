// The CUDA functions in use, by library, with the types of their arguments.
//
// Nothing is compiled against CUDA's headers, so these letters are the only statement of the ABI;
// tools/cuda-abi.ts compares them with the headers of CUDA 11 to 13. Enumerations are C ints, handles
// and device addresses 64-bit words; a device address is never followed on the host. Every function
// but those in TEXTS returns a status, which `status.ts` checks and names.
import type { LibraryHandle } from "koffi";
import { statusError, statusName } from "./status.ts";

/**
 * One letter per argument: i int, u unsigned int, l int64_t or long long, z size_t, p a device
 * address or a handle by value, m the address of host memory (a typed array), s a C string, a an
 * array of them. What follows a space in a name only tells bindings of one function apart.
 */
export const FUNCTIONS = {
  runtime: {
    cudaRuntimeGetVersion: "m",
    cudaDriverGetVersion: "m",
    cudaGetDeviceCount: "m",
    cudaSetDevice: "i",
    cudaMemGetInfo: "mm",
    cudaMalloc: "mz",
    cudaFree: "p",
    cudaMemset: "piz",
    // By where the two sides lie: host memory is passed as such, so that it cannot be collected.
    "cudaMemcpy to device": "pmzi",
    "cudaMemcpy to host": "mpzi",
    "cudaMemcpy within": "ppzi",
    cudaDeviceSynchronize: "",
    cudaGetLastError: "",
  },
  blas: {
    cublasCreate_v2: "m",
    cublasDestroy_v2: "p",
    cublasGetVersion_v2: "pm",
    cublasDgemm_v2: "piiiiimpipimpi",
    cublasDgemmStridedBatched: "piiiiimpilpilmpili",
    cublasDsyrk_v2: "piiiimpimpi",
    cublasDtrsm_v2: "piiiiiimpipi",
    cublasStrsm_v2: "piiiiiimpipi",
    cublasDtrsmBatched: "piiiiiimpipii",
  },
  solver: {
    cusolverDnCreate: "m",
    cusolverDnDestroy: "p",
    cusolverGetVersion: "m",
    cusolverDnCreateParams: "m",
    cusolverDnDestroyParams: "p",
    cusolverDnXpotrf_bufferSize: "ppiliplimm",
    cusolverDnXpotrf: "ppiliplipzmzp",
    cusolverDnDpotrfBatched: "piipipi",
    cusolverDnXsyevd_bufferSize: "ppiiliplipimm",
    cusolverDnXsyevd: "ppiiliplipipzmzp",
    cusolverDnDsytrd_bufferSize: "piipipppm",
    cusolverDnDsytrd: "piipippppip",
    cusolverDnDormtr_bufferSize: "piiiiipippim",
    cusolverDnDormtr: "piiiiipippipip",
  },
  compiler: {
    nvrtcVersion: "mm",
    nvrtcCreateProgram: "mssipp",
    nvrtcCompileProgram: "pia",
    nvrtcGetProgramLogSize: "pm",
    nvrtcGetProgramLog: "pm",
    nvrtcGetCUBINSize: "pm",
    nvrtcGetCUBIN: "pm",
    nvrtcGetPTXSize: "pm",
    nvrtcGetPTX: "pm",
    nvrtcDestroyProgram: "m",
  },
  driver: {
    cuInit: "u",
    cuDeviceGet: "mi",
    cuDeviceGetName: "mii",
    cuDeviceGetAttribute: "mii",
    cuModuleLoadData: "mm",
    cuModuleUnload: "p",
    cuModuleGetFunction: "mps",
    cuLaunchKernel: "puuuuuuupmp",
  },
  management: {
    nvmlInit_v2: "",
    nvmlShutdown: "",
    nvmlSystemGetDriverVersion: "mu",
    nvmlDeviceGetCount_v2: "m",
    nvmlDeviceGetHandleByIndex_v2: "um",
    nvmlDeviceGetName: "pmu",
    nvmlDeviceGetUUID: "pmu",
    nvmlDeviceGetMemoryInfo: "pm",
    nvmlDeviceGetUtilizationRates: "pm",
    nvmlDeviceGetCudaComputeCapability: "pmm",
    nvmlDeviceGetMigMode: "pmm",
    nvmlDeviceGetMaxMigDeviceCount: "pm",
    nvmlDeviceGetMigDeviceHandleByIndex: "pum",
  },
} as const;

/** A function of a status to its name or description. */
export const TEXTS = {
  runtime: "cudaGetErrorName",
  compiler: "nvrtcGetErrorString",
  management: "nvmlErrorString",
} as const;

export type LibraryName = keyof typeof FUNCTIONS;
export type FunctionName<Library extends LibraryName> = keyof (typeof FUNCTIONS)[Library] & string;

/** Memory of the host, passed by its address. */
export type HostMemory = Int32Array | Uint32Array | BigUint64Array | Float32Array | Float64Array | Uint8Array;
export type Argument = number | string | readonly string[] | HostMemory;
type NativeFunction = (...args: readonly Argument[]) => unknown;

const KOFFI_TYPE: Readonly<Record<string, string>> = {
  i: "int",
  u: "unsigned int",
  l: "int64_t",
  z: "size_t",
  p: "uint64_t",
  m: "void *",
  s: "const char *",
  a: "const char **",
};

/** The functions of one opened library, all of them there. */
export class NativeLibrary<Name extends LibraryName> {
  readonly name: Name;
  readonly #functions = new Map<string, NativeFunction>();
  readonly #textOf: NativeFunction | null;

  /** Throws Error naming the first function that is missing. */
  constructor(name: Name, handle: LibraryHandle) {
    this.name = name;
    for (const [symbol, letters] of Object.entries<string>(FUNCTIONS[name])) {
      const types = Array.from(letters, (letter) => KOFFI_TYPE[letter] ?? "void *");
      this.#functions.set(symbol, bind(handle, symbol.split(" ", 1)[0] ?? symbol, "int", types));
    }
    const text = Object.entries(TEXTS).find(([library]) => library === name)?.[1];
    this.#textOf = text === undefined ? null : bind(handle, text, "const char *", ["int"]);
  }

  /** Calls a function and returns its status. */
  status(symbol: FunctionName<Name>, ...args: readonly Argument[]): number {
    return Number(this.#functions.get(symbol)?.(...args));
  }

  /** Calls a function. Throws ComputeError naming function and status, if that is not 0. */
  call(symbol: FunctionName<Name>, ...args: readonly Argument[]): void {
    const status = this.status(symbol, ...args);
    if (status !== 0) throw statusError(symbol, status, this.nameOf(status));
  }

  /** What the library, or our table, calls a status. */
  nameOf(status: number): string {
    const text = this.#textOf?.(status);
    return typeof text === "string" && text !== "" ? text : statusName(this.name, status);
  }
}

function bind(handle: LibraryHandle, symbol: string, result: string, types: string[]): NativeFunction {
  try {
    return handle.func(symbol, result, types);
  } catch {
    throw new Error(`has no ${symbol}`);
  }
}
