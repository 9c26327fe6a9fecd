// What status codes are called, and what kind of failure each is.
import { ComputeError } from "../../../schema/failure.ts";
import { DRIVER_STATUSES } from "./driver-statuses.ts";

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
  12: "CUSOLVER_STATUS_IRS_PARAMS_NOT_INITIALIZED",
  13: "CUSOLVER_STATUS_IRS_PARAMS_INVALID",
  14: "CUSOLVER_STATUS_IRS_PARAMS_INVALID_PREC",
  15: "CUSOLVER_STATUS_IRS_PARAMS_INVALID_REFINE",
  16: "CUSOLVER_STATUS_IRS_PARAMS_INVALID_MAXITER",
  20: "CUSOLVER_STATUS_IRS_INTERNAL_ERROR",
  21: "CUSOLVER_STATUS_IRS_NOT_SUPPORTED",
  22: "CUSOLVER_STATUS_IRS_OUT_OF_RANGE",
  23: "CUSOLVER_STATUS_IRS_NRHS_NOT_SUPPORTED_FOR_REFINE_GMRES",
  25: "CUSOLVER_STATUS_IRS_INFOS_NOT_INITIALIZED",
  26: "CUSOLVER_STATUS_IRS_INFOS_NOT_DESTROYED",
  30: "CUSOLVER_STATUS_IRS_MATRIX_SINGULAR",
  31: "CUSOLVER_STATUS_INVALID_WORKSPACE",
};

/** Of the libraries that cannot name their statuses themselves. */
export const STATUS_NAMES: Readonly<Record<string, Names>> = { blas: BLAS, solver: SOLVER, driver: DRIVER_STATUSES };

/** The name of a status of a library that cannot name it itself. */
export function statusName(library: string, status: number): string {
  return STATUS_NAMES[library]?.[status] ?? "a status without a name";
}

/** Names of statuses that mean: the device, or the host for it, has no memory left. */
const MEMORY = /ALLOC_FAILED|OUT_OF_MEMORY|cudaErrorMemoryAllocation/;

/** A failed call: `resource` if memory ran out, else `infrastructure`, as another device may do. */
export function statusError(symbol: string, status: number, name: string): ComputeError {
  const message = `cuda: ${symbol} returned ${status}, ${name}`;
  return MEMORY.test(name) ? new ComputeError("resource", "out_of_memory", message)
    : new ComputeError("infrastructure", "device_failed", message);
}
