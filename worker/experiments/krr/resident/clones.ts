// The `clones` attack on a block of systems whose matrices stay on the device.
//
// What ../clones-attack.ts reads of a block is formed there by a few products and comes back as
// columns: scores and pulls at the test rows, and small products between weights.
import type { DeviceMatrix, Workspace } from "../../../linalg/device.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import { type ClonesSolution, clonesLines } from "../clones-attack.ts";
import { type Intercept, interceptFrom } from "../intercept.ts";
import { curvatureLines } from "../curvature/lines.ts";
import { type LineMeasurer, withColumns } from "../line.ts";
import { diagonalOf } from "../matrix-parts.ts";
import type { System } from "../systems.ts";
import type { SolvedPrecision } from "../solver.ts";
import { productOf, type ResidentPrepared } from "./prepared.ts";
import { curvaturePrepared, weightsOf } from "./probed.ts";
import type { ResidentScene } from "./scene.ts";
import { onFactors, type ResidentFactors } from "./solver.ts";

export interface ResidentBlock {
  readonly prepared: ResidentPrepared;
  readonly scene: ResidentScene;
  readonly systems: readonly System[];
  /** Released when the block's lines are measured. */
  readonly workspace: Workspace;
}

export function residentClones({ prepared, scene, systems, workspace }: ResidentBlock): LineMeasurer {
  const factors = prepared.solver.factor(systems.map(({ c }) => c), workspace);
  return onFactors(factors, (some) => linesOf({ prepared, scene, systems, workspace }, some));
}

function linesOf({ prepared, scene, systems, workspace }: ResidentBlock, factors: ResidentFactors): LineMeasurer {
  const { device, codes, setting, trainTest } = prepared;
  if (factors.dofs.every((dof) => dof === null)) {
    return (line) => line.counts.map(() => "not_positive_definite");
  }
  const all = Array.from(systems.keys());
  const alphas = factors.solve(codes, all, workspace);
  // k − |L⁻¹ k_ζ|² and not k − k_ζ·u, which cancels sooner.
  const { solution: pulls, energies } = factors.solveWithEnergies(scene.trainPoison, all, workspace);
  const parts: BlockProducts = {
    alphaNorms: device.columnNorms(alphas),
    energies,
    norms: device.columnNorms(pulls),
    scores: productOf(scene.trainPoison, alphas, prepared),
    cross: device.blockProducts(pulls, alphas, systems.length),
    self: diagonalOf(scene.poisonPoison),
  };
  const intercepts = setting.spec.intercept === true ? interceptsOf(prepared, alphas, systems.length) : null;
  const solutions = factors.dofs.map((dof, at) =>
    (dof === null ? null : solutionOf(parts, { at, q: codes.cols, dof, precision: factors.precision, intercept: intercepts?.[at] ?? null })));
  const solved = { systems, solutions };
  const lines = clonesLines({
    prepared,
    scenes: [scene],
    solved,
    clean: sideBySide(productOf(trainTest, alphas, prepared), productOf(trainTest, pulls, prepared)),
    triggered: [{
      scores: productOf(scene.trainTriggered, alphas, prepared),
      pulls: productOf(scene.trainTriggered, pulls, prepared),
    }],
  });
  const { probed } = scene;
  if (probed === null) return lines;
  return withColumns(lines, curvatureLines({
    prepared: curvaturePrepared(prepared),
    scenes: [scene],
    probed: () => probed,
    solved,
    weights: weightsOf(prepared, [alphas, pulls], workspace),
  }));
}

/** Of G systems with q outputs and M poisons. */
interface BlockProducts {
  /** |α|², (G q). */
  readonly alphaNorms: Float64Array;
  /** |H k_ζ|² and |u|², (G M). */
  readonly energies: Float64Array;
  readonly norms: Float64Array;
  /** f0(Z) and Uᵀα, (M, G q). */
  readonly scores: Matrix;
  readonly cross: Matrix;
  /** k(ζ, ζ), (M). */
  readonly self: Float64Array;
}

interface Place {
  readonly at: number;
  readonly q: number;
  readonly dof: number;
  readonly precision: SolvedPrecision | null;
  readonly intercept: Intercept | null;
}

function solutionOf(products: BlockProducts, { at, q, dof, precision, intercept }: Place): ClonesSolution {
  const m = products.self.length;
  const own = (values: Float64Array, width: number): Float64Array => values.slice(at * width, (at + 1) * width);
  const block = (a: Matrix): Matrix => columns(a, at * q, (at + 1) * q);
  const energies = own(products.energies, m);
  return {
    factor: { effectiveDof: dof, precision },
    alphaNorm: own(products.alphaNorms, q).reduce((sum, norm) => sum + norm, 0),
    intercept,
    poisons: [{
      variances: energies.map((energy, j) => Math.max(0, products.self[j]! - energy)),
      norms: own(products.norms, m),
      scores: block(products.scores),
      cross: block(products.cross),
    }],
  };
}

/** Codes carry a column of ones last; so do the weights, then w1. */
function interceptsOf({ device, codes, ...rest }: ResidentPrepared, alphas: DeviceMatrix, systems: number): Intercept[] {
  const width = codes.cols;
  const q = width - 1;
  const gram = device.blockProducts(alphas, alphas, systems);
  const sums = productOf(codes, alphas, { device, ...rest });
  return Array.from({ length: systems }, (_, at) => {
    const entry = (a: Matrix, i: number, j: number): number => a.data[i + (at * width + j) * width]!;
    const row = (a: Matrix, i: number): Float64Array => Float64Array.from({ length: q }, (_, j) => entry(a, i, j));
    return interceptFrom({
      ones: entry(sums, q, q),
      norm: entry(gram, q, q),
      sums: row(sums, q),
      against: row(gram, q),
      squares: Float64Array.from({ length: q }, (_, j) => entry(gram, j, j)),
    });
  });
}

function sideBySide(a: Matrix, b: Matrix): Matrix {
  const out = matrix(a.rows, a.cols + b.cols);
  out.data.set(a.data);
  out.data.set(b.data, a.data.length);
  return out;
}
