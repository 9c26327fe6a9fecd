// Device memory: what is taken, for what, and the failure that says what did not fit.
import { ComputeError } from "../../../schema/failure.ts";
import { bytesText } from "./bytes-text.ts";
import { CONSTANTS } from "./constants.ts";
import type { CudaLibraries } from "./libraries.ts";
import { statusError } from "./status.ts";

/** Bytes. */
export interface MemoryInfo {
  readonly free: number;
  readonly total: number;
}

const OUT_OF_MEMORY = CONSTANTS.cudaErrorMemoryAllocation;

export class DeviceMemory {
  readonly #libraries: CudaLibraries;
  readonly #sizes = new Map<number, number>();
  #held = 0;

  constructor(libraries: CudaLibraries) {
    this.#libraries = libraries;
  }

  /** Bytes allocated here and not yet freed. */
  get held(): number {
    return this.#held;
  }

  /** What the device has left, whoever took the rest. */
  info(): MemoryInfo {
    const [free, total] = [new BigUint64Array(1), new BigUint64Array(1)];
    this.#libraries.runtime.call("cudaMemGetInfo", free, total);
    return { free: Number(free[0]!), total: Number(total[0]!) };
  }

  /**
   * The address of new memory, its content arbitrary; 0 for no bytes.
   *
   * @throws ComputeError resource out_of_memory, naming `what` and the sizes.
   */
  allocate(bytes: number, what: string): number {
    if (bytes === 0) return 0;
    const { runtime } = this.#libraries;
    const out = new BigUint64Array(1);
    const status = runtime.status("cudaMalloc", out, bytes);
    if (status === OUT_OF_MEMORY) {
      runtime.status("cudaGetLastError"); // else the next call would report this one again
      throw this.#outOfMemory(bytes, what);
    }
    if (status !== 0) throw statusError("cudaMalloc", status, runtime.nameOf(status));
    const address = Number(out[0]!);
    this.#sizes.set(address, bytes);
    this.#held += bytes;
    return address;
  }

  free(address: number): void {
    if (address === 0) return;
    const bytes = this.#sizes.get(address);
    if (bytes === undefined) throw new TypeError(`cuda: address ${address} is freed twice`);
    this.#sizes.delete(address);
    this.#held -= bytes;
    this.#libraries.runtime.call("cudaFree", address);
  }

  /** @throws ComputeError resource out_of_memory before anything is taken, if `bytes` are not free. */
  require(bytes: number, what: string): void {
    if (bytes > this.info().free) throw this.#outOfMemory(bytes, what);
  }

  #outOfMemory(bytes: number, what: string): ComputeError {
    const { free, total } = this.info();
    return new ComputeError("resource", "out_of_memory",
      `cuda: ${what} needs ${bytesText(bytes)} of device memory: ` +
        `${bytesText(free)} of ${bytesText(total)} are free, ${bytesText(this.#held)} are held here`);
  }
}
