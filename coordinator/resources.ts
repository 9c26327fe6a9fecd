// What of the machine a run may use, where the user says nothing.

/** Prepared kernels a thread may keep between jobs: an eighth of the machine over all threads. */
const CACHE_SHARE = 1 / 8;
const CACHE_BYTES_MAX = 512 * 2 ** 20;

export function cacheBytesPerThread(memoryBytes: number, threads: number): number {
  return Math.min(CACHE_BYTES_MAX, Math.floor((memoryBytes * CACHE_SHARE) / threads));
}
