/* A CUDA without a GPU, for tests: the functions that nearclone binds, over the host's memory.
   Every argument is checked as CUDA's documentation states it: handles are ours, leading dimensions
   hold, matrices lie inside live allocations, host and device are not mixed up. What offends is a
   violation, which tests count, and the call fails. */
#include <stddef.h>
#include <stdint.h>

#ifndef FAKE_RUNTIME_VERSION
#define FAKE_RUNTIME_VERSION 12040
#endif

enum { BLAS_HANDLE = 0x11110000, SOLVER_HANDLE = 0x22220000, PARAMS_HANDLE = 0x33330000 };

/* Records a violation; returns status, so that a check can return it. */
int violation(int status, const char* format, ...);
/* Whether [address, address + bytes) is device memory. */
int is_device(const void* address, size_t bytes);
/* 0, or a status after recording why a matrix of items of `item` bytes is not there. */
int bad_matrix(int status, const char* name, const void* a, int64_t ld, int64_t rows, int64_t cols, size_t item);
/* Handles live; negative if one is destroyed twice. */
extern int fake_handles;
/* Statuses to inject once: what the next call of the library returns. 0: none. */
extern int fake_next_blas, fake_next_solver, fake_next_launch;
/* Takes an injected status. */
int take(int* next);
/* A routine of OpenBLAS by its Fortran name. */
void* lapack(const char* name);
