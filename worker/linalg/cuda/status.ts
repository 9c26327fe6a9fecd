// What status codes are called, and what kind of failure each is.
import { ComputeError } from "../../../schema/failure.ts";

type Names = Readonly<Record<number, string>>;

const BLAS: Names = {
  1: "CUBLAS_STATUS_NOT_INITIALIZED",
  3: "CUBLAS_STATUS_ALLOC_FAILED",
  7: "CUBLAS_STATUS_INVALID_VALUE",
  8: "CUBLAS_STATUS_ARCH_MISMATCH",
  11: "CUBLAS_STATUS_MAPPING_ERROR",
  13: "CUBLAS_STATUS_EXECUTION_FAILED",
  14: "CUBLAS_STATUS_INTERNAL_ERROR",
  15: "CUBLAS_STATUS_NOT_SUPPORTED",
  16: "CUBLAS_STATUS_LICENSE_ERROR",
};

const SOLVER: Names = {
  1: "CUSOLVER_STATUS_NOT_INITIALIZED",
  2: "CUSOLVER_STATUS_ALLOC_FAILED",
  3: "CUSOLVER_STATUS_INVALID_VALUE",
  4: "CUSOLVER_STATUS_ARCH_MISMATCH",
  5: "CUSOLVER_STATUS_MAPPING_ERROR",
  6: "CUSOLVER_STATUS_EXECUTION_FAILED",
  7: "CUSOLVER_STATUS_INTERNAL_ERROR",
  8: "CUSOLVER_STATUS_MATRIX_TYPE_NOT_SUPPORTED",
  9: "CUSOLVER_STATUS_NOT_SUPPORTED",
  10: "CUSOLVER_STATUS_ZERO_PIVOT",
  11: "CUSOLVER_STATUS_INVALID_LICENSE",
  31: "CUSOLVER_STATUS_INVALID_WORKSPACE",
};

const DRIVER: Names = {
  1: "CUDA_ERROR_INVALID_VALUE",
  2: "CUDA_ERROR_OUT_OF_MEMORY",
  3: "CUDA_ERROR_NOT_INITIALIZED",
  4: "CUDA_ERROR_DEINITIALIZED",
  34: "CUDA_ERROR_STUB_LIBRARY",
  100: "CUDA_ERROR_NO_DEVICE",
  101: "CUDA_ERROR_INVALID_DEVICE",
  200: "CUDA_ERROR_INVALID_IMAGE",
  201: "CUDA_ERROR_INVALID_CONTEXT",
  209: "CUDA_ERROR_NO_BINARY_FOR_GPU",
  214: "CUDA_ERROR_ECC_UNCORRECTABLE",
  218: "CUDA_ERROR_INVALID_PTX",
  500: "CUDA_ERROR_NOT_FOUND",
  700: "CUDA_ERROR_ILLEGAL_ADDRESS",
  701: "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
  702: "CUDA_ERROR_LAUNCH_TIMEOUT",
  719: "CUDA_ERROR_LAUNCH_FAILED",
  802: "CUDA_ERROR_SYSTEM_NOT_READY",
  803: "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
  999: "CUDA_ERROR_UNKNOWN",
};

const NAMES: Readonly<Record<string, Names>> = { blas: BLAS, solver: SOLVER, driver: DRIVER };

/** The name of a status of a library that cannot name it itself. */
export function statusName(library: string, status: number): string {
  return NAMES[library]?.[status] ?? "a status without a name";
}

/** Names of statuses that mean: the device, or the host for it, has no memory left. */
const MEMORY = /ALLOC_FAILED|OUT_OF_MEMORY|cudaErrorMemoryAllocation/;

/** A failed call: `resource` if memory ran out, else `infrastructure`, as another device may do. */
export function statusError(symbol: string, status: number, name: string): ComputeError {
  const message = `cuda: ${symbol} returned ${status}, ${name}`;
  return MEMORY.test(name) ? new ComputeError("resource", "out_of_memory", message)
    : new ComputeError("infrastructure", "device_failed", message);
}
