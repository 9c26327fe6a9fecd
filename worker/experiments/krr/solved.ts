// A block of systems, solved: weights of the clean model, and of the poisons where they are few.
//
// The weights of all systems stand side by side in one matrix, because leaving the solver's basis
// and predicting are then a few large products. Per system q columns for α = (K + cI)⁻¹ Y; behind
// all of these, scene by scene, M columns for U = (K + cI)⁻¹ K_XZ of each system.
import { type Intercept, interceptOf } from "./intercept.ts";
import { columns, type Matrix, matrix } from "../../linalg/matrix.ts";
import { diagonalOf, dot, normsOfColumns, transposedProduct } from "./matrix-parts.ts";
import type { Prepared } from "./prepared.ts";
import type { Scene } from "./scene.ts";
import { type Factor, onFactor } from "./solver.ts";
import type { System } from "./systems.ts";

/** What clean training says of the poisons of one scene under one ridge. All sizes M or (M, q). */
export interface PoisonSolution {
  /** f0(Z), (M, q): the clean model's scores at the poisons. */
  readonly scores: Matrix;
  /** s: diagonal of K_ZZ − K_ZX (K + cI)⁻¹ K_XZ, as k − |H k_ζ|² and not k − k_ζ·u, which cancels sooner. */
  readonly variances: Float64Array;
  /** |u|²: squared column norms of U. */
  readonly norms: Float64Array;
  /** Uᵀ α, (M, q). */
  readonly cross: Matrix;
}

export interface Solution {
  readonly factor: Factor;
  /** |α|², summed over the outputs. */
  readonly alphaNorm: number;
  /** null where the study has none; else `alphaNorm` and the poisons are not corrected for it. */
  readonly intercept: Intercept | null;
  /** One for each scene; empty where poisons are solved for later. */
  readonly poisons: readonly PoisonSolution[];
}

export interface SolvedBlock {
  readonly systems: readonly System[];
  /** null where K + cI is not positive definite. */
  readonly solutions: readonly (Solution | null)[];
  /** α of system i: columns [i q, (i + 1) q) of this (n, G q) matrix, in the solver's basis. */
  readonly alphas: Matrix;
  /** All weights, (n, G (q + ΣM)): `alphas` is the head of it. */
  readonly weights: Matrix;
}

/** @param scenes those whose poisons are solved for together with α. */
export function solveBlock(
  prepared: Prepared,
  systems: readonly System[],
  scenes: readonly Scene[],
): SolvedBlock {
  const { codes, solver } = prepared;
  const q = codes.cols;
  const width = scenes.reduce((sum, scene) => sum + scene.trainPoison.cols, q);
  const weights = matrix(codes.rows, systems.length * width);
  const solutions = systems.map(({ c }, index) => onFactor(solver, c, (factor): Solution => {
    const alpha = columns(weights, index * q, (index + 1) * q);
    alpha.data.set(codes.data);
    factor.solve(alpha);
    let start = systems.length * q;
    const poisons = scenes.map((scene) => {
      const m = scene.trainPoison.cols;
      const u = columns(weights, start + index * m, start + (index + 1) * m);
      start += systems.length * m;
      return solvePoisons(factor, scene, { alpha, u });
    });
    const intercept = prepared.setting.spec.intercept === true ? interceptOf(codes, alpha) : null;
    return { factor, alphaNorm: dot(alpha.data, alpha.data), poisons, intercept };
  }));
  return { systems, solutions, weights, alphas: columns(weights, 0, systems.length * q) };
}

function solvePoisons(
  factor: Factor,
  scene: Scene,
  { alpha, u }: { readonly alpha: Matrix; readonly u: Matrix },
): PoisonSolution {
  const { trainPoison, poisonPoison } = scene;
  u.data.set(trainPoison.data);
  const self = diagonalOf(poisonPoison);
  const variances = factor.solve(u).map((energy, j) => Math.max(0, self[j]! - energy));
  return {
    variances,
    norms: normsOfColumns(u),
    scores: transposedProduct(trainPoison, alpha),
    cross: transposedProduct(u, alpha),
  };
}
