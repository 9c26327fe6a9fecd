// A device opened for computing: handles, memory, compiled kernels.
//
// The first visible device: a process is given its own by CUDA_VISIBLE_DEVICES (gpus.ts). All work
// goes to the default stream, in order, so results are there when a copy to the host returns.
import type { CudaVariables } from "../../../schema/provider.ts";
import { bytesText, cText } from "./bytes-text.ts";
import { CONSTANTS } from "./constants.ts";
import { compileKernels, type Kernels } from "./kernels.ts";
import { type CudaLibraries, findLibraries } from "./libraries.ts";
import { DeviceMemory } from "./memory.ts";

export interface DeviceInfo {
  readonly name: string;
  /** As the compiler wants it: `sm_90`. */
  readonly capability: string;
  /** 12.4 */
  readonly runtime: string;
  /** The newest CUDA that the driver knows. */
  readonly driver: string;
}

export interface Session {
  readonly libraries: CudaLibraries;
  readonly info: DeviceInfo;
  readonly memory: DeviceMemory;
  readonly blas: number;
  readonly solver: number;
  readonly params: number;
  /** Device address of the int that cuSOLVER writes its verdict to. */
  readonly verdict: number;
  /** Compiled at the first call: a second, which linear algebra alone does not pay. */
  readonly kernels: () => Kernels;
  /** One line: device, memory, versions, where the libraries were found. */
  readonly detail: string;
  /** Frees all that the session itself holds. */
  readonly close: () => void;
}

export interface SessionSearch {
  readonly session: Session | null;
  readonly misses: readonly string[];
}

const CAPABILITY = {
  major: CONSTANTS.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR,
  minor: CONSTANTS.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR,
};

/** Opens the libraries and the device. Never throws. */
export function openSession(variables: CudaVariables): SessionSearch {
  const { libraries, misses } = findLibraries(variables);
  if (libraries === null) return { session: null, misses };
  try {
    return { session: sessionOn(libraries), misses };
  } catch (error) {
    return { session: null, misses: [...misses, error instanceof Error ? error.message : String(error)] };
  }
}

function sessionOn(libraries: CudaLibraries): Session {
  const { runtime, blas, solver } = libraries;
  const info = describe(libraries);
  runtime.call("cudaSetDevice", 0);
  runtime.call("cudaFree", 0); // creates the context, which the driver's calls below need
  const memory = new DeviceMemory(libraries);
  const made: (() => void)[] = [];
  const close = (): void => {
    for (const undo of made.splice(0).reverse()) undo();
  };
  try {
    const handle = new BigUint64Array(1);
    blas.call("cublasCreate_v2", handle);
    const blasHandle = Number(handle[0]!);
    made.push(() => blas.call("cublasDestroy_v2", blasHandle));
    solver.call("cusolverDnCreate", handle);
    const solverHandle = Number(handle[0]!);
    made.push(() => solver.call("cusolverDnDestroy", solverHandle));
    solver.call("cusolverDnCreateParams", handle);
    const params = Number(handle[0]!);
    made.push(() => solver.call("cusolverDnDestroyParams", params));
    const verdict = memory.allocate(4, "a status");
    made.push(() => memory.free(verdict));
    let compiled: Kernels | undefined;
    const kernels = (): Kernels => {
      if (compiled === undefined) {
        const fresh = compileKernels(libraries, info.capability);
        compiled = fresh;
        made.push(() => fresh.close());
      }
      return compiled;
    };
    return { libraries, info, memory, blas: blasHandle, solver: solverHandle, params, verdict,
      kernels, close, detail: detailOf(libraries, info, memory) };
  } catch (error) {
    close();
    throw error;
  }
}

function describe({ runtime, driver }: CudaLibraries): DeviceInfo {
  driver.call("cuInit", 0);
  const number = new Int32Array(1);
  runtime.call("cudaGetDeviceCount", number);
  if (number[0] === 0) throw new Error("there is no device (CUDA_VISIBLE_DEVICES may hide it)");
  driver.call("cuDeviceGet", number, 0);
  const device = number[0]!;
  const name = new Uint8Array(256);
  driver.call("cuDeviceGetName", name, name.length, device);
  const read = (attribute: number): number => {
    driver.call("cuDeviceGetAttribute", number, attribute, device);
    return number[0]!;
  };
  const capability = `sm_${read(CAPABILITY.major)}${read(CAPABILITY.minor)}`;
  runtime.call("cudaRuntimeGetVersion", number);
  const version = versionText(number[0]!);
  runtime.call("cudaDriverGetVersion", number);
  return { name: cText(name), capability, runtime: version, driver: versionText(number[0]!) };
}

/** 12040 is 12.4. */
function versionText(number: number): string {
  return `${Math.floor(number / 1000)}.${Math.floor((number % 1000) / 10)}`;
}

function detailOf({ place }: CudaLibraries, info: DeviceInfo, memory: DeviceMemory): string {
  const { total } = memory.info();
  return `${info.name} (${info.capability}, ${bytesText(total)}), CUDA ${info.runtime}, ` +
    `driver for ${info.driver}, ${place}`;
}
