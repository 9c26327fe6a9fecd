// Slopes of kernels: what multiplies a direction in ∇ₓ k(x, z), from the same measures as values.
//
//   radial (measure |x − z|² = r²)   ∇ₓ k = slope · (x − z)
//     rbf −k/l²   laplace −k/(l r)   matern32 −a² e^(−a r), a = √3/l
//     matern52 −(a²/3)(1 + a r) e^(−a r), a = √5/l
//   dot (measure x·z)                ∇ₓ k = slope · z
//     linear 1    polynomial degree · gamma · (gamma x·z + offset)^(degree − 1)
//
// At r = 0 every radial slope is 0: it multiplies a zero vector there, and the cusp of laplace,
// which has no gradient, is given the middle of its subgradients.
import { isRadial, isSpherical, type Kernel, type RADIAL_KERNELS } from "../../../schema/experiments/krr.ts";
import { decay } from "./exponential.ts";

export interface KernelSlope {
  /** out[i] ← the slope at measure source[i]; `out` may be `source`. */
  readonly fill: (source: Float64Array, out: Float64Array) => void;
  readonly isRadial: boolean;
}

/**
 * @param lengthScale l > 0 in units of feature distance; not read for linear and polynomial.
 * @param dimension d: the polynomial kernel's gamma is 1/d unless the study gives it.
 */
export function kernelSlope(kernel: Kernel, lengthScale: number, dimension: number): KernelSlope {
  if (isRadial(kernel)) {
    const slope = RADIAL[kernel.name](lengthScale);
    return { isRadial: true, fill: filled((square) => (square === 0 ? 0 : slope(square))) };
  }
  if (isSpherical(kernel)) throw new RangeError(`no slopes of ${kernel.name}: the study is refused`);
  if (kernel.name === "linear") return { isRadial: false, fill: filled(() => 1) };
  const { degree, offset, gamma = 1 / dimension } = kernel;
  return { isRadial: false, fill: filled((inner) => {
    let slope = degree * gamma;
    for (let factor = 1; factor < degree; factor++) slope *= gamma * inner + offset;
    return slope;
  }) };
}

type Slope = (square: number) => number;

const RADIAL: Readonly<Record<(typeof RADIAL_KERNELS)[number], (lengthScale: number) => Slope>> = {
  rbf: (l) => (square) => -decay(-square / (2 * l * l)) / (l * l),
  laplace: (l) => (square) => {
    const r = Math.sqrt(square);
    return -decay(-r / l) / (l * r);
  },
  matern32: (l) => (square) => (-3 / (l * l)) * decay(-Math.sqrt((3 * square) / (l * l))),
  matern52: (l) => (square) => {
    const a = Math.sqrt((5 * square) / (l * l));
    return (-5 / (3 * l * l)) * (1 + a) * decay(-a);
  },
};

function filled(slope: Slope): KernelSlope["fill"] {
  return (source, out) => {
    for (let i = 0; i < source.length; i++) out[i] = slope(source[i]!);
  };
}
