// The `clones` attack on a block of systems: a few large products, then lines in closed form.
import { besideDevice } from "../../linalg/beside.ts";
import { columns, type Matrix, matrix } from "../../linalg/matrix.ts";
import { curvatureLines } from "./curvature/lines.ts";
import { hostScene } from "./curvature/probes.ts";
import { type CloneCase, type MeasuredRows, measureClones } from "./clones.ts";
import { withIntercept } from "./intercept.ts";
import { type Line, type LineMeasurer, rememberLast, withColumns } from "./line.ts";
import { rowOf } from "./matrix-parts.ts";
import type { Prepared } from "./prepared.ts";
import type { Scene } from "./scene.ts";
import { type Solution, type SolvedBlock, solveBlock } from "./solved.ts";
import { isCancelled } from "./solver.ts";
import type { System } from "./systems.ts";

/** What lines read of a block: columns, wherever the matrices behind them lie. */
export interface ClonesBlock {
  readonly prepared: Pick<Prepared, "setting" | "victims"> & {
    /** (n, q). */
    readonly codes: Pick<Matrix, "rows" | "cols">;
    readonly geometry: Pick<Prepared["geometry"], "poisons" | "testLabels">;
  };
  readonly scenes: readonly Pick<Scene, "poisonTest" | "poisonTriggered" | "poisonPoison">[];
  readonly solved: {
    readonly systems: readonly System[];
    readonly solutions: readonly (ClonesSolution | null)[];
  };
  /** K_TX times all weights, (t, G (q + ΣM)). */
  readonly clean: Matrix;
  /** For each scene K_T'X times α, (t, G q), and times the scene's U, (t, G M). */
  readonly triggered: readonly { readonly scores: Matrix; readonly pulls: Matrix }[];
}

export type ClonesSolution = Pick<Solution, "alphaNorm" | "intercept" | "poisons"> & {
  readonly factor: Pick<Solution["factor"], "effectiveDof" | "precision">;
};

export function clonesAttack(
  prepared: Prepared,
  systems: readonly System[],
  scenes: readonly Scene[],
): LineMeasurer {
  const solved = solveBlock(prepared, systems, scenes);
  // This may overwrite the weights: what is taken in the basis was taken before.
  const weights = prepared.rotates ? solved.weights : prepared.solver.fromBasis(solved.weights);
  const block = { prepared, scenes, solved, ...predict(prepared, scenes, { weights, systems }) };
  const lines = clonesLines(block);
  if (prepared.setting.spec.curvature === undefined) return lines;
  return withColumns(lines, curvatureLines({
    prepared: { ...prepared, linalg: besideDevice(prepared.linalg) },
    scenes,
    probed: (scene) => hostScene(prepared, scenes[scene]!),
    solved,
    weights: prepared.rotates ? prepared.solver.fromBasis(weights) : weights,
  }));
}

/** The lines of a block that is solved and predicted. */
export function clonesLines(block: ClonesBlock): LineMeasurer {
  const { prepared, solved } = block;
  const rowsOf = rememberLast<{ test: Float64Array; triggered: Float64Array }>();
  return (line) => {
    const solution = solved.solutions[line.system];
    if (solution === null || solution === undefined) {
      return line.counts.map(() => "not_positive_definite");
    }
    const member = prepared.geometry.poisons.members[line.target]?.[0] ?? 0;
    const key = `${line.system} ${line.scene} ${member}`;
    const g = rowsOf(key, () => pullsAt(block, line, member));
    const raw = cloneCase(block, line, { solution, member, g });
    const one = solution.intercept === null ? raw : withIntercept(raw, solution.intercept);
    if (isCancelled(one.variance, one.self)) return line.counts.map(() => "variance_cancelled");
    const measured = measureClones(one, line.counts);
    const { precision } = solution.factor;
    return precision === null ? measured : measured.map((point) => Object.assign(point, { precision }));
  };
}

/** @param weights where the test rows are: in the solver's basis, or in the rows' own order. */
function predict(
  { codes, linalg, trainTest }: Prepared,
  scenes: readonly Scene[],
  { weights, systems }: Pick<SolvedBlock, "weights" | "systems">,
): Pick<ClonesBlock, "clean" | "triggered"> {
  const product = (rows: Matrix, from: number, to: number): Matrix => {
    const out = matrix(rows.cols, to - from);
    linalg.gemm({ a: rows, b: columns(weights, from, to), c: out, transposeA: true });
    return out;
  };
  let start = systems.length * codes.cols;
  const scoreColumns = start;
  const triggered = scenes.map(({ trainTriggered, trainPoison }) => {
    const from = start;
    start += systems.length * trainPoison.cols;
    return {
      scores: product(trainTriggered, 0, scoreColumns),
      pulls: product(trainTriggered, from, start),
    };
  });
  return { clean: product(trainTest, 0, weights.cols), triggered };
}

/** g(x) = k(x, ζ) − k_x·u at clean and at triggered test rows, (t) each. */
function pullsAt(
  { prepared, scenes, solved, clean, triggered }: ClonesBlock,
  { system, scene }: Line,
  member: number,
): { test: Float64Array; triggered: Float64Array } {
  const { poisonTest, poisonTriggered } = scenes[scene]!;
  const m = poisonTest.rows;
  const g = solved.systems.length;
  const column = system * m + member;
  const own = g * (prepared.codes.cols + scene * m) + column;
  return {
    test: difference(poisonTest, member, columns(clean, own, own + 1).data),
    triggered: difference(poisonTriggered, member,
      columns(triggered[scene]!.pulls, column, column + 1).data),
  };
}

/** Row `row` of an (m, t) kernel matrix minus (t) values. */
function difference(kernel: Matrix, row: number, values: Float64Array): Float64Array {
  const out = rowOf(kernel, row);
  for (let x = 0; x < out.length; x++) out[x]! -= values[x]!;
  return out;
}

interface Parts {
  readonly solution: ClonesSolution;
  readonly member: number;
  readonly g: { readonly test: Float64Array; readonly triggered: Float64Array };
}

function cloneCase(block: ClonesBlock, line: Line, { solution, member, g }: Parts): CloneCase {
  const { prepared, scenes, clean, triggered } = block;
  const scene = scenes[line.scene]!;
  const poison = solution.poisons[line.scene]!;
  const { poisonPoison, poisonTriggered } = scene;
  const m = poisonPoison.rows;
  const t = clean.rows;
  const start = line.system * prepared.codes.cols * t;
  const rows = (scores: Matrix, values: Float64Array, claimed: Int32Array): MeasuredRows =>
    ({ scores: scores.data, start, g: values, claimed, asked: countAsked(claimed) });
  const victims = prepared.victims[line.target]!;
  return {
    c: block.solved.systems[line.system]!.c,
    clean: prepared.codes.rows,
    target: prepared.setting.target.values[line.target]!,
    dof: solution.factor.effectiveDof,
    alphaNorm: solution.alphaNorm,
    scores: rowOf(poison.scores, member),
    cross: rowOf(poison.cross, member),
    variance: poison.variances[member]!,
    norm: poison.norms[member]!,
    self: poisonPoison.data[member + member * m]!,
    test: rows(clean, g.test, prepared.geometry.testLabels),
    triggered: rows(triggered[line.scene]!.scores, g.triggered, victims),
    triggeredKernel: rowOf(poisonTriggered, member),
  };
}

function countAsked(claimed: Int32Array): number {
  let asked = 0;
  for (let x = 0; x < claimed.length; x++) if (claimed[x]! >= 0) asked++;
  return asked;
}
