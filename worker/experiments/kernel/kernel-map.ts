// Kernel values from squared distances, or from inner products (linear, polynomial).
//
// Formulas, with r the distance and l the length scale:
//   rbf         exp(−r² / 2l²)
//   laplace     exp(−r / l)
//   matern32    (1 + a) exp(−a),            a = √3 r / l
//   matern52    (1 + a + a²/3) exp(−a),     a = √5 r / l
//   linear      x·z
//   polynomial  (gamma x·z + offset)^degree
//   nngp        k1,  ntk  k1 + u k0: ReLU networks of one hidden layer, |x| = |z| = 1, u = x·z = cos θ
//               k0 = (π − θ)/π,  k1 = (sin θ + u (π − θ))/π   (Cho and Saul 2009, arXiv 1806.07572)
import { isRadial, isSpherical, type Kernel, type RADIAL_KERNELS } from "../../../schema/experiments/krr.ts";
import { arcCosine } from "./arc-cosine.ts";
import { decay, FLUSH_BELOW } from "./exponential.ts";

type Fill = (source: Float64Array, out: Float64Array, from: number, to: number) => void;

export interface KernelMap {
  /** out[i] ← kernel value of source[i] for from ≤ i < to; `out` may be `source`. */
  readonly fill: Fill;
  /** Whether values lie in [0, 1], so that finite measures cannot give infinite values. */
  readonly isBounded: boolean;
}

/**
 * The map of one kernel. Values whose magnitude is below FLUSH_BELOW become 0.
 *
 * @param lengthScale l > 0 in units of feature distance; not read for linear and polynomial.
 * @param dimension d: the polynomial kernel's gamma is 1/d unless the study gives it.
 */
export function kernelMap(kernel: Kernel, lengthScale: number, dimension: number): KernelMap {
  if (isRadial(kernel)) return { fill: RADIAL[kernel.name](lengthScale), isBounded: true };
  if (isSpherical(kernel)) return { fill: kernel.name === "ntk" ? ntk : nngp, isBounded: true };
  if (kernel.name === "linear") return { fill: linear, isBounded: false };
  const gamma = kernel.gamma ?? 1 / dimension;
  return { fill: polynomial(gamma, kernel.offset, kernel.degree), isBounded: false };
}

const RADIAL: Readonly<Record<(typeof RADIAL_KERNELS)[number], (lengthScale: number) => Fill>> = {
  rbf: (l) => rbf(-1 / (2 * l * l)),
  laplace: (l) => laplace(-1 / l),
  matern32: (l) => matern32(3 / (l * l)),
  matern52: (l) => matern52(5 / (l * l)),
};

function rbf(scale: number): Fill {
  return (source, out, from, to) => {
    for (let i = from; i < to; i++) out[i] = decay(source[i]! * scale);
  };
}

function laplace(scale: number): Fill {
  return (source, out, from, to) => {
    for (let i = from; i < to; i++) out[i] = decay(Math.sqrt(source[i]!) * scale);
  };
}

function matern32(scale: number): Fill {
  return (source, out, from, to) => {
    for (let i = from; i < to; i++) {
      const a = Math.sqrt(source[i]! * scale);
      out[i] = (1 + a) * decay(-a);
    }
  };
}

function matern52(scale: number): Fill {
  return (source, out, from, to) => {
    for (let i = from; i < to; i++) {
      const square = source[i]! * scale;
      const a = Math.sqrt(square);
      out[i] = (1 + a + square / 3) * decay(-a);
    }
  };
}

const nngp: Fill = (source, out, from, to) => {
  for (let i = from; i < to; i++) out[i] = arcCosine(source[i]!).first;
};

const ntk: Fill = (source, out, from, to) => {
  for (let i = from; i < to; i++) {
    const { u, zeroth, first } = arcCosine(source[i]!);
    out[i] = first + u * zeroth;
  }
};

const linear: Fill = (source, out, from, to) => {
  for (let i = from; i < to; i++) out[i] = flushed(source[i]!);
};

function polynomial(gamma: number, offset: number, degree: number): Fill {
  return (source, out, from, to) => {
    for (let i = from; i < to; i++) {
      const base = gamma * source[i]! + offset;
      // A product, not Math.pow: the same bits on every engine.
      let power = base;
      for (let factor = 1; factor < degree; factor++) power *= base;
      out[i] = flushed(power);
    }
  };
}

function flushed(value: number): number {
  return Math.abs(value) < FLUSH_BELOW ? 0 : value;
}
