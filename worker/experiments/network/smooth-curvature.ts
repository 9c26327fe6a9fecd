// Input Hessians of smooth networks, by Lanczos on differences of input gradients.
//
// H v is (∇ₓL(x + εv) − ∇ₓL(x − εv)) / 2ε, L with the predicted label: what a detector can know.
// All probes run their own Lanczos side by side, so that each round is two passes of one batch.
import { deriveSeed } from "../../../schema/seed.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import { inputSlopes } from "./jacobian.ts";
import { topPair, type TopPair } from "./lanczos.ts";
import type { LossKind } from "./loss.ts";
import type { Network } from "./model.ts";
import { type Images, scoresOf } from "./scores.ts";
import type { TrainingState } from "./state.ts";

/** ε, in units of the network's input: float32 leaves about 1e-7 / ε of H v as noise. */
const DIFFERENCE = 1e-2;
/** The noise of a difference in float32 makes more steps, or a finer tolerance, worthless. */
const LANCZOS = { stepsMax: 30, tolerance: 1e-3 };

export interface SmoothOptions {
  readonly network: Network;
  readonly state: TrainingState;
  readonly images: Images;
  readonly kind: LossKind;
  readonly seed: number;
  readonly linalg: Pick<LinalgProvider, "symmetricEigen">;
}

/** Each probe's top eigenpair, then that of the mean Hessian. */
export async function smoothTops(
  options: SmoothOptions,
): Promise<{ probes: readonly TopPair[]; mean: TopPair }> {
  const { network, state, images, seed, linalg } = options;
  const labels = await predictedLabels(network, state, images);
  const asPredicted = { ...options, images: { ...images, labels } };
  const dimension = images.values.length / images.rows;
  const products = gathered(images.rows, (vectors) => differences(asPredicted, vectors));
  const probes = await Promise.all(Array.from({ length: images.rows }, async (_, probe) => {
    const own = { dimension, seed: deriveSeed(seed, "lanczos", probe), linalg, ...LANCZOS };
    const pair = await topPair((v) => products.ask(probe, v), own);
    products.leave();
    return pair;
  }));
  const mean = await topPair(async (v) => {
    const each = await differences(asPredicted, Array.from({ length: images.rows }, () => v));
    return meanOf(each, dimension);
  }, { dimension, seed: deriveSeed(seed, "lanczos", "mean"), linalg, ...LANCZOS });
  return { probes, mean };
}

async function predictedLabels(
  network: Network,
  state: TrainingState,
  images: Images,
): Promise<Int32Array> {
  const scores = await scoresOf(network, state, images);
  const classes = scores.length / images.rows;
  return Int32Array.from({ length: images.rows }, (_, row) => {
    const own = scores.subarray(row * classes, (row + 1) * classes);
    return own.indexOf(own.reduce((most, score) => Math.max(most, score), -Infinity));
  });
}

/** H_i v_i of every probe; an undefined v_i costs nothing and gives zeros. */
async function differences(
  { network, state, images, kind }: SmoothOptions,
  vectors: readonly (Float64Array | undefined)[],
): Promise<Float64Array[]> {
  const dimension = images.values.length / images.rows;
  const moved = (sign: number): Images => {
    const values = images.values.slice();
    vectors.forEach((vector, probe) => {
      vector?.forEach((entry, i) => { values[probe * dimension + i]! += sign * DIFFERENCE * entry; });
    });
    return { ...images, values };
  };
  const above = await inputSlopes(network, state, moved(1), kind);
  const below = await inputSlopes(network, state, moved(-1), kind);
  return vectors.map((_, probe) => Float64Array.from({ length: dimension }, (_, i) =>
    (above[probe * dimension + i]! - below[probe * dimension + i]!) / (2 * DIFFERENCE)));
}

function meanOf(vectors: readonly Float64Array[], dimension: number): Float64Array {
  const mean = new Float64Array(dimension);
  for (const vector of vectors) vector.forEach((entry, i) => { mean[i]! += entry / vectors.length; });
  return mean;
}

interface Gathered {
  ask(place: number, vector: Float64Array): Promise<Float64Array>;
  /** Says that this caller will not ask again. */
  leave(): void;
}

/** Answers requests of `callers` callers together, once each that has not left has asked. */
function gathered(
  callers: number,
  answer: (vectors: readonly (Float64Array | undefined)[]) => Promise<readonly Float64Array[]>,
): Gathered {
  let waiting = new Map<number, { vector: Float64Array; done: PromiseWithResolvers<Float64Array> }>();
  let left = callers;
  const flush = async (): Promise<void> => {
    if (waiting.size === 0 || waiting.size < left) return;
    const asked = waiting;
    waiting = new Map();
    const vectors = Array.from({ length: callers }, (_, place) => asked.get(place)?.vector);
    try {
      const answers = await answer(vectors);
      for (const [place, { done }] of asked) done.resolve(answers[place] ?? new Float64Array(0));
    } catch (error) {
      for (const { done } of asked.values()) done.reject(error);
    }
  };
  return {
    ask(place, vector) {
      const done = withResolvers<Float64Array>();
      waiting.set(place, { vector, done });
      void flush();
      return done.promise;
    },
    leave() {
      left -= 1;
      void flush();
    },
  };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** Node 20 has no Promise.withResolvers. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
