// Exact second derivatives by arithmetic on (value, gradient, Hessian): no formula of a kernel's
// derivatives enters, so it can examine them.
import type { KrrSpec } from "../../../schema/study.ts";

export interface Jet2 {
  readonly value: number;
  readonly gradient: readonly number[];
  readonly hessian: readonly (readonly number[])[];
}

export function variable(value: number, index: number, dimension: number): Jet2 {
  const zero = Array.from({ length: dimension }, () => 0);
  return { value, gradient: zero.map((_, i) => (i === index ? 1 : 0)), hessian: zero.map(() => zero) };
}

function unary(x: Jet2, value: number, first: number, second: number): Jet2 {
  return {
    value,
    gradient: x.gradient.map((g) => first * g),
    hessian: x.hessian.map((row, i) =>
      row.map((h, j) => first * h + second * (x.gradient[i] ?? NaN) * (x.gradient[j] ?? NaN))),
  };
}

export const plus = (x: Jet2, c: number): Jet2 => unary(x, x.value + c, 1, 0);
export const times = (x: Jet2, c: number): Jet2 => unary(x, x.value * c, c, 0);
export const exp = (x: Jet2): Jet2 => unary(x, Math.exp(x.value), Math.exp(x.value), Math.exp(x.value));
export const sqrt = (x: Jet2): Jet2 =>
  unary(x, Math.sqrt(x.value), 0.5 / Math.sqrt(x.value), -0.25 / x.value ** 1.5);
export const acos = (x: Jet2): Jet2 =>
  unary(x, Math.acos(x.value), -1 / Math.sqrt(1 - x.value ** 2), -x.value / (1 - x.value ** 2) ** 1.5);
export const reciprocal = (x: Jet2): Jet2 => unary(x, 1 / x.value, -1 / x.value ** 2, 2 / x.value ** 3);

export function add(x: Jet2, y: Jet2): Jet2 {
  return {
    value: x.value + y.value,
    gradient: x.gradient.map((g, i) => g + (y.gradient[i] ?? NaN)),
    hessian: x.hessian.map((row, i) => row.map((h, j) => h + (y.hessian[i]?.[j] ?? NaN))),
  };
}

export function multiply(x: Jet2, y: Jet2): Jet2 {
  const [gx, gy] = [x.gradient, y.gradient];
  return {
    value: x.value * y.value,
    gradient: gx.map((g, i) => g * y.value + x.value * (gy[i] ?? NaN)),
    hessian: x.hessian.map((row, i) => row.map((h, j) =>
      h * y.value + x.value * (y.hessian[i]?.[j] ?? NaN) +
      (gx[i] ?? NaN) * (gy[j] ?? NaN) + (gy[i] ?? NaN) * (gx[j] ?? NaN))),
  };
}

export const sum = (terms: readonly Jet2[], dimension: number): Jet2 =>
  terms.reduce(add, times(variable(0, 0, dimension), 0));

/** k(x, z) with its derivatives in x, from the kernel's definition. */
export function kernelJet({ kernel }: KrrSpec, l: number, x: readonly number[], z: readonly number[]): Jet2 {
  const d = x.length;
  const xs = x.map((value, i) => variable(value, i, d));
  const inner = sum(xs.map((one, i) => times(one, z[i] ?? NaN)), d);
  const differences = xs.map((one, i) => plus(one, -(z[i] ?? NaN)));
  const square = sum(differences.map((one) => multiply(one, one)), d);
  switch (kernel.name) {
    case "rbf":
      return exp(times(square, -1 / (2 * l * l)));
    case "laplace":
      return exp(times(sqrt(square), -1 / l));
    case "matern32": {
      const a = times(sqrt(square), Math.sqrt(3) / l);
      return multiply(plus(a, 1), exp(times(a, -1)));
    }
    case "matern52": {
      const a = times(sqrt(square), Math.sqrt(5) / l);
      return multiply(plus(add(a, times(multiply(a, a), 1 / 3)), 1), exp(times(a, -1)));
    }
    case "linear":
      return inner;
    case "polynomial": {
      const base = plus(times(inner, kernel.gamma ?? 1 / d), kernel.offset);
      return Array.from({ length: kernel.degree - 1 }).reduce<Jet2>((power) => multiply(power, base), base);
    }
    case "ntk":
    case "nngp": {
      const norm = Math.hypot(...z);
      const length = sqrt(sum(xs.map((one) => multiply(one, one)), d));
      const u = multiply(times(inner, 1 / norm), reciprocal(length));
      const rest = plus(times(acos(u), -1 / Math.PI), 1);
      const sine = sqrt(plus(times(multiply(u, u), -1), 1));
      const nngp = add(times(sine, 1 / Math.PI), multiply(u, rest));
      return kernel.name === "nngp" ? nngp : add(nngp, multiply(u, rest));
    }
    default:
      throw new Error("unknown kernel");
  }
}
