// Is the device right: residuals of every verb, then rows of a study, against `portable`.
//
// Errors are divided by the bound that rounding allows (n ε times the sizes involved), so that
// every figure should be near 1 or below; 20 is where a check fails.
import { copyOf, matrix, type Matrix } from "../../worker/linalg/matrix.ts";
import { krr } from "../../worker/experiments/krr/experiment.ts";
import type { LinalgProvider } from "../../worker/linalg/provider.ts";
import { jobBox, type StudySize, studyOf } from "./study.ts";
import { randomMatrix, randomSymmetric } from "./random.ts";

export interface Check {
  readonly name: string;
  readonly n: number;
  /** In units of the bound. */
  readonly error: number;
  readonly passed: boolean;
}

const FAILS_ABOVE = 20;

export function checkVerbs(device: LinalgProvider, portable: LinalgProvider, orders: readonly number[]): Check[] {
  return orders.flatMap((n) => Object.entries(CHECKS).map(([name, run]): Check => {
    const error = run(n, device, portable);
    return { name, n, error, passed: error <= FAILS_ABOVE };
  }));
}

type Residual = (n: number, device: LinalgProvider, portable: LinalgProvider) => number;

const CHECKS: Readonly<Record<string, Residual>> = {
  gemm(n, device, portable) {
    const [a, b] = [randomMatrix(n, n, 1), randomMatrix(n, n, 2)];
    const [c, expected] = [randomMatrix(n, n, 3), randomMatrix(n, n, 3)];
    const options = { a, b, transposeA: true, transposeB: true, alpha: 0.5, beta: -2 };
    device.gemm({ ...options, c });
    portable.gemm({ ...options, c: expected });
    return distance(c, expected) / bound(n, n);
  },
  gram(n, device, portable) {
    const a = randomMatrix(n + 3, n, 4);
    return distance(device.gram(a), portable.gram(a)) / bound(n, n);
  },
  "cholesky: A − L Lᵀ"(n, device, portable) {
    const a = randomSymmetric(n, 5, n);
    const l = copyOf(a);
    device.cholesky(l);
    const lower = lowerOf(l);
    return distance(times(lower, lower, portable, true), a) / bound(n, 2 * n);
  },
  "solveLower: B − L X"(n, device, portable) {
    const l = lowerOf(randomSymmetric(n, 6, n));
    const [b, x] = [randomMatrix(n, 7, 7), randomMatrix(n, 7, 7)];
    device.solveLower(l, x);
    return distance(times(l, x, portable), b) / bound(n, 2);
  },
  "solveBatch: B − A X"(n, device, portable) {
    const orders = [n, Math.ceil(n / 2), n];
    const systems = orders.map((order) => ({ a: randomSymmetric(order, 12, order), b: randomMatrix(order, 3, 13) }));
    device.solveBatch(systems);
    return Math.max(...systems.map(({ b: x }, at) => {
      const order = orders[at]!;
      return distance(times(randomSymmetric(order, 12, order), x, portable), randomMatrix(order, 3, 13)) / bound(order, 2);
    }));
  },
  "choleskySingle: B − A X, of float32"(n, device, portable) {
    const a = randomSymmetric(n, 14, n);
    const factor = device.choleskySingle(a, 0);
    if (factor === null) return Number.NaN;
    const x = randomMatrix(n, 3, 15);
    factor.solve(x);
    factor.release();
    return distance(times(a, x, portable), randomMatrix(n, 3, 15)) / (bound(n, 2) * 2 ** 29);
  },
  "symmetricEigen: A V − V Λ"(n, device, portable) {
    const a = randomSymmetric(n, 8);
    const { values, vectors } = device.symmetricEigen(copyOf(a));
    const scaled = copyOf(vectors);
    for (let j = 0; j < n; j++) for (let i = 0; i < n; i++) scaled.data[i + j * n]! *= values[j]!;
    return distance(times(a, vectors, portable), scaled) / bound(n, Math.sqrt(n));
  },
  "symmetricEigen: VᵀV − I"(n, device, portable) {
    const { vectors } = device.symmetricEigen(randomSymmetric(n, 8));
    const product = portable.gram(vectors);
    for (let i = 0; i < n; i++) product.data[i + i * n]! -= 1;
    return distance(product, matrix(n, n)) / bound(n, 1);
  },
  "symmetricEigen: Λ of portable"(n, device, portable) {
    const [found, expected] = [device, portable].map((one) => one.symmetricEigen(randomSymmetric(n, 9)).values);
    return Math.max(...expected!.map((value, i) => Math.abs(value - found![i]!))) / bound(n, Math.sqrt(n));
  },
  "tridiagonalise: Λ of portable"(n, device, portable) {
    const t = device.tridiagonalise(randomSymmetric(n, 9));
    const found = portable.tridiagonalEigenvalues(t.diagonal, t.offDiagonal);
    const expected = portable.symmetricEigen(randomSymmetric(n, 9)).values;
    return Math.max(...expected.map((value, i) => Math.abs(value - found[i]!))) / bound(n, Math.sqrt(n));
  },
  "applyReflectors: PᵀP − I"(n, device) {
    const t = device.tridiagonalise(randomSymmetric(n, 10));
    const [b, x] = [randomMatrix(n, 5, 11), randomMatrix(n, 5, 11)];
    device.applyReflectors(t, x);
    device.applyReflectors(t, x, true);
    return distance(x, b) / bound(n, 1);
  },
};

/** What n roundings of numbers of this size come to. */
function bound(n: number, size: number): number {
  return n * Number.EPSILON * Math.max(1, size);
}

function distance(a: Matrix, b: Matrix): number {
  let largest = 0;
  for (let at = 0; at < a.rows * a.cols; at++) {
    const gap = Math.abs(a.data[at]! - b.data[at]!);
    if (!(gap <= largest)) largest = gap; // so that a NaN stays
    if (Number.isNaN(gap)) return gap;
  }
  return largest;
}

function times(a: Matrix, b: Matrix, linalg: LinalgProvider, transposeB = false): Matrix {
  const c = matrix(a.rows, transposeB ? b.rows : b.cols);
  linalg.gemm({ a, b, c, transposeB });
  return c;
}

function lowerOf(a: Matrix): Matrix {
  const out = copyOf(a);
  for (let j = 0; j < a.cols; j++) out.data.fill(0, j * a.rows, j * a.rows + j);
  return out;
}

/**
 * How far columns of curvature may be apart that a search finds: it ends when eigenvalues are known to
 * 1e-8 and vectors to 1e-4, and the last bits decide at which step.
 */
const SEARCHED: readonly (readonly [RegExp, number])[] = [[/overlap|gap/, 1e-3], [/_(top|bottom)_/, 1e-7], [/best_index/, Infinity]];

/** The largest relative difference of each metric's rows, curvature's and screening's too, on either route of the device. */
export function checkRows(device: LinalgProvider, portable: LinalgProvider, train: number): Check[] {
  const size = { train, test: 80, dimension: 20, lengthScales: 2, ridges: 5, counts: 4,
    // Smaller ones cost digits by their condition, on any provider.
    ridgeMin: 1e-3 };
  const curved = { ...size, ridges: 2, counts: 3, curvature: { probes: 5, references: 40 } };
  // Detectors by clusters are left out: where two are as good as each other the last bits decide.
  const screened = { ...size, ridges: 2, counts: 3, screening: { detectors: ["spectral", "strip"], probes: 10, blends: 8, partitions: 5 } };
  const studies: readonly (readonly [string, StudySize])[] = [["", size], [", with curvature", curved], [", with screening", screened]];
  return studies.flatMap(([what, asked]) => (["cholesky", "eigen"] as const).flatMap((route) => {
    const { order, pool } = studyOf(asked, route);
    const box = jobBox(order, 1);
    const [found, expected] = [device, portable].map((linalg) => {
      const bench = krr.prepare(order, box, { linalg, pool });
      const block = bench.measure(box);
      bench.release?.();
      return block;
    });
    return Object.entries(expected!.metrics).map(([name, column]): Check => {
      const error = column.reduce((most, value, row) => {
        const gap = Math.abs(value - found!.metrics[name]![row]!);
        return Math.max(most, gap === 0 || Number.isNaN(value) ? 0 : gap / Math.max(1e-3, Math.abs(value)));
      }, 0);
      const most = SEARCHED.find(([columns]) => columns.test(name))?.[1] ?? 1e-9;
      return { name: `rows, ${route}${what}: ${name}`, n: train, error, passed: error <= most };
    });
  }));
}
