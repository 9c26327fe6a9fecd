// First and second derivatives of kernels, as functions of the measure of two rows.
//
// Three forms, each with k = h of one number (s = |x − z|², or u = x·z):
//   radial  k = h(s):           ∇k = 2h' (x − z),  Hess k = 2h' I + 4h'' (x − z)(x − z)ᵀ
//   dot     k = h(u):           ∇k = h' z,         Hess k = h'' z zᵀ
//   sphere  k = h(x·z / |x|), |x| = |z| = 1, measured by s = 2 − 2u:  with t = z − u x
//           ∇k = h' t,  Hess k = h'' t tᵀ + h' (3u x xᵀ − u I − x zᵀ − z xᵀ)
// Where a derivative does not exist (a cusp at r = 0) the pair gives 0 and is counted: the
// subgradient 0 of the pair's own term. Where only the product 4h'' δδᵀ has a limit (0 for
// matern32 and nngp at r = 0), h'' is 0 and nothing is lost.
import { isRadial, isSpherical, type Kernel } from "../../../schema/experiments/krr.ts";
import { arcCosine } from "./arc-cosine.ts";
import { decay } from "./exponential.ts";

export type KernelForm = "radial" | "dot" | "sphere";

/** h, h' and h'' at one measure. */
export interface Jet {
  value: number;
  first: number;
  second: number;
}

export interface KernelDerivatives {
  readonly form: KernelForm;
  /** Whether pairs at distance 0 have no gradient or no Hessian. */
  readonly hasCusp: boolean;
  /** b where h'' = −b h' at every measure; absent where there is none. */
  readonly decayRate?: number;
  /** Writes h, h' and h'' at `measure`; false where the pair sits on the cusp (all derivatives 0). */
  readonly at: (measure: number, out: Jet) => boolean;
}

/** @see kernelMap for the kernels themselves and the arguments. */
export function kernelDerivatives(
  kernel: Kernel,
  lengthScale: number,
  dimension: number,
): KernelDerivatives {
  if (isRadial(kernel)) {
    const rate = kernel.name === "rbf" ? { decayRate: 1 / (2 * lengthScale * lengthScale) } : {};
    return { form: "radial", hasCusp: kernel.name === "laplace", at: RADIAL[kernel.name](lengthScale), ...rate };
  }
  if (isSpherical(kernel)) {
    return { form: "sphere", hasCusp: kernel.name === "ntk", at: kernel.name === "ntk" ? ntk : nngp };
  }
  if (kernel.name === "linear") return { form: "dot", hasCusp: false, at: linear };
  const gamma = kernel.gamma ?? 1 / dimension;
  return { form: "dot", hasCusp: false, at: polynomial(gamma, kernel.offset, kernel.degree) };
}

type At = KernelDerivatives["at"];

const RADIAL: Readonly<Record<"rbf" | "laplace" | "matern32" | "matern52", (l: number) => At>> = {
  rbf: (l) => (s, out) => {
    const b = 1 / (2 * l * l);
    out.value = decay(-s * b);
    out.first = -b * out.value;
    out.second = b * b * out.value;
    return true;
  },
  laplace: (l) => (s, out) => {
    const r = Math.sqrt(s);
    out.value = decay(-r / l);
    if (r === 0) return onCusp(out);
    out.first = -out.value / (2 * l * r);
    out.second = (out.value / (4 * l * s)) * (1 / l + 1 / r);
    return true;
  },
  matern32: (l) => (s, out) => {
    const a = Math.sqrt(3) / l;
    const r = Math.sqrt(s);
    const e = decay(-a * r);
    out.value = (1 + a * r) * e;
    out.first = (-a * a * e) / 2;
    out.second = r === 0 ? 0 : (a * a * a * e) / (4 * r);
    return true;
  },
  matern52: (l) => (s, out) => {
    const a = Math.sqrt(5) / l;
    const ar = a * Math.sqrt(s);
    const e = decay(-ar);
    out.value = (1 + ar + (ar * ar) / 3) * e;
    out.first = (-a * a * (1 + ar) * e) / 6;
    out.second = (a ** 4 * e) / 12;
    return true;
  },
};

// In u: dθ/du = −1/sin θ, so k1' = k0 and k0' = 1/(π sin θ), k0'' = u/(π sin³ θ).
const nngp: At = (s, out) => {
  const { sine, zeroth, first } = arcCosine(s);
  out.value = first;
  out.first = zeroth;
  out.second = sine === 0 ? 0 : 1 / (Math.PI * sine);
  return true;
};

const ntk: At = (s, out) => {
  const { u, sine, zeroth, first } = arcCosine(s);
  out.value = first + u * zeroth;
  if (sine === 0) return onCusp(out);
  const slope = 1 / (Math.PI * sine);
  out.first = 2 * zeroth + u * slope;
  out.second = 3 * slope + (u * u * slope) / (sine * sine);
  return true;
};

const linear: At = (u, out) => {
  out.value = u;
  out.first = 1;
  out.second = 0;
  return true;
};

function polynomial(gamma: number, offset: number, degree: number): At {
  return (u, out) => {
    const base = gamma * u + offset;
    out.value = power(base, degree);
    out.first = degree * gamma * power(base, degree - 1);
    out.second = degree < 2 ? 0 : degree * (degree - 1) * gamma * gamma * power(base, degree - 2);
    return true;
  };
}

/** A product, not Math.pow: the same bits on every engine. */
function power(base: number, exponent: number): number {
  let result = 1;
  for (let factor = 0; factor < exponent; factor++) result *= base;
  return result;
}

function onCusp(out: Jet): false {
  out.first = 0;
  out.second = 0;
  return false;
}
