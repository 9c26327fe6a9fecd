// The curvature columns of the `added` attack: distinct poisons, whose models are no quadratic in
// one number, so that each count is looked at with its own weights.
//
// With U, S, E of added.ts and β = (S_m + cI)⁻¹ E_m the model of the first m poisons is
//   f = k_Xᵀ (α0 − U_m β) + k_Zᵀ β.
// Counts are searched in step, in blocks that the plan cuts and not a box.
import { CURVED_LINES_TOGETHER } from "../../../../schema/experiments/krr-curvature-cost.ts";
import { columns, copyOf, type Matrix, matrix } from "../../../linalg/matrix.ts";
import { factoriseLeading } from "../leading-factor.ts";
import { type Line, rememberLast } from "../line.ts";
import { diagonalOf, normsOfColumns, subtract, takeBlock } from "../matrix-parts.ts";
import type { Scene } from "../scene.ts";
import { anchoredBlocks, indicesOf } from "../setting.ts";
import type { System } from "../systems.ts";
import { overlapThreshold } from "./beta.ts";
import { type Column, conformalColumns, directionsOf, releaseViews, spectraColumns, viewsOf } from "./columns.ts";
import { driveAll } from "./drive.ts";
import { topsOfEach } from "./each.ts";
import { gradientsInto } from "./jacobian.ts";
import { modelWeights, viewOf } from "./model.ts";
import { chooseProbes, type CurvaturePrepared, type ProbedScene, type SceneProbes, sceneProbes } from "./probes.ts";
import { type Pending, SEARCH_PHASES, spectraOf, type Trail } from "./spectrum.ts";

export interface AddedCurvatureBlock {
  readonly prepared: CurvaturePrepared;
  readonly scenes: readonly Pick<Scene, "poisonPoison">[];
  readonly probed: (scene: number) => ProbedScene;
  readonly systems: readonly System[];
  /** Rows of the scene's poisons that a line uses, in order of use. */
  readonly poisonsOf: (line: Line) => Int32Array;
  readonly solve: (line: Line, own: Int32Array) => OwnPoisons;
}

/** What one system says of the P poisons that a line uses. */
export interface OwnPoisons {
  /** f0(Z), (P, q). */
  readonly scores: Matrix;
  /** K_ZX (K + cI)⁻¹ K_XZ as the Gram matrix of halves, (P, P). */
  readonly explained: Matrix;
  /** [α0, U] in the rows' own order, (n, q + P). */
  readonly weights: Matrix;
}

/** Columns by count of the line; empty where so many poisons cannot be solved for. */
export function addedCurvature(block: AddedCurvatureBlock): (line: Line) => readonly ReadonlyMap<string, number>[] {
  const { prepared } = block;
  const { setting, geometry } = prepared;
  const threshold = overlapThreshold(geometry.dimension);
  const probesOf = rememberLast<SceneProbes>();
  const isPath = setting.spec.ridge_scaling !== "total_n";
  return (line) => {
    const probes = probesOf(`${line.scene} ${line.target}`, () => probesFor(prepared, block.probed(line.scene), line.target));
    const weights = poisonedWeights(block, line);
    const found = new Map<number, ReadonlyMap<string, number>>();
    const blocks = isPath ? anchoredBlocks(setting.count, line.countRange, CURVED_LINES_TOGETHER)
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

function probesFor(prepared: CurvaturePrepared, scene: ProbedScene, target: number): SceneProbes {
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

function poisonedWeights({ prepared, scenes, systems, poisonsOf, solve }: AddedCurvatureBlock, line: Line): PoisonedWeights {
  const { codes, linalg, setting } = prepared;
  const scene = scenes[line.scene]!;
  const [n, q] = [codes.rows, codes.cols];
  const own = poisonsOf(line);
  const target = setting.target.values[line.target]!;
  const { scores: errors, explained, weights: moved } = solve(line, own);
  errors.data.forEach((score, at) => {
    errors.data[at] = (Math.floor(at / own.length) === target ? 1 : 0) - 1 / q - score;
  });
  const covariance = takeBlock(scene.poisonPoison, own);
  subtract(covariance, explained);
  const factor = factoriseLeading(covariance, systems[line.system]!.c, linalg);
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
function solvedLeading(factor: Matrix, errors: Matrix, m: number, { linalg }: CurvaturePrepared): Matrix {
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

function countColumns(model: CountModel, prepared: CurvaturePrepared, trail: Trail): Pending<readonly Column[]> {
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
