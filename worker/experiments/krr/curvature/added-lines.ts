// The curvature columns of the `added` attack: distinct poisons, whose models are no quadratic in
// one number, so that each count is looked at with its own weights.
//
// With U, S, E of added.ts and β = (S_m + cI)⁻¹ E_m the model of the first m poisons is
//   f = k_Xᵀ (α0 − U_m β) + k_Zᵀ β.
// Counts are searched in step, in blocks that the plan cuts and not a box.
import { columns, copyOf, type Matrix, matrix } from "../../../linalg/matrix.ts";
import { factoriseLeading } from "../leading-factor.ts";
import { type Line, rememberLast } from "../line.ts";
import { diagonalOf, normsOfColumns, subtract, takeBlock } from "../matrix-parts.ts";
import type { Prepared } from "../prepared.ts";
import type { Scene } from "../scene.ts";
import { anchoredBlocks, indicesOf } from "../setting.ts";
import type { SolvedBlock } from "../solved.ts";
import { overlapThreshold } from "./beta.ts";
import { type Column, conformalColumns, directionsOf, releaseViews, spectraColumns, viewsOf } from "./columns.ts";
import { driveAll } from "./drive.ts";
import { topsOfEach } from "./each.ts";
import { gradientsInto } from "./jacobian.ts";
import { modelWeights, viewOf } from "./model.ts";
import { innerProducts, sideBySide } from "./narrow.ts";
import { chooseProbes, type SceneProbes, sceneProbes } from "./probes.ts";
import { type Pending, SEARCH_PHASES, spectraOf, type Trail } from "./spectrum.ts";

/** Counts searched together: each holds the gradients of all its probes. */
const COUNTS_TOGETHER = 8;

export interface AddedCurvatureBlock {
  readonly prepared: Prepared;
  readonly scenes: readonly Scene[];
  readonly solved: SolvedBlock;
  /** Rows of the scene's poisons that a line uses, in order of use. */
  readonly poisonsOf: (line: Line) => Int32Array;
}

/** Columns by count of the line; empty where so many poisons cannot be solved for. */
export function addedCurvature(block: AddedCurvatureBlock): (line: Line) => readonly ReadonlyMap<string, number>[] {
  const { prepared, scenes } = block;
  const { setting, geometry } = prepared;
  const threshold = overlapThreshold(geometry.dimension);
  const probesOf = rememberLast<SceneProbes>();
  const isPath = setting.spec.ridge_scaling !== "total_n";
  return (line) => {
    const probes = probesOf(`${line.scene} ${line.target}`, () => probesFor(prepared, scenes[line.scene]!, line.target));
    const weights = poisonedWeights(block, line);
    const found = new Map<number, ReadonlyMap<string, number>>();
    const blocks = isPath ? anchoredBlocks(setting.count, line.countRange, COUNTS_TOGETHER)
      .map((range) => indicesOf(range).map((index) => setting.count.values[index]!)) : [line.counts];
    for (const counts of blocks) {
      const able = counts.filter((m) => m <= weights.valid);
      const trail: Trail = new Map();
      const pending = able.map((m) => countColumns({ ...weights.at(m), probes }, prepared, trail));
      for (let phase = 0; phase < SEARCH_PHASES; phase++) {
        driveAll(pending.flatMap(({ phases }) => phases[phase]!()), prepared.linalg);
      }
      able.forEach((m, at) => found.set(m, new Map([
        ...pending[at]!.finish().map(({ name, values }) => [name, values[0]!] as const),
        ["overlap_threshold", threshold],
      ])));
    }
    return line.counts.map((m) => found.get(m) ?? new Map());
  };
}

function probesFor(prepared: Prepared, scene: Scene, target: number): SceneProbes {
  const { setting, replicate, geometry } = prepared;
  const { curvature, seed } = setting.spec;
  if (curvature === undefined) throw new RangeError("the study asks for no curvature");
  return sceneProbes(prepared, scene, chooseProbes({ curvature, seed, replicate,
    labels: geometry.testLabels, target: setting.target.values[target]! }));
}

/** The model of one count, over the rows X' = [X, Z]. */
interface CountModel {
  readonly probes: SceneProbes;
  /** (n', q). */
  readonly weights: Matrix;
  /** What the poisons change of the weights, (n', q). */
  readonly change: Matrix;
  readonly target: number;
}

interface PoisonedWeights {
  /** Poisons after which S + cI is no longer positive definite. */
  readonly valid: number;
  readonly at: (count: number) => Omit<CountModel, "probes">;
}

function poisonedWeights({ prepared, scenes, solved, poisonsOf }: AddedCurvatureBlock, line: Line): PoisonedWeights {
  const { codes, linalg, setting, solver } = prepared;
  const scene = scenes[line.scene]!;
  const [n, q] = [codes.rows, codes.cols];
  const own = poisonsOf(line);
  const target = setting.target.values[line.target]!;
  const alpha = columns(solved.alphas, line.system * q, (line.system + 1) * q);
  const poisons = sideBySide([...own].map((row) => columns(scene.trainPoison, row, row + 1)));
  const errors = innerProducts(poisons, alpha, linalg);
  errors.data.forEach((score, at) => {
    errors.data[at] = (Math.floor(at / own.length) === target ? 1 : 0) - 1 / q - score;
  });
  const { halves } = solved.solutions[line.system]!.factor;
  if (halves === null) throw new TypeError("curvature of added poisons: the factor is in float32");
  halves.halfSolve(poisons);
  const covariance = takeBlock(scene.poisonPoison, own);
  subtract(covariance, linalg.gram(poisons));
  halves.finishSolve(poisons);
  const factor = factoriseLeading(covariance, solved.systems[line.system]!.c, linalg);
  const moved = solver.fromBasis(sideBySide([alpha, poisons]));
  const size = n + diagonalOf(scene.poisonPoison).length;
  return {
    valid: factor.rows,
    at(count) {
      const beta = solvedLeading(factor, errors, count, prepared);
      const change = matrix(size, q);
      const pull = matrix(n, q);
      if (count > 0) linalg.gemm({ a: columns(moved, q, q + count), b: beta, c: pull, alpha: -1 });
      for (let k = 0; k < q; k++) {
        change.data.set(columns(pull, k, k + 1).data, k * size);
        for (let j = 0; j < count; j++) change.data[n + own[j]! + k * size] = beta.data[j + k * count]!;
      }
      const weights = copyOf(change);
      for (let k = 0; k < q; k++) {
        for (let i = 0; i < n; i++) weights.data[i + k * size]! += moved.data[i + k * n]!;
      }
      return { weights, change, target };
    },
  };
}

/** (S_m + cI)⁻¹ E_m, (m, q), from the factor of all. */
function solvedLeading(factor: Matrix, errors: Matrix, m: number, { linalg }: Prepared): Matrix {
  const out = matrix(m, errors.cols);
  const leading = matrix(m, m);
  for (let j = 0; j < m; j++) {
    for (let i = j; i < m; i++) leading.data[i + j * m] = factor.data[i + j * factor.rows]!;
  }
  for (let k = 0; k < errors.cols; k++) {
    out.data.set(errors.data.subarray(k * errors.rows, k * errors.rows + m), k * m);
  }
  linalg.solveLower(leading, out);
  linalg.solveLower(leading, out, true);
  return out;
}

function countColumns(model: CountModel, prepared: Prepared, trail: Trail): Pending<readonly Column[]> {
  const { linalg } = prepared;
  const { probes, weights, change, target } = model;
  const { labels = [], bottom = false, pointwise = false } = prepared.setting.spec.curvature ?? {};
  // One point of no path: γ is 0, and only the direction in which the target's score is pulled is read.
  const pull = columns(change, target, target + 1).data;
  const still = { probes, r: new Float64Array(weights.cols), weights: modelWeights(weights, pull, linalg) };
  const gammas = [0];
  const views = viewsOf(still, linalg);
  const nowhere = matrix(probes.rows.rows, 1);
  const pendingOf = (name: "clean" | "triggered") => spectraOf({ view: views[name], name, gammas, labels,
    directions: directionsOf(views[name], probes.direction, nowhere), wantsBottom: bottom }, trail, linalg);
  const pending = { clean: pendingOf("clean"), triggered: pendingOf("triggered") };
  const tops = pointwise && probes.references !== null
    ? topsOfEach({ references: viewOf(probes.references, still, linalg), ...views }, gammas, linalg) : null;
  const { profile, rows } = probes.triggered;
  const moved = matrix(rows.probes.rows, change.cols * rows.probes.cols);
  gradientsInto(moved, change, profile, rows, linalg);
  const slopes = normsOfColumns(moved);
  const direct = [
    { name: "gn_spike", values: Float64Array.of(slopes.reduce((sum, norm) => sum + norm, 0) / probes.triggered.labels.length) },
    ...conformalColumns(still, views, gammas, linalg),
    { name: "curvature_cusps", values: Float64Array.of(probes.clean.profile.cusps + probes.triggered.profile.cusps) },
  ];
  return {
    phases: pending.clean.phases.map((clean, phase) =>
      () => [...clean(), ...pending.triggered.phases[phase]!(), ...(phase === 0 ? tops?.tasks ?? [] : [])]),
    finish() {
      const found = [
        ...spectraColumns("clean", pending.clean.finish()),
        ...spectraColumns("triggered", pending.triggered.finish()),
        ...direct,
        ...(tops?.finish() ?? []),
      ];
      releaseViews(views);
      // The law is of one ζ.
      return found.filter(({ name }) => !name.startsWith("gn_law_"));
    },
  };
}
