// How fast a provider is here: for `doctor`, and for the planner's estimates of time.
import { copyOf, matrix, type Matrix } from "./matrix.ts";
import type { LinalgProvider } from "./provider.ts";

/** Speeds in 10⁹ floating-point operations a second: the best of all orders that were tried. */
export interface ProviderSpeed {
  readonly gemmGflops: number;
  readonly choleskyGflops: number;
  readonly tridiagonaliseGflops: number;
}

/** A verb on matrices of order n: what to prepare untimed, what to time, and its operations. */
interface Trial {
  readonly prepare: (n: number) => () => void;
  readonly flop: (n: number) => number;
}

const ORDERS = [64, 128, 256, 512, 1024, 1536];

/**
 * Measures three verbs within about `budgetMs` altogether (3000 gives orders of 512 and more).
 * @param now A clock in milliseconds, such as `performance.now`.
 */
export function measureProvider(
  provider: LinalgProvider,
  budgetMs: number,
  now: () => number,
): ProviderSpeed {
  const speed = (trial: Trial): number => gflopsOf(trial, budgetMs / 3, now);
  return {
    gemmGflops: speed({
      prepare: (n) => {
        const [a, b, c] = [definite(n), definite(n), matrix(n, n)];
        return () => provider.gemm({ a, b, c });
      },
      flop: (n) => 2 * n ** 3,
    }),
    choleskyGflops: speed({
      prepare: (n) => onCopies(definite(n), (a) => provider.cholesky(a)),
      flop: (n) => n ** 3 / 3,
    }),
    tridiagonaliseGflops: speed({
      prepare: (n) => onCopies(definite(n), (a) => provider.tridiagonalise(a)),
      flop: (n) => (4 * n ** 3) / 3,
    }),
  };
}

/** Runs on a fresh copy each time; copying is n² of n³ work and left in the time. */
function onCopies(a: Matrix, run: (copy: Matrix) => unknown): () => void {
  return () => void run(copyOf(a));
}

/** A symmetric matrix of full rank with a dominant diagonal. */
function definite(n: number): Matrix {
  const a = matrix(n, n);
  for (let j = 0; j < n; j++) {
    a.data[j + j * n] = 2;
    for (let i = j + 1; i < n; i++) {
      // The golden ratio's multiples: as good as random, and the same for every measurement.
      const share = ((i * n + j) * 0.618_033_988_749_895) % 1;
      a.data[i + j * n] = share / n;
      a.data[j + i * n] = share / n;
    }
  }
  return a;
}

/** The best of all runs, at growing orders while the next one can be afforded twice. */
function gflopsOf(trial: Trial, budgetMs: number, now: () => number): number {
  const start = now();
  let gflops = 0;
  for (const n of ORDERS) {
    const run = trial.prepare(n);
    let bestMs = Infinity;
    for (let round = 0; round < 3; round++) {
      const before = now();
      run();
      bestMs = Math.min(bestMs, now() - before);
      if (now() - start > budgetMs) break;
    }
    gflops = Math.max(gflops, trial.flop(n) / 1e6 / Math.max(bestMs, 1e-3));
    const nextMs = 2 * bestMs * 8;
    if (now() - start + nextMs > budgetMs) break;
  }
  return gflops;
}
