// Dense float64 matrices, column-major as in LAPACK: entry (i, j) is `data[i + j * rows]`.
//
// A row-major array of n samples with d features is, unchanged, the d × n matrix whose columns
// are the samples; the kernel code relies on that and never transposes data.

export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  /** At least rows × cols long; the leading dimension is always `rows`. */
  readonly data: Float64Array;
}

/** A rows × cols matrix of zeros, or over `data`. Throws RangeError if `data` is too short. */
export function matrix(rows: number, cols: number, data?: Float64Array): Matrix {
  const store = data ?? new Float64Array(rows * cols);
  if (store.length < rows * cols) {
    throw new RangeError(
      `a ${rows} × ${cols} matrix needs ${rows * cols} numbers, got ${store.length}`,
    );
  }
  return { rows, cols, data: store };
}

/** Columns [from, to) as a view on the same memory. */
export function columns(a: Matrix, from: number, to: number): Matrix {
  return matrix(a.rows, to - from, a.data.subarray(from * a.rows, to * a.rows));
}

export function copyOf(a: Matrix): Matrix {
  return matrix(a.rows, a.cols, a.data.slice(0, a.rows * a.cols));
}
