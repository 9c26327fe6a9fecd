// A small smooth network twice: as layers, and in float64 with its derivatives written by hand.
//
// x → dense → softplus → dense → softmax loss. The R-operator (Pearlmutter's) differentiates the
// hand-written gradient along a direction, which is exact double backpropagation.
import { softplus } from "../../worker/tensor/layers/activation.ts";
import { sequence } from "../../worker/tensor/layers/compose.ts";
import { dense } from "../../worker/tensor/layers/dense.ts";
import { flatten } from "../../worker/tensor/layers/pool.ts";
import type { Network } from "../../worker/experiments/network/model.ts";

export const INPUTS = 6;
export const HIDDEN = 5;
export const CLASSES = 3;
export const SHAPES = [[INPUTS, HIDDEN], [HIDDEN], [HIDDEN, CLASSES], [CLASSES]] as const;

export function smoothNetwork(): Network {
  const body = sequence(flatten, dense({ weight: 0, bias: 1 }), softplus);
  const head = dense({ weight: 2, bias: 3 });
  const weights = SHAPES.map((shape, slot) =>
    ({ name: `w${slot}`, shape, fill: { kind: "normal", deviation: 1 } as const }));
  return { body, head, layer: sequence(body, head), weights, norms: [], isPiecewiseLinear: false };
}

/** W1, b1, W2, b2, row-major. */
export type Weights = readonly [Float64Array, Float64Array, Float64Array, Float64Array];

const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));

interface Slopes {
  readonly loss: number;
  readonly weights: Weights;
  readonly input: Float64Array;
}

interface Tangent {
  /** The derivative of the weight gradient along the input direction. */
  readonly weights: Weights;
  /** That of the input gradient: H v. */
  readonly input: Float64Array;
}

/** Loss and gradients of one example; with a direction also their derivatives along it. */
export function slopesOf(
  [w1, b1, w2, b2]: Weights,
  x: Float64Array,
  label: number,
  direction: Float64Array = new Float64Array(INPUTS),
): Slopes & { readonly tangent: Tangent } {
  const range = (size: number): number[] => Array.from({ length: size }, (_, index) => index);
  const of = (size: number, value: (index: number) => number): Float64Array =>
    Float64Array.from(range(size), value);
  const sum = (size: number, value: (index: number) => number): number =>
    range(size).reduce((all, index) => all + value(index), 0);
  const a = of(HIDDEN, (j) => b1[j]! + sum(INPUTS, (i) => x[i]! * w1[i * HIDDEN + j]!));
  const h = a.map((value) => Math.log1p(Math.exp(value)));
  const z = of(CLASSES, (k) => b2[k]! + sum(HIDDEN, (j) => h[j]! * w2[j * CLASSES + k]!));
  const total = sum(CLASSES, (k) => Math.exp(z[k]!));
  const p = z.map((value) => Math.exp(value) / total);
  const delta = p.map((value, k) => value - (k === label ? 1 : 0));
  const s = of(HIDDEN, (j) => sum(CLASSES, (k) => w2[j * CLASSES + k]! * delta[k]!));
  const da = a.map((value, j) => sigmoid(value) * s[j]!);
  const outer = (u: Float64Array, v: Float64Array): Float64Array =>
    of(u.length * v.length, (index) => u[Math.floor(index / v.length)]! * v[index % v.length]!);
  const back = (v: Float64Array): Float64Array =>
    of(INPUTS, (i) => sum(HIDDEN, (j) => w1[i * HIDDEN + j]! * v[j]!));
  // Dots: derivatives along the direction.
  const aDot = of(HIDDEN, (j) => sum(INPUTS, (i) => direction[i]! * w1[i * HIDDEN + j]!));
  const hDot = aDot.map((value, j) => sigmoid(a[j]!) * value);
  const zDot = of(CLASSES, (k) => sum(HIDDEN, (j) => hDot[j]! * w2[j * CLASSES + k]!));
  const mean = sum(CLASSES, (k) => p[k]! * zDot[k]!);
  const deltaDot = p.map((value, k) => value * (zDot[k]! - mean));
  const sDot = of(HIDDEN, (j) => sum(CLASSES, (k) => w2[j * CLASSES + k]! * deltaDot[k]!));
  const daDot = a.map((value, j) => {
    const bend = sigmoid(value);
    return bend * (1 - bend) * aDot[j]! * s[j]! + bend * sDot[j]!;
  });
  const added = (u: Float64Array, v: Float64Array): Float64Array => u.map((value, i) => value + v[i]!);
  return {
    loss: Math.log(total) - z[label]!,
    weights: [outer(x, da), da, outer(h, delta), delta],
    input: back(da),
    tangent: {
      weights: [
        added(outer(direction, da), outer(x, daDot)), daDot,
        added(outer(hDot, delta), outer(h, deltaDot)), deltaDot,
      ],
      input: back(daDot),
    },
  };
}
