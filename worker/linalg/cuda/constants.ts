// Enumerators of CUDA's headers by their names there; tools/cuda-abi.ts compares them.

export const CONSTANTS = {
  CUBLAS_OP_N: 0,
  CUBLAS_OP_T: 1,
  CUBLAS_FILL_MODE_LOWER: 0,
  CUBLAS_SIDE_LEFT: 0,
  CUBLAS_DIAG_NON_UNIT: 0,
  CUSOLVER_EIG_MODE_VECTOR: 1,
  CUDA_R_32F: 0,
  CUDA_R_64F: 1,
  cudaMemcpyHostToDevice: 1,
  cudaMemcpyDeviceToHost: 2,
  cudaMemcpyDeviceToDevice: 3,
  cudaErrorMemoryAllocation: 2,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: 75,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: 76,
} as const;
