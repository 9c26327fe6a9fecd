// A study's kernel as a device applies it; the formulas are those of kernel/kernel-map.ts.
import { isRadial, isSpherical, type Kernel } from "../../../../schema/experiments/krr.ts";
import type { ElementMap } from "../../../linalg/device.ts";

/** @see kernelMap for the arguments. */
export function elementMap(kernel: Kernel, lengthScale: number, dimension: number): ElementMap {
  if (isRadial(kernel)) {
    return { name: kernel.name, scale: SCALE[kernel.name](lengthScale), offset: 0, degree: 1 };
  }
  if (isSpherical(kernel)) return { name: kernel.name, scale: 1, offset: 0, degree: 1 };
  if (kernel.name === "linear") return { name: "linear", scale: 1, offset: 0, degree: 1 };
  const { gamma = 1 / dimension, offset, degree } = kernel;
  return { name: "polynomial", scale: gamma, offset, degree };
}

const SCALE: Readonly<Record<"rbf" | "laplace" | "matern32" | "matern52", (l: number) => number>> = {
  rbf: (l) => -1 / (2 * l * l),
  laplace: (l) => -1 / l,
  matern32: (l) => 3 / (l * l),
  matern52: (l) => 5 / (l * l),
};
