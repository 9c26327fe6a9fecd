// What a layer is: a function of a batch, and how gradients come back through it.
//
// Gradients are pulled by hand-written rules rather than by tfjs's tape: one forward pass can then
// be pulled many times (once per class for an input Hessian), towards the input alone, or with
// batch norm's statistics held fixed, and each layer keeps only what its rule needs.
// Ownership: a forward pass and a pull own none of their arguments; what they return is the
// caller's to dispose. `release` disposes what a pass kept for its pulls.
import * as tf from "@tensorflow/tfjs-core";

/** Mean and variance of each channel. */
export interface Moments {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/** How batch norm normalises. */
export type Norm =
  /** By the batch's own moments; each layer hands them over, to be kept or disposed. */
  | { readonly kind: "batch"; readonly observe: (slot: number, moments: Moments) => void }
  /** By these moments, as constants: each example's output depends on that example only. */
  | { readonly kind: "fixed"; readonly moments: readonly Moments[] };

export interface Run {
  /** The network's weights, by slot. */
  readonly weights: readonly tf.Tensor[];
  readonly norm: Norm;
  /** Whether the pass will be pulled. */
  readonly isTaped: boolean;
}

/** What a pull is asked for. */
export interface Want {
  /** ∂/∂input. */
  readonly input: boolean;
  /** ∂/∂weights, added to what is there; null for none. */
  readonly gradients: Gradients | null;
  /** Whether batch moments count as constants, although the pass computed them from the batch. */
  readonly isNormFixed: boolean;
}

export interface Pass {
  readonly y: tf.Tensor;
  /** ∂/∂input of Σ dy · y if wanted, else null; may be called any number of times. */
  pull(dy: tf.Tensor, want: Want): tf.Tensor | null;
  release(): void;
}

export interface Layer {
  readonly hasWeights: boolean;
  forward(x: tf.Tensor, run: Run): Pass;
}

/** Sums of gradients by weight slot. */
export class Gradients {
  readonly #sums = new Map<number, tf.Tensor>();

  /** Adds `gradient` to its slot, and takes it over. */
  add(slot: number, gradient: tf.Tensor): void {
    const sum = this.#sums.get(slot);
    this.#sums.set(slot, sum === undefined ? gradient : tf.add(sum, gradient));
    if (sum !== undefined) {
      sum.dispose();
      gradient.dispose();
    }
  }

  /** The sum of a slot that was added to. @throws RangeError for any other. */
  of(slot: number): tf.Tensor {
    const sum = this.#sums.get(slot);
    if (sum === undefined) throw new RangeError(`no gradient reached weight ${slot}`);
    return sum;
  }

  dispose(): void {
    for (const sum of this.#sums.values()) sum.dispose();
    this.#sums.clear();
  }
}

export function weightOf(run: Run, slot: number): tf.Tensor {
  const weight = run.weights[slot];
  if (weight === undefined) throw new RangeError(`no weight in slot ${slot}`);
  return weight;
}

/** A pass that keeps `kept` until it is released, or nothing if it is not taped. */
export function passOf(
  y: tf.Tensor,
  run: Run,
  kept: readonly tf.Tensor[],
  pull: (dy: tf.Tensor, want: Want) => tf.Tensor | null,
): Pass {
  if (!run.isTaped) for (const tensor of kept) tensor.dispose();
  const release = (): void => {
    if (run.isTaped) for (const tensor of kept) tensor.dispose();
  };
  return { y, pull, release };
}
