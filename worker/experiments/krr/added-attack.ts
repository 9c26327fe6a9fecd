// The `added` attack on a block of systems: distinct poisons, nested, solved for system by system.
//
// What depends on the poisons' features alone (S, UᵀU, G) is formed for all rows that any target
// uses, once per system and scene; each target then takes its own rows of it.
import { poisonsMax } from "../../../schema/experiments/krr-poison.ts";
import { columns, copyOf, type Matrix, matrix } from "../../linalg/matrix.ts";
import { type AddedCase, measureAdded } from "./added.ts";
import { type Line, type LineMeasurer, rememberLast } from "./line.ts";
import { diagonalOf, takeBlock, takeRows } from "./matrix-parts.ts";
import type { Prepared } from "./prepared.ts";
import type { Scene } from "./scene.ts";
import { type Solution, solveBlock, type SolvedBlock } from "./solved.ts";
import type { System } from "./systems.ts";

interface Block {
  readonly prepared: Prepared;
  readonly scenes: readonly Scene[];
  readonly solved: SolvedBlock;
  /** K_TX α, (t, G q), for clean test rows and for each scene's triggered ones. */
  readonly clean: Matrix;
  readonly triggered: readonly Matrix[];
}

export function addedAttack(
  prepared: Prepared,
  systems: readonly System[],
  scenes: readonly Scene[],
): LineMeasurer {
  const solved = solveBlock(prepared, systems, []);
  const predict = (rows: Matrix): Matrix => transposedGemm(rows, solved.alphas, prepared);
  const block: Block = {
    prepared,
    scenes,
    solved,
    clean: predict(prepared.trainTest),
    triggered: scenes.map((scene) => predict(scene.trainTriggered)),
  };
  const unionOf = rememberLast<Union>();
  return (line) => {
    const solution = solved.solutions[line.system];
    if (solution === null || solution === undefined) {
      return line.counts.map(() => "not_positive_definite");
    }
    const poisons = poisonsOf(prepared, line);
    const union = unionOf(`${line.system} ${line.scene} ${poisons.union}`, () =>
      makeUnion(block, line, { solution, rows: poisons.union }));
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
function poisonsOf({ setting, geometry }: Prepared, line: Line): LinePoisons {
  const { members } = geometry.poisons;
  const isSingle = setting.spec.ridge_scaling === "total_n";
  const used = isSingle ? Math.max(1, line.counts[0] ?? 1) : poisonsMax(setting.spec);
  const union = members.reduce((most, rows) => Math.max(most, (rows[used - 1] ?? 0) + 1), 1);
  return { own: members[line.target]!.subarray(0, used), union };
}

/** What one system and scene say of the first P poison rows, whatever their label. */
interface Union {
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
  { prepared, scenes, solved }: Block,
  { scene: index, system }: Line,
  { solution, rows }: { readonly solution: Solution; readonly rows: number },
): Union {
  const { linalg, trainTest, codes } = prepared;
  const scene = scenes[index]!;
  const alpha = columns(solved.alphas, system * codes.cols, (system + 1) * codes.cols);
  const poisons = columns(scene.trainPoison, 0, rows);
  const leading = Int32Array.from({ length: rows }, (_, row) => row);
  const u = copyOf(poisons);
  solution.factor.halfSolve(u);
  const covariance = takeBlock(scene.poisonPoison, leading);
  // K_ZZ − |L⁻¹ k|² and not K_ZZ − K_ZX U, which cancels sooner.
  subtract(covariance, linalg.gram(u));
  solution.factor.finishSolve(u);
  const move = (kernel: Matrix, rotated: Matrix): Matrix => {
    const out = takeRows(kernel, leading);
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
  readonly solution: Solution;
  readonly union: Union;
  readonly own: Int32Array;
}

function addedCase(block: Block, line: Line, { solution, union, own }: Parts): AddedCase {
  const { prepared, solved, clean, triggered } = block;
  const { poisonPoison, poisonTriggered } = block.scenes[line.scene]!;
  const start = line.system * prepared.codes.cols * clean.rows;
  return {
    c: solved.systems[line.system]!.c,
    clean: prepared.codes.rows,
    target: prepared.setting.target.values[line.target]!,
    dof: solution.factor.effectiveDof,
    alphaNorm: solution.alphaNorm,
    covariance: takeBlock(union.covariance, own),
    overlap: takeBlock(union.overlap, own),
    cross: takeRows(union.cross, own),
    scores: takeRows(union.scores, own),
    self: diagonalOf(takeBlock(poisonPoison, own)),
    test: {
      scores: clean.data,
      start,
      moves: takeRows(union.test, own),
      claimed: prepared.geometry.testLabels,
    },
    triggered: {
      scores: triggered[line.scene]!.data,
      start,
      moves: takeRows(union.triggered, own),
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

function subtract(a: Matrix, b: Matrix): void {
  for (let i = 0; i < a.data.length; i++) a.data[i]! -= b.data[i]!;
}
