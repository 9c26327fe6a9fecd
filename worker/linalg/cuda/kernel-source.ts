// The elementwise work that cuBLAS and cuSOLVER have no call for, compiled by NVRTC on the device.
//
// Plain C with CUDA's indices, so that a test can compile it without a GPU. Loops stride over the
// grid and need no shared memory: every entry is one thread's, so the bits do not depend on how
// the grid is cut. Compiled without contraction into fused operations: sums round as written.

/** Values below this are 0, as in worker/experiments/kernel/exponential.ts. */
const FLUSH_BELOW = "1e-100";

export const KERNEL_SOURCE = `
#define FIRST ((long long)blockIdx.x * blockDim.x + threadIdx.x)
#define STEP ((long long)gridDim.x * blockDim.x)

static __device__ double difference_square(const double* x, const double* z, long long d) {
  double sum = 0;
  for (long long f = 0; f < d; f++) {
    double gap = x[f] - z[f];
    sum += gap * gap;
  }
  return sum;
}

/* out (rows, cols): inner products of the columns of x (d, rows) and z (d, cols) become squared
   distances. Entries below near times the norms are computed again by differences. */
extern "C" __global__ void squared_distances(double* out, const double* x, const double* z,
    const double* x_norms, const double* z_norms, long long rows, long long cols, long long d,
    double near) {
  for (long long at = FIRST; at < rows * cols; at += STEP) {
    long long i = at % rows, j = at / rows;
    double norms = x_norms[i] + z_norms[j];
    double square = norms - 2 * out[at];
    out[at] = square < near * norms ? difference_square(x + i * d, z + j * d, d) : square;
  }
}

/* The same within one set, from the lower triangle of its Gram matrix: both triangles, diagonal 0. */
extern "C" __global__ void squared_distances_within(double* out, const double* x,
    const double* norms, long long n, long long d, double near) {
  for (long long at = FIRST; at < n * n; at += STEP) {
    long long i = at % n, j = at / n;
    if (i == j) out[at] = 0;
    if (i <= j) continue;
    double sum = norms[i] + norms[j];
    double far = sum - 2 * out[at];
    double square = far < near * sum ? difference_square(x + i * d, x + j * d, d) : far;
    out[at] = square;
    out[j + i * n] = square;
  }
}

extern "C" __global__ void mirror_lower(double* a, long long n) {
  for (long long at = FIRST; at < n * n; at += STEP) {
    long long i = at % n, j = at / n;
    if (i > j) a[j + i * n] = a[at];
  }
}

static __device__ double flushed(double value) {
  return fabs(value) < ${FLUSH_BELOW} ? 0 : value;
}

static __device__ double decay(double x) {
  return flushed(exp(x));
}

/* Of unit vectors at this squared distance: k1, with ntk also u k0. */
static __device__ double arc_cosine(double square, long long ntk) {
  const double pi = 3.14159265358979323846;
  double s = square < 4 ? square : 4;
  double u = 1 - s / 2;
  double rest = pi - 2 * asin(sqrt(s) / 2);
  double first = (sqrt(s * (1 - s / 4)) + u * rest) / pi;
  return ntk ? first + u * (rest / pi) : first;
}

/* kind: 0 rbf, 1 laplace, 2 matern32, 3 matern52, 4 linear, 5 polynomial, 6 nngp, 7 ntk. */
extern "C" __global__ void kernel_values(double* a, long long count, long long kind, double scale,
    double offset, long long degree) {
  for (long long at = FIRST; at < count; at += STEP) {
    double measure = a[at];
    if (kind == 0) a[at] = decay(measure * scale);
    else if (kind == 1) a[at] = decay(sqrt(measure) * scale);
    else if (kind == 2) {
      double r = sqrt(measure * scale);
      a[at] = (1 + r) * decay(-r);
    } else if (kind == 3) {
      double square = measure * scale;
      double r = sqrt(square);
      a[at] = (1 + r + square / 3) * decay(-r);
    } else if (kind == 4) a[at] = flushed(measure);
    else if (kind >= 6) a[at] = arc_cosine(measure, kind == 7);
    else {
      double base = scale * measure + offset;
      double power = base;
      for (long long factor = 1; factor < degree; factor++) power *= base;
      a[at] = flushed(power);
    }
  }
}

/* out (k, k): a's rows and columns at places, which are whole numbers. */
extern "C" __global__ void take_block(double* out, const double* a, const double* places,
    long long k, long long n) {
  for (long long at = FIRST; at < k * k; at += STEP) {
    out[at] = a[(long long)places[at % k] + (long long)places[at / k] * n];
  }
}

extern "C" __global__ void take_diagonal(double* out, const double* a, long long n) {
  for (long long i = FIRST; i < n; i += STEP) out[i] = a[i + i * n];
}

extern "C" __global__ void add_to_diagonal(double* a, long long n, double value) {
  for (long long i = FIRST; i < n; i += STEP) a[i + i * n] += value;
}

/* flag[0] becomes 1 if an entry on or below the diagonal (rows: square matrices only), or with
   lower 0 anywhere, is NaN or infinite. Every thread that writes writes the same. */
extern "C" __global__ void find_not_finite(double* flag, const double* a, long long rows,
    long long cols, long long lower) {
  for (long long at = FIRST; at < rows * cols; at += STEP) {
    if (lower && at % rows < at / rows) continue;
    if (!(a[at] - a[at] == 0)) flag[0] = 1;
  }
}

/* out (rows, systems * cols): column j of system s is source's column j over (values + shift_s),
   or with half 1 over its root. */
extern "C" __global__ void divide_by_spectrum(double* out, const double* source,
    const double* values, const double* shifts, long long rows, long long cols, long long systems,
    long long half) {
  for (long long at = FIRST; at < rows * cols * systems; at += STEP) {
    long long i = at % rows, column = at / rows;
    double pivot = values[i] + shifts[column / cols];
    out[at] = source[i + column % cols * rows] / (half ? sqrt(pivot) : pivot);
  }
}

/* out (rows, many * cols): column j * cols + k is a's column k times b's column j, entry by entry. */
extern "C" __global__ void entry_products(double* out, const double* a, const double* b,
    long long rows, long long cols, long long many) {
  for (long long at = FIRST; at < rows * cols * many; at += STEP) {
    long long i = at % rows, column = at / rows;
    out[at] = a[i + column % cols * rows] * b[i + column / cols * rows];
  }
}

/* The lower triangle of a + shift I in float32, zeros above it. */
extern "C" __global__ void narrow_lower(float* out, const double* a, long long n, double shift) {
  for (long long at = FIRST; at < n * n; at += STEP) {
    long long i = at % n, j = at / n;
    out[at] = i < j ? 0 : (float)(i == j ? a[at] + shift : a[at]);
  }
}

extern "C" __global__ void narrow(float* out, const double* a, long long count) {
  for (long long at = FIRST; at < count; at += STEP) out[at] = (float)a[at];
}

extern "C" __global__ void widen(double* out, const float* a, long long count) {
  for (long long at = FIRST; at < count; at += STEP) out[at] = a[at];
}

extern "C" __global__ void identity_single(float* a, long long n) {
  for (long long at = FIRST; at < n * n; at += STEP) a[at] = at % n == at / n;
}

/* roots[i] = l_ii, below[i] = the sum over j < i of l_ij squared. */
extern "C" __global__ void single_sums(double* roots, double* below, const float* l, long long n) {
  for (long long i = FIRST; i < n; i += STEP) {
    double sum = 0;
    for (long long j = 0; j < i; j++) sum += (double)l[i + j * n] * l[i + j * n];
    below[i] = sum;
    roots[i] = l[i + i * n];
  }
}

/* out[i] = the sum over j of |a_ij|. */
extern "C" __global__ void row_sums(double* out, const double* a, long long n) {
  for (long long i = FIRST; i < n; i += STEP) {
    double sum = 0;
    for (long long j = 0; j < n; j++) sum += fabs(a[i + j * n]);
    out[i] = sum;
  }
}

/* out[i] = the sum over j < i of l_ij squared. */
extern "C" __global__ void row_squares_below(double* out, const double* l, long long n) {
  for (long long i = FIRST; i < n; i += STEP) {
    double sum = 0;
    for (long long j = 0; j < i; j++) sum += l[i + j * n] * l[i + j * n];
    out[i] = sum;
  }
}
`;

/** One letter per argument: p a device address, n a count, v a value; each is 8 bytes wide. */
export const KERNEL_ARGUMENTS = {
  squared_distances: "pppppnnnv",
  squared_distances_within: "pppnnv",
  mirror_lower: "pn",
  kernel_values: "pnnvvn",
  take_block: "pppnn",
  take_diagonal: "ppn",
  add_to_diagonal: "pnv",
  find_not_finite: "ppnnn",
  divide_by_spectrum: "ppppnnnn",
  entry_products: "pppnnn",
  row_squares_below: "ppn",
  narrow_lower: "ppnv",
  narrow: "ppn",
  widen: "ppn",
  identity_single: "pn",
  single_sums: "pppn",
  row_sums: "ppn",
} as const;

export type KernelName = keyof typeof KERNEL_ARGUMENTS;
