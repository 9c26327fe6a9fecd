// Dense linear algebra: GFLOP/s of each verb and provider, and the whole job of one length scale.
import { openProvider } from "../worker/linalg/choose.ts";
import { UserError } from "../schema/failure.ts";
import { copyOf, matrix, type Matrix } from "../worker/linalg/matrix.ts";
import type { LinalgProvider } from "../worker/linalg/provider.ts";
import type { ProviderName } from "../schema/provider.ts";

const PROVIDERS: readonly ProviderName[] = ["openblas", "portable"];
const ORDERS = [500, 1000, 2000];
const ROUNDS = 3;

/** What the verbs of one order work on. */
interface Inputs {
  readonly n: number;
  readonly kernel: Matrix;
  readonly samples: Matrix;
  readonly sides: Matrix;
}

interface Verb {
  readonly name: string;
  readonly flop: (n: number) => number;
  /** Prepares untimed, returns what is timed. */
  readonly prepare: (provider: LinalgProvider, inputs: Inputs) => () => unknown;
}

const VERBS: readonly Verb[] = [
  {
    name: "gemm",
    flop: (n) => 2 * n ** 3,
    prepare: (provider, { n, kernel, sides }) => {
      const c = matrix(n, n);
      return () => provider.gemm({ a: kernel, b: sides, c });
    },
  },
  { name: "gram", flop: (n) => n ** 3, prepare: (p, { samples }) => () => p.gram(samples) },
  {
    name: "cholesky",
    flop: (n) => n ** 3 / 3,
    prepare: (p, { kernel }) => onCopy(kernel, (a) => p.cholesky(a)),
  },
  {
    name: "solveLower",
    flop: (n) => n ** 3,
    prepare: (p, { kernel, sides }) => onCopy(sides, (b) => p.solveLower(kernel, b)),
  },
  {
    name: "tridiagonalise",
    flop: (n) => (4 * n ** 3) / 3,
    prepare: (p, { kernel }) => onCopy(kernel, (a) => p.tridiagonalise(a)),
  },
  {
    name: "applyReflectors",
    flop: (n) => 2 * n ** 3,
    prepare: (p, { kernel, sides }) => {
      const t = p.tridiagonalise(copyOf(kernel));
      return onCopy(sides, (b) => p.applyReflectors(t, b, true));
    },
  },
  {
    name: "symmetricEigen",
    flop: (n) => 9 * n ** 3,
    prepare: (p, { kernel }) => onCopy(kernel, (a) => p.symmetricEigen(a)),
  },
];

/** Verbs that overwrite work on a copy; n² of n³ time. */
function onCopy(a: Matrix, run: (copy: Matrix) => unknown): () => unknown {
  return () => run(copyOf(a));
}

/** Multiples of the golden ratio, in [0, 1): full rank, the same every time. */
function filled(rows: number, cols: number): Matrix {
  const a = matrix(rows, cols);
  for (let p = 0; p < rows * cols; p++) a.data[p] = ((p + 1) * 0.618_033_988_749_895) % 1;
  return a;
}

/** A positive definite matrix, samples and right-hand sides of order n. */
function inputsOf(n: number): Inputs {
  const kernel = filled(n, n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < j; i++) kernel.data[i + j * n] = kernel.data[j + i * n]!;
    kernel.data[j + j * n]! += n;
  }
  return { n, kernel, samples: filled(n, n), sides: filled(n, n) };
}

/** The shortest of a few runs, in milliseconds. */
function shortestMs(run: () => unknown): number {
  let shortest = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = performance.now();
    run();
    shortest = Math.min(shortest, performance.now() - before);
  }
  return shortest;
}

/** One tridiagonalisation, a back-transform of n + 100 columns, a product 2n × n × (n + 100). */
function jobMs(provider: LinalgProvider, { n, kernel }: Inputs): number {
  const sides = filled(n, n + 100);
  const tests = filled(2 * n, n);
  const predictions = matrix(2 * n, n + 100);
  return shortestMs(() => {
    const t = provider.tridiagonalise(copyOf(kernel));
    const weights = copyOf(sides);
    provider.applyReflectors(t, weights);
    provider.gemm({ a: tests, b: weights, c: predictions });
  });
}

/** Figures by provider, with how many times slower portable is where both were measured. */
function compared(
  providers: readonly LinalgProvider[],
  unit: "Gflops" | "Ms",
  measure: (provider: LinalgProvider) => number,
): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const provider of providers) figures[provider.name] = measure(provider);
  const { openblas, portable } = figures;
  const rounded = Object.entries(figures).map(([name, figure]) => [name + unit, round(figure)]);
  if (openblas === undefined || portable === undefined) return Object.fromEntries(rounded);
  const timesSlower = unit === "Ms" ? portable / openblas : openblas / portable;
  return { ...Object.fromEntries(rounded), timesSlower: round(timesSlower) };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

/** The providers that open, and for each by name its detail or why it does not. */
function openAll(): { providers: LinalgProvider[]; about: Record<string, string> } {
  const providers: LinalgProvider[] = [];
  const about: Record<string, string> = {};
  for (const name of PROVIDERS) {
    try {
      const { provider } = openProvider(name);
      providers.push(provider);
      about[name] = provider.detail;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      about[name] = error.message;
    }
  }
  return { providers, about };
}

/**
 * Each verb's GFLOP/s by order and provider, and the milliseconds of the whole job at order 1000.
 * Half a minute on an idle machine; one thread each. JSON-able.
 */
export async function benchLinalg(): Promise<object> {
  const { providers, about } = openAll();
  const verbs: object[] = [];
  for (const n of ORDERS) {
    const inputs = inputsOf(n);
    for (const { name: verb, flop, prepare } of VERBS) {
      const speeds = compared(providers, "Gflops", (provider) =>
        flop(n) / 1e6 / shortestMs(prepare(provider, inputs)));
      verbs.push({ verb, n, ...speeds });
    }
  }
  const inputs = inputsOf(1000);
  const job = compared(providers, "Ms", (provider) => jobMs(provider, inputs));
  return { providers: about, verbs, job: { n: 1000, ...job } };
}
