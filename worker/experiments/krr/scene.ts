// Kernel values of one trigger strength at one length scale, in the solver's basis.
import type { KernelMap } from "../kernel/kernel-map.ts";
import { type Matrix, matrix } from "../../linalg/matrix.ts";
import type { SceneGeometry } from "./geometry.ts";
import { isFiniteMatrix } from "./matrix-parts.ts";
import type { RidgeSolver } from "./solver.ts";

/** M poison rows, t triggered test rows; the same test rows clean. */
export interface Scene {
  /** Qᵀ K_XT' or K_XT', (n, t): as the bench's trainTest. */
  readonly trainTriggered: Matrix;
  /** Qᵀ K_XZ, (n, M). */
  readonly trainPoison: Matrix;
  /** K_ZT, (M, t). */
  readonly poisonTest: Matrix;
  /** K_ZT', (M, t). */
  readonly poisonTriggered: Matrix;
  /** K_ZZ, (M, M). */
  readonly poisonPoison: Matrix;
  /** What it was made of. */
  readonly geometry: SceneGeometry;
  /** Whether every kernel value is finite. */
  readonly isFinite: boolean;
}

export interface SceneTools {
  readonly map: KernelMap;
  readonly solver: RidgeSolver;
  /** Whether test rows enter the basis, rather than weights leaving it. */
  readonly rotates: boolean;
}

export function sceneOf(geometry: SceneGeometry, { map, solver, rotates }: SceneTools): Scene {
  const { trainTriggered, trainPoison, ...rest } = mappedScene(geometry, map);
  return {
    ...rest,
    trainTriggered: rotates ? solver.toBasis(trainTriggered) : trainTriggered,
    trainPoison: solver.toBasis(trainPoison),
  };
}

/** Kernel values outside of any basis. */
export function mappedScene(geometry: SceneGeometry, map: KernelMap): Scene {
  const kernels = {
    trainTriggered: mapped(geometry.trainTriggered, map),
    trainPoison: mapped(geometry.trainPoison, map),
    poisonTest: mapped(geometry.poisonTest, map),
    poisonTriggered: mapped(geometry.poisonTriggered, map),
    poisonPoison: mapped(geometry.poisonPoison, map),
  };
  const isFinite = geometry.isFinite &&
    (map.isBounded || Object.values(kernels).every(isFiniteMatrix));
  return { ...kernels, geometry, isFinite };
}

/** A new matrix of kernel values. */
export function mapped(measures: Matrix, map: KernelMap): Matrix {
  const out = matrix(measures.rows, measures.cols);
  map.fill(measures.data, out.data, 0, out.data.length);
  return out;
}

/** A new (n, n) matrix of which the lower triangle holds kernel values, the rest 0. */
export function mappedLower(measures: Matrix, map: KernelMap): Matrix {
  const n = measures.rows;
  const out = matrix(n, n);
  for (let j = 0; j < n; j++) map.fill(measures.data, out.data, j + j * n, (j + 1) * n);
  return out;
}
