// The `added` attack on a block of systems: distinct poisons, nested, solved for system by system.
//
// What depends on the poisons' features alone (S, UᵀU, G) is formed for all rows that any target
// uses, once per system and scene; each target then takes its own rows of it.
import { poisonsMax, replacesRows, ridgeFollowsCount } from "../../../schema/experiments/krr-poison.ts";
import { besideDevice } from "../../linalg/beside.ts";
import { columns, copyOf, type Matrix, matrix } from "../../linalg/matrix.ts";
import { type AddedCase, measureAdded } from "./added.ts";
import { addedCurvature, type OwnPoisons } from "./curvature/added-lines.ts";
import { innerProducts, sideBySide } from "./curvature/narrow.ts";
import { hostScene } from "./curvature/probes.ts";
import { type Line, type LineMeasurer, rememberLast, withColumns } from "./line.ts";
import { beside, diagonalOf, padded, subtract, takeBlock, takeRows } from "./matrix-parts.ts";
import type { Prepared } from "./prepared.ts";
import type { Scene } from "./scene.ts";
import { type Solution, solveBlock, type SolvedBlock } from "./solved.ts";
import type { System } from "./systems.ts";

/** What lines read of a block: columns, wherever the matrices behind them lie. */
export interface AddedBlock {
  readonly prepared: Pick<Prepared, "setting" | "victims" | "linalg"> & {
    /** (n, q). */
    readonly codes: Pick<Matrix, "rows" | "cols">;
    readonly geometry: Pick<Prepared["geometry"], "poisons" | "testLabels">;
  };
  readonly scenes: readonly Pick<Scene, "poisonTriggered" | "poisonPoison">[];
  readonly solved: {
    readonly systems: readonly System[];
    readonly solutions: readonly (AddedSolution | null)[];
  };
  /** K_TX α, (t, G q), for clean test rows and for each scene's triggered ones. */
  readonly clean: Matrix;
  readonly triggered: readonly Matrix[];
  /** Whether poisons take the places of clean rows. */
  readonly replaces: boolean;
  /** Made when the system or the scene changes, or more rows are wanted. */
  readonly makeUnion: (line: Line, rows: number) => Union;
}

export type AddedSolution = Pick<Solution, "alphaNorm"> & {
  readonly factor: Pick<Solution["factor"], "effectiveDof">;
};

interface HostBlock {
  readonly prepared: Prepared;
  readonly scenes: readonly Scene[];
  readonly solved: SolvedBlock;
  /** Qᵀ e of the clean rows that poisons replace, (n, M); null where they replace none. */
  readonly removed: Matrix | null;
}

export function addedAttack(
  prepared: Prepared,
  systems: readonly System[],
  scenes: readonly Scene[],
): LineMeasurer {
  const solved = solveBlock(prepared, systems, []);
  const predict = (rows: Matrix): Matrix => transposedGemm(rows, solved.alphas, prepared);
  const replaces = replacesRows(prepared.setting.spec.attack.kind);
  const host = { prepared, scenes, solved, removed: replaces ? removedRows(prepared) : null };
  const lines = addedLines({
    prepared,
    scenes,
    solved,
    clean: predict(prepared.trainTest),
    triggered: scenes.map((scene) => predict(scene.trainTriggered)),
    replaces,
    makeUnion: (line, rows) => makeUnion(host, line, rows),
  });
  if (prepared.setting.spec.curvature === undefined) return lines;
  const curvatureAt = addedCurvature({
    prepared: { ...prepared, linalg: besideDevice(prepared.linalg) },
    scenes,
    probed: (scene) => hostScene(prepared, scenes[scene]!),
    systems,
    poisonsOf: (line) => poisonsOf(prepared, line).own,
    solve: (line, own) => solveOwn(host, line, own),
  });
  return withColumns(lines, (line) => curvatureAt(line).map((curvature) => ({ curvature })));
}

function solveOwn({ prepared, scenes, solved }: HostBlock, { scene, system }: Line, own: Int32Array): OwnPoisons {
  const { codes, linalg, solver } = prepared;
  const { halves } = solved.solutions[system]!.factor;
  if (halves === null) throw new TypeError("curvature of added poisons: the factor is in float32");
  const alpha = columns(solved.alphas, system * codes.cols, (system + 1) * codes.cols);
  const poisons = sideBySide([...own].map((row) => columns(scenes[scene]!.trainPoison, row, row + 1)));
  const scores = innerProducts(poisons, alpha, linalg);
  halves.halfSolve(poisons);
  const explained = linalg.gram(poisons);
  halves.finishSolve(poisons);
  return { scores, explained, weights: solver.fromBasis(sideBySide([alpha, poisons])) };
}

/** The lines of a block that is solved and predicted. */
export function addedLines(block: AddedBlock): LineMeasurer {
  const { prepared, solved } = block;
  const unionOf = rememberLast<Union>();
  return (line) => {
    const solution = solved.solutions[line.system];
    if (solution === null || solution === undefined) {
      return line.counts.map(() => "not_positive_definite");
    }
    const poisons = poisonsOf(prepared, line);
    const union = unionOf(`${line.system} ${line.scene} ${poisons.union}`, () =>
      block.makeUnion(line, poisons.union));
    const one = addedCase(block, line, { solution, union, own: poisons.own });
    return measureAdded(one, line.counts, prepared.linalg);
  };
}

interface LinePoisons {
  /** Rows of the scene's poisons that the line's target uses, in order of use. */
  readonly own: Int32Array;
  /** The scene's first rows that hold those of every target. */
  readonly union: number;
}

/**
 * All poisons of the study, though the line may ask for fewer: its bits must not depend on what
 * else is asked. Where c depends on the count, a line has one count and takes no more than that.
 */
export function poisonsOf({ setting, geometry }: AddedBlock["prepared"], line: Line): LinePoisons {
  const { members } = geometry.poisons;
  const isSingle = ridgeFollowsCount(setting.spec);
  const used = isSingle ? Math.max(1, line.counts[0] ?? 1) : poisonsMax(setting.spec);
  const union = members.reduce((most, rows) => Math.max(most, (rows[used - 1] ?? 0) + 1), 1);
  return { own: members[line.target]!.subarray(0, used), union };
}

function removedRows({ geometry, solver, codes }: Prepared): Matrix {
  const { rows } = geometry.poisons;
  const units = matrix(codes.rows, rows.length);
  rows.forEach((row, index) => {
    units.data[row + index * codes.rows] = 1;
  });
  return solver.toBasis(units);
}

/**
 * What one system and scene say of the first P poison rows, whatever their label. Where these
 * replace clean rows, those stand behind them: all sizes are 2 P for P.
 */
export interface Union {
  /** S, (P, P). */
  readonly covariance: Matrix;
  /** UᵀU, (P, P). */
  readonly overlap: Matrix;
  /** Uᵀα, (P, q). */
  readonly cross: Matrix;
  /** f0(Z), (P, q). */
  readonly scores: Matrix;
  /** Gᵀ at clean and at triggered test rows, (P, t). */
  readonly test: Matrix;
  readonly triggered: Matrix;
}

function makeUnion(
  { prepared, scenes, solved, removed }: HostBlock,
  { scene: index, system }: Line,
  rows: number,
): Union {
  const { linalg, trainTest, codes } = prepared;
  const scene = scenes[index]!;
  const { halves } = solved.solutions[system]!.factor;
  if (halves === null) throw new TypeError("added: the factor is in float32");
  const alpha = columns(solved.alphas, system * codes.cols, (system + 1) * codes.cols);
  const poisons = beside(columns(scene.trainPoison, 0, rows), removed, rows);
  const leading = Int32Array.from({ length: rows }, (_, row) => row);
  const u = copyOf(poisons);
  halves.halfSolve(u);
  const own = takeBlock(scene.poisonPoison, leading);
  const covariance = removed === null ? own : padded(own, 2 * rows, 2 * rows);
  // K_ZZ − |L⁻¹ k|² and not K_ZZ − K_ZX U, which cancels sooner.
  subtract(covariance, linalg.gram(u));
  halves.finishSolve(u);
  const move = (kernel: Matrix, rotated: Matrix): Matrix => {
    const taken = takeRows(kernel, leading);
    const out = removed === null ? taken : padded(taken, 2 * rows, taken.cols);
    linalg.gemm({ a: u, b: rotated, c: out, transposeA: true, alpha: -1, beta: 1 });
    return out;
  };
  return {
    covariance,
    overlap: linalg.gram(u),
    cross: transposedGemm(u, alpha, prepared),
    scores: transposedGemm(poisons, alpha, prepared),
    test: move(scene.poisonTest, trainTest),
    triggered: move(scene.poisonTriggered, scene.trainTriggered),
  };
}

interface Parts {
  readonly solution: AddedSolution;
  readonly union: Union;
  readonly own: Int32Array;
}

function addedCase(block: AddedBlock, line: Line, { solution, union, own }: Parts): AddedCase {
  const { prepared, solved, clean, triggered } = block;
  const { poisonPoison, poisonTriggered } = block.scenes[line.scene]!;
  const start = line.system * prepared.codes.cols * clean.rows;
  const { kind } = prepared.setting.spec.attack;
  const behind = union.covariance.rows / 2;
  const changes = !block.replaces ? own
    : Int32Array.from({ length: 2 * own.length }, (_, i) => own[i >> 1]! + (i % 2) * behind);
  return {
    c: solved.systems[line.system]!.c,
    step: block.replaces ? 2 : 1,
    labels: kind !== "shortcut" ? null : Int32Array.from(own, (row) => prepared.geometry.poisons.labels[row]!),
    isCluster: kind === "cluster",
    clean: prepared.codes.rows,
    target: prepared.setting.target.values[line.target]!,
    dof: solution.factor.effectiveDof,
    alphaNorm: solution.alphaNorm,
    covariance: takeBlock(union.covariance, changes),
    overlap: takeBlock(union.overlap, changes),
    cross: takeRows(union.cross, changes),
    scores: takeRows(union.scores, changes),
    self: diagonalOf(takeBlock(poisonPoison, own)),
    test: {
      scores: clean.data,
      start,
      moves: takeRows(union.test, changes),
      claimed: prepared.geometry.testLabels,
    },
    triggered: {
      scores: triggered[line.scene]!.data,
      start,
      moves: takeRows(union.triggered, changes),
      claimed: prepared.victims[line.target]!,
    },
    triggeredKernel: takeRows(poisonTriggered, own),
  };
}

/** AᵀB. */
function transposedGemm(a: Matrix, b: Matrix, { linalg }: Prepared): Matrix {
  const c = matrix(a.cols, b.cols);
  linalg.gemm({ a, b, c, transposeA: true });
  return c;
}
