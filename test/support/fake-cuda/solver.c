/* libcusolver: LAPACK's routines behind cuSOLVER's calls. Workspaces are asked for and checked. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "fake.h"

enum { INVALID = 3, REAL_32 = 0, REAL_64 = 1 };

static int bad_handle(uint64_t handle) {
  if (handle != SOLVER_HANDLE) return violation(1, "cusolver: handle %lx", (long)handle);
  return take(&fake_next_solver);
}

int cusolverDnCreate(uint64_t* handle) { *handle = SOLVER_HANDLE; fake_handles++; return 0; }
int cusolverDnCreateParams(uint64_t* params) { *params = PARAMS_HANDLE; fake_handles++; return 0; }
int cusolverGetVersion(int* version) { *version = 11600; return 0; }
int cusolverDnDestroy(uint64_t handle) {
  fake_handles--;
  return handle == SOLVER_HANDLE ? 0 : violation(1, "cusolverDnDestroy: handle %lx", (long)handle);
}
int cusolverDnDestroyParams(uint64_t params) {
  fake_handles--;
  return params == PARAMS_HANDLE ? 0 : violation(1, "cusolverDnDestroyParams: %lx", (long)params);
}

static int bad_generic(uint64_t handle, uint64_t params, int type_a, int type_c, const void* a, int64_t lda, int64_t n) {
  int status = bad_handle(handle);
  if (status) return status;
  if (params != PARAMS_HANDLE) return violation(INVALID, "cusolver: params %lx", (long)params);
  if (type_a != type_c || (type_a != REAL_32 && type_a != REAL_64)) return violation(INVALID, "cusolver: types %d, %d", type_a, type_c);
  return bad_matrix(INVALID, "cusolver a", a, lda, n, n, type_a == REAL_64 ? 8 : 4);
}

static int bad_buffers(const void* device, size_t device_bytes, const void* host, size_t host_bytes, const int* info) {
  if (!is_device(device, device_bytes)) return violation(INVALID, "cusolver: workspace not on the device");
  if (is_device(host, host_bytes)) return violation(INVALID, "cusolver: host workspace on the device");
  if (!is_device(info, 4)) return violation(INVALID, "cusolver: info not on the device");
  return 0;
}

int cusolverDnXpotrf_bufferSize(uint64_t handle, uint64_t params, int uplo, int64_t n, int type_a,
    const void* a, int64_t lda, int type_c, size_t* device, size_t* host) {
  (void)uplo;
  *device = 64 * n + 512;
  *host = 0;
  return bad_generic(handle, params, type_a, type_c, a, lda, n);
}

int cusolverDnXpotrf(uint64_t handle, uint64_t params, int uplo, int64_t n, int type_a, void* a,
    int64_t lda, int type_c, void* device, size_t device_bytes, void* host, size_t host_bytes, int* info) {
  int status = bad_generic(handle, params, type_a, type_c, a, lda, n);
  if (status || (status = bad_buffers(device, device_bytes, host, host_bytes, info))) return status;
  if (device_bytes < (size_t)(64 * n + 512)) return violation(31, "potrf: workspace of %zu bytes", device_bytes);
  memset(device, 0xFF, device_bytes);
  int order = n, ld = lda;
  void (*potrf)(const char*, const int*, void*, const int*, int*) = lapack(type_a == REAL_64 ? "dpotrf_" : "spotrf_");
  potrf(uplo ? "U" : "L", &order, a, &ld, info);
  return 0;
}

int cusolverDnDpotrfBatched(uint64_t handle, int uplo, int n, double* const* a, int lda, int* info, int batch) {
  int status = bad_handle(handle);
  if (status) return status;
  if (!is_device(a, 8 * (size_t)batch)) return violation(INVALID, "potrfBatched: the list is not on the device");
  if (!is_device(info, 4 * (size_t)batch)) return violation(INVALID, "potrfBatched: info is not on the device");
  void (*potrf)(const char*, const int*, void*, const int*, int*) = lapack("dpotrf_");
  for (int i = 0; i < batch; i++) {
    if ((status = bad_matrix(INVALID, "potrfBatched a", a[i], lda, n, n, 8))) return status;
    potrf(uplo ? "U" : "L", &n, a[i], &lda, info + i);
  }
  return 0;
}

int cusolverDnXsyevd_bufferSize(uint64_t handle, uint64_t params, int jobz, int uplo, int64_t n,
    int type_a, const void* a, int64_t lda, int type_w, const void* w, int type_c, size_t* device, size_t* host) {
  (void)jobz; (void)uplo;
  *device = 8 * (1 + 6 * n + 2 * n * n);
  *host = 4 * (3 + 5 * n);
  if (type_w != type_a) return violation(INVALID, "syevd: types %d, %d", type_a, type_w);
  int status = bad_matrix(INVALID, "syevd w", w, n, n, 1, 8);
  return status ? status : bad_generic(handle, params, type_a, type_c, a, lda, n);
}

int cusolverDnXsyevd(uint64_t handle, uint64_t params, int jobz, int uplo, int64_t n, int type_a,
    void* a, int64_t lda, int type_w, void* w, int type_c, void* device, size_t device_bytes,
    void* host, size_t host_bytes, int* info) {
  int status = bad_generic(handle, params, type_a, type_c, a, lda, n);
  if (status || (status = bad_buffers(device, device_bytes, host, host_bytes, info))) return status;
  if (type_w != REAL_64 || type_a != REAL_64) return violation(INVALID, "syevd: types %d, %d", type_a, type_w);
  if ((status = bad_matrix(INVALID, "syevd w", w, n, n, 1, 8))) return status;
  int order = n, ld = lda, lwork = device_bytes / 8, liwork = host_bytes / 4;
  void (*syevd)(const char*, const char*, const int*, double*, const int*, double*, double*,
    const int*, int*, const int*, int*) = lapack("dsyevd_");
  syevd(jobz ? "V" : "N", uplo ? "U" : "L", &order, a, &ld, w, device, &lwork, host, &liwork, info);
  return 0;
}

static int bad_sytrd(uint64_t handle, int n, const double* a, int lda, const double* d, const double* e, const double* tau) {
  int status = bad_handle(handle);
  if (status) return status;
  if ((status = bad_matrix(INVALID, "sytrd a", a, lda, n, n, 8))) return status;
  if ((status = bad_matrix(INVALID, "sytrd d", d, n, n, 1, 8))) return status;
  if ((status = bad_matrix(INVALID, "sytrd e", e, n, n - 1, 1, 8))) return status;
  return bad_matrix(INVALID, "sytrd tau", tau, n, n - 1, 1, 8);
}

int cusolverDnDsytrd_bufferSize(uint64_t handle, int uplo, int n, const double* a, int lda,
    const double* d, const double* e, const double* tau, int* lwork) {
  (void)uplo;
  *lwork = 64 * n + 1;
  return bad_sytrd(handle, n, a, lda, d, e, tau);
}

int cusolverDnDsytrd(uint64_t handle, int uplo, int n, double* a, int lda, double* d, double* e,
    double* tau, double* work, int lwork, int* info) {
  int status = bad_sytrd(handle, n, a, lda, d, e, tau);
  if (status || (status = bad_buffers(work, 8 * (size_t)lwork, NULL, 0, info))) return status;
  void (*sytrd)(const char*, const int*, double*, const int*, double*, double*, double*, double*,
    const int*, int*) = lapack("dsytrd_");
  sytrd(uplo ? "U" : "L", &n, a, &lda, d, e, tau, work, &lwork, info);
  return 0;
}

static int bad_ormtr(uint64_t handle, int side, int m, int n, const double* a, int lda,
    const double* tau, const double* c, int ldc) {
  int status = bad_handle(handle), order = side ? n : m;
  if (status) return status;
  if ((status = bad_matrix(INVALID, "ormtr a", a, lda, order, order, 8))) return status;
  if ((status = bad_matrix(INVALID, "ormtr tau", tau, order, order - 1, 1, 8))) return status;
  return bad_matrix(INVALID, "ormtr c", c, ldc, m, n, 8);
}

int cusolverDnDormtr_bufferSize(uint64_t handle, int side, int uplo, int trans, int m, int n,
    const double* a, int lda, const double* tau, const double* c, int ldc, int* lwork) {
  (void)uplo; (void)trans;
  *lwork = 64 * ((m > n ? m : n) + 65) + 1;
  return bad_ormtr(handle, side, m, n, a, lda, tau, c, ldc);
}

int cusolverDnDormtr(uint64_t handle, int side, int uplo, int trans, int m, int n, double* a,
    int lda, double* tau, double* c, int ldc, double* work, int lwork, int* info) {
  int status = bad_ormtr(handle, side, m, n, a, lda, tau, c, ldc);
  if (status || (status = bad_buffers(work, 8 * (size_t)lwork, NULL, 0, info))) return status;
  void (*ormtr)(const char*, const char*, const char*, const int*, const int*, double*, const int*,
    double*, double*, const int*, double*, const int*, int*) = lapack("dormtr_");
  ormtr(side ? "R" : "L", uplo ? "U" : "L", trans ? "T" : "N", &m, &n, a, &lda, tau, c, &ldc, work, &lwork, info);
  return 0;
}
