/* libcudart: device memory is malloc with guards around it, filled with NaN. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fake.h"

#define GUARD 256
#define SLOTS 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct { char* address; size_t bytes; } live[SLOTS];
static size_t total = (size_t)1 << 30, used = 0, peak = 0;
/* Copies from the host of at least so many bytes. */
static size_t watched_bytes = 0;
static long watched = 0;
static long allocations = 0, fail_at = 0;
static int violations = 0;
static char last[400];
static int last_error = 0;
int fake_handles = 0, fake_next_blas = 0, fake_next_solver = 0, fake_next_launch = 0;

int violation(int status, const char* format, ...) {
  va_list args;
  va_start(args, format);
  pthread_mutex_lock(&lock);
  vsnprintf(last, sizeof last, format, args);
  violations++;
  pthread_mutex_unlock(&lock);
  va_end(args);
  return status;
}

int take(int* next) {
  int status = *next;
  *next = 0;
  return status;
}

/* What the tests ask and set. */
int fake_violations(void) { return violations; }
const char* fake_violation(void) { return last; }
uint64_t fake_used(void) { return used; }
uint64_t fake_peak(void) { size_t most = peak; peak = used; return most; }
void fake_watch_uploads(int64_t bytes) { watched_bytes = bytes; watched = 0; }
uint64_t fake_watched_uploads(void) { return watched; }
uint64_t fake_allocations(void) { return allocations; }
int fake_live_handles(void) { return fake_handles; }
void fake_memory(uint64_t bytes) { total = bytes; }
void fake_fail_malloc(int64_t count) { fail_at = count == 0 ? 0 : allocations + count; }
void fake_fail_blas(int status) { fake_next_blas = status; }
void fake_fail_solver(int status) { fake_next_solver = status; }
void fake_fail_launch(int status) { fake_next_launch = status; }

int is_device(const void* address, size_t bytes) {
  const char* from = address;
  int found = 0;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < SLOTS && !found; i++) {
    found = live[i].address && from >= live[i].address &&
      from + bytes <= live[i].address + live[i].bytes;
  }
  pthread_mutex_unlock(&lock);
  return found;
}

int bad_matrix(int status, const char* name, const void* a, int64_t ld, int64_t rows, int64_t cols, size_t item) {
  if (ld < (rows > 1 ? rows : 1)) return violation(status, "%s: ld %ld of %ld rows", name, (long)ld, (long)rows);
  if (rows == 0 || cols == 0) return 0;
  if (!is_device(a, item * (ld * (cols - 1) + rows))) {
    return violation(status, "%s: %ld x %ld, ld %ld, is not in device memory", name, (long)rows, (long)cols, (long)ld);
  }
  return 0;
}

int cudaRuntimeGetVersion(int* version) { *version = FAKE_RUNTIME_VERSION; return 0; }
/* As new as the runtime, unless an older one is asked for. */
int cudaDriverGetVersion(int* version) {
  const char* asked = getenv("FAKE_CUDA_DRIVER");
  *version = asked ? atoi(asked) : FAKE_RUNTIME_VERSION > 12080 ? FAKE_RUNTIME_VERSION : 12080;
  return 0;
}
int cudaGetDeviceCount(int* count) { *count = getenv("FAKE_CUDA_NO_DEVICE") ? 0 : 1; return *count ? 0 : 100; }
int cudaSetDevice(int device) { return device == 0 ? 0 : 101; }
int cudaDeviceSynchronize(void) { return 0; }
int cudaGetLastError(void) { int status = last_error; last_error = 0; return status; }

const char* cudaGetErrorName(int status) {
  switch (status) {
    case 0: return "cudaSuccess";
    case 1: return "cudaErrorInvalidValue";
    case 2: return "cudaErrorMemoryAllocation";
    case 100: return "cudaErrorNoDevice";
    case 101: return "cudaErrorInvalidDevice";
    case 700: return "cudaErrorIllegalAddress";
    default: return "unrecognized error code";
  }
}

int cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes) {
  *free_bytes = total - used;
  *total_bytes = total;
  return 0;
}

int cudaMalloc(void** out, size_t bytes) {
  pthread_mutex_lock(&lock);
  allocations++;
  int slot = 0;
  while (slot < SLOTS && live[slot].address) slot++;
  if (allocations == fail_at || slot == SLOTS || used + bytes > total) {
    pthread_mutex_unlock(&lock);
    return last_error = 2;
  }
  char* block = aligned_alloc(GUARD, (bytes + 3 * GUARD) / GUARD * GUARD);
  memset(block, 0xA5, GUARD);
  memset(block + GUARD, 0xFF, bytes);
  memset(block + GUARD + bytes, 0xA5, GUARD);
  live[slot].address = block + GUARD;
  live[slot].bytes = bytes;
  used += bytes;
  if (used > peak) peak = used;
  *out = block + GUARD;
  pthread_mutex_unlock(&lock);
  return 0;
}

int cudaFree(void* address) {
  if (address == NULL) return 0;
  pthread_mutex_lock(&lock);
  int slot = 0;
  while (slot < SLOTS && live[slot].address != address) slot++;
  if (slot == SLOTS) {
    pthread_mutex_unlock(&lock);
    return violation(1, "cudaFree: %p is not an allocation", address);
  }
  char* block = live[slot].address;
  size_t bytes = live[slot].bytes;
  live[slot].address = NULL;
  used -= bytes;
  pthread_mutex_unlock(&lock);
  for (int i = 0; i < GUARD; i++) {
    if ((unsigned char)block[-1 - i] != 0xA5 || (unsigned char)block[bytes + i] != 0xA5) {
      violation(0, "memory was written outside of an allocation of %zu bytes", bytes);
      break;
    }
  }
  free(block - GUARD);
  return 0;
}

int cudaMemset(void* address, int value, size_t bytes) {
  if (!is_device(address, bytes)) return violation(1, "cudaMemset: not in device memory");
  memset(address, value, bytes);
  return 0;
}

/* kind: 1 host to device, 2 device to host, 3 device to device. */
int cudaMemcpy(void* to, const void* from, size_t bytes, int kind) {
  if (kind < 1 || kind > 3) return violation(1, "cudaMemcpy: kind %d", kind);
  if (is_device(to, bytes) != (kind != 2)) return violation(1, "cudaMemcpy: destination of %zu bytes, kind %d", bytes, kind);
  if (is_device(from, bytes) != (kind != 1)) return violation(1, "cudaMemcpy: source of %zu bytes, kind %d", bytes, kind);
  memmove(to, from, bytes);
  if (kind == 1 && bytes >= watched_bytes) __atomic_fetch_add(&watched, 1, __ATOMIC_RELAXED);
  return 0;
}
