/* libcublas: the calls in use, handed to OpenBLAS after their arguments are checked. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "fake.h"

enum { INVALID = 7 };
static void* openblas;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_openblas(void) {
  openblas = dlopen("libopenblas.so.0", RTLD_NOW);
  if (!openblas) return;
  void (*threads)(int) = (void (*)(int))dlsym(openblas, "openblas_set_num_threads");
  if (threads) threads(1);
}

void* lapack(const char* name) {
  pthread_once(&once, open_openblas);
  void* routine = openblas ? dlsym(openblas, name) : NULL;
  if (!routine) {
    fprintf(stderr, "the fake CUDA needs libopenblas.so.0 with %s\n", name);
    abort();
  }
  return routine;
}

static int bad_call(uint64_t handle, const int* sizes, int count) {
  if (handle != BLAS_HANDLE) return violation(1, "cublas: handle %lx", (long)handle);
  for (int i = 0; i < count; i++) if (sizes[i] < 0) return violation(INVALID, "cublas: size %d", sizes[i]);
  return take(&fake_next_blas);
}

int cublasCreate_v2(uint64_t* handle) { *handle = BLAS_HANDLE; fake_handles++; return 0; }
int cublasGetVersion_v2(uint64_t handle, int* version) { *version = 120400; return handle != BLAS_HANDLE; }
int cublasDestroy_v2(uint64_t handle) {
  fake_handles--;
  return handle == BLAS_HANDLE ? 0 : violation(1, "cublasDestroy_v2: handle %lx", (long)handle);
}

typedef void (*gemm_t)(const char*, const char*, const int*, const int*, const int*, const double*,
  const double*, const int*, const double*, const int*, const double*, double*, const int*);

int cublasDgemm_v2(uint64_t handle, int ta, int tb, int m, int n, int k, const double* alpha,
    const double* a, int lda, const double* b, int ldb, const double* beta, double* c, int ldc) {
  int status = bad_call(handle, (int[]){ m, n, k }, 3);
  if (status) return status;
  if ((status = bad_matrix(INVALID, "gemm a", a, lda, ta ? k : m, ta ? m : k, 8))) return status;
  if ((status = bad_matrix(INVALID, "gemm b", b, ldb, tb ? n : k, tb ? k : n, 8))) return status;
  if ((status = bad_matrix(INVALID, "gemm c", c, ldc, m, n, 8))) return status;
  if (is_device(alpha, 8) || is_device(beta, 8)) return violation(INVALID, "gemm: scalars on the device");
  ((gemm_t)lapack("dgemm_"))(ta ? "T" : "N", tb ? "T" : "N", &m, &n, &k, alpha, a, &lda, b, &ldb, beta, c, &ldc);
  return 0;
}

int cublasDgemmStridedBatched(uint64_t handle, int ta, int tb, int m, int n, int k,
    const double* alpha, const double* a, int lda, long long stride_a, const double* b, int ldb,
    long long stride_b, const double* beta, double* c, int ldc, long long stride_c, int batch) {
  if (batch < 0) return violation(INVALID, "gemm: %d batches", batch);
  if (stride_c < (long long)ldc * (n - 1) + m) return violation(INVALID, "gemm: products overlap");
  for (int i = 0; i < batch; i++) {
    int status = cublasDgemm_v2(handle, ta, tb, m, n, k, alpha, a + i * stride_a, lda,
      b + i * stride_b, ldb, beta, c + i * stride_c, ldc);
    if (status) return status;
  }
  return 0;
}

int cublasDsyrk_v2(uint64_t handle, int uplo, int trans, int n, int k, const double* alpha,
    const double* a, int lda, const double* beta, double* c, int ldc) {
  int status = bad_call(handle, (int[]){ n, k }, 2);
  if (status) return status;
  if ((status = bad_matrix(INVALID, "syrk a", a, lda, trans ? k : n, trans ? n : k, 8))) return status;
  if ((status = bad_matrix(INVALID, "syrk c", c, ldc, n, n, 8))) return status;
  void (*syrk)(const char*, const char*, const int*, const int*, const double*, const double*,
    const int*, const double*, double*, const int*) = lapack("dsyrk_");
  syrk(uplo ? "U" : "L", trans ? "T" : "N", &n, &k, alpha, a, &lda, beta, c, &ldc);
  return 0;
}

int cublasDtrsm_v2(uint64_t handle, int side, int uplo, int trans, int diag, int m, int n,
    const double* alpha, const double* a, int lda, double* b, int ldb) {
  int status = bad_call(handle, (int[]){ m, n }, 2);
  if (status) return status;
  int order = side ? n : m;
  if ((status = bad_matrix(INVALID, "trsm a", a, lda, order, order, 8))) return status;
  if ((status = bad_matrix(INVALID, "trsm b", b, ldb, m, n, 8))) return status;
  void (*trsm)(const char*, const char*, const char*, const char*, const int*, const int*,
    const double*, const double*, const int*, double*, const int*) = lapack("dtrsm_");
  trsm(side ? "R" : "L", uplo ? "U" : "L", trans ? "T" : "N", diag ? "U" : "N", &m, &n, alpha, a, &lda, b, &ldb);
  return 0;
}

int cublasStrsm_v2(uint64_t handle, int side, int uplo, int trans, int diag, int m, int n,
    const float* alpha, const float* a, int lda, float* b, int ldb) {
  int status = bad_call(handle, (int[]){ m, n }, 2);
  if (status) return status;
  int order = side ? n : m;
  if ((status = bad_matrix(INVALID, "strsm a", a, lda, order, order, 4))) return status;
  if ((status = bad_matrix(INVALID, "strsm b", b, ldb, m, n, 4))) return status;
  void (*trsm)(const char*, const char*, const char*, const char*, const int*, const int*,
    const float*, const float*, const int*, float*, const int*) = lapack("strsm_");
  trsm(side ? "R" : "L", uplo ? "U" : "L", trans ? "T" : "N", diag ? "U" : "N", &m, &n, alpha, a, &lda, b, &ldb);
  return 0;
}

int cublasDtrsmBatched(uint64_t handle, int side, int uplo, int trans, int diag, int m, int n,
    const double* alpha, const double* const* a, int lda, double* const* b, int ldb, int batch) {
  if (!is_device(a, 8 * (size_t)batch) || !is_device(b, 8 * (size_t)batch)) return violation(INVALID, "trsmBatched: a list is not on the device");
  for (int i = 0; i < batch; i++) {
    int status = cublasDtrsm_v2(handle, side, uplo, trans, diag, m, n, alpha, a[i], lda, b[i], ldb);
    if (status) return status;
  }
  return 0;
}
