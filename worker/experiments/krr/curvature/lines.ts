// The curvature columns of the `clones` attack, line by line.
//
// Lines of neighbouring systems are searched together, in groups anchored to the block, along all
// counts of a chunk: both as the plan cuts them and not as a box does, so that a box gives the
// same bits measured whole or in parts.
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { Line } from "../line.ts";
import { rowOf } from "../matrix-parts.ts";
import type { Prepared } from "../prepared.ts";
import type { Scene } from "../scene.ts";
import { anchoredBlocks, indicesOf } from "../setting.ts";
import type { SolvedBlock } from "../solved.ts";
import { isCancelled } from "../solver.ts";
import { overlapThreshold } from "./beta.ts";
import { type Column, lineColumns, type LineModel } from "./columns.ts";
import { driveAll } from "./drive.ts";
import { chooseProbes, sceneProbes, type SceneProbes } from "./probes.ts";
import { type Pending, SEARCH_PHASES } from "./spectrum.ts";

/** Systems whose lines are searched together. */
const GROUP = 8;

/** The columns of one point, by name. */
export type PointCurvature = ReadonlyMap<string, number>;

export interface CurvatureBlock {
  readonly prepared: Prepared;
  readonly scenes: readonly Scene[];
  readonly solved: SolvedBlock;
  /** The block's weights in the solver's basis, as `solveBlock` made them. */
  readonly weights: Matrix;
}

/** Measures the points of a line whose system is solved and whose variance is not cancelled. */
export function curvatureLines(block: CurvatureBlock): (line: Line) => readonly PointCurvature[] {
  const { prepared, scenes } = block;
  const isPath = prepared.setting.spec.ridge_scaling !== "total_n";
  const size = isPath ? GROUP : 1;
  const threshold = overlapThreshold(prepared.geometry.dimension);
  const probes = new Map<string, SceneProbes>();
  let current = -1;
  const groups = new Map<string, readonly (readonly Column[] | null)[]>();
  return (line) => {
    const group = Math.floor(line.system / size);
    if (group !== current) groups.clear();
    current = group;
    const where = `${line.scene} ${line.target}`;
    const seen = probes.get(where) ?? probesOf(prepared, scenes[line.scene]!, line.target);
    probes.set(where, seen);
    const points = new Map<number, PointCurvature>();
    for (const counts of pathSegments(prepared, line, isPath)) {
      const key = `${where} ${counts.join()}`;
      const found = groups.get(key) ?? searchGroup(block, { ...line, counts }, seen, group * size, size);
      groups.set(key, found);
      const own = found[line.system - group * size] ?? [];
      counts.forEach((count, at) => points.set(count, pointOf(own, at, threshold)));
    }
    return line.counts.map((count) => points.get(count)!);
  };
}

function pointOf(own: readonly Column[], at: number, threshold: number): PointCurvature {
  const values = own.map(({ name, values }) => [name, values[at]!] as const);
  return new Map([...values, ["overlap_threshold", threshold]]);
}

function probesOf(prepared: Prepared, scene: Scene, target: number): SceneProbes {
  const { setting, replicate, geometry } = prepared;
  const { curvature, seed } = setting.spec;
  if (curvature === undefined) throw new RangeError("the study asks for no curvature");
  const chosen = chooseProbes({ curvature, seed, replicate, labels: geometry.testLabels,
    target: setting.target.values[target]! });
  return sceneProbes(prepared, scene, chosen);
}

/** The counts searched together with those of the line: whole chunks of the study's. */
function pathSegments({ setting }: Prepared, line: Line, isPath: boolean): (readonly number[])[] {
  if (!isPath) return [line.counts];
  const { count } = setting;
  return anchoredBlocks(count, line.countRange, count.chunk).map((range) =>
    indicesOf(range).map((index) => count.values[index]!));
}

/** The columns of each system of a group; null for one that has no solution. */
function searchGroup(
  block: CurvatureBlock,
  line: Line,
  probes: SceneProbes,
  from: number,
  size: number,
): (readonly Column[] | null)[] {
  const { prepared, solved } = block;
  const systems = Array.from({ length: size }, (_, i) => from + i).filter((i) => i < solved.systems.length);
  const models = systems.map((system) => modelOf(block, { ...line, system }, probes));
  const pending: (Pending<readonly Column[]> | null)[] = models.map((model) =>
    (model === null ? null : lineColumns(model, prepared)));
  for (let phase = 0; phase < SEARCH_PHASES; phase++) {
    driveAll(pending.flatMap((one) => one?.phases[phase]?.() ?? []), prepared.linalg);
  }
  return pending.map((one) => one?.finish() ?? null);
}

/** One system's weights in the rows' own order; null where there are none to trust. */
function modelOf(block: CurvatureBlock, line: Line, probes: SceneProbes): LineModel | null {
  const { prepared, scenes, solved, weights } = block;
  const solution = solved.solutions[line.system];
  if (solution === null || solution === undefined) return null;
  const { codes, solver, geometry, setting } = prepared;
  const [n, q] = [codes.rows, codes.cols];
  const member = geometry.poisons.members[line.target]?.[0] ?? 0;
  const poison = solution.poisons[line.scene]!;
  const variance = poison.variances[member]!;
  const m = poison.variances.length;
  const self = scenes[line.scene]!.poisonPoison.data[member + member * m]!;
  if (isCancelled(variance, self)) return null;
  const moved = matrix(n, q + 1);
  moved.data.set(columns(weights, line.system * q, (line.system + 1) * q).data);
  const ahead = scenes.slice(0, line.scene).reduce((sum, one) => sum + one.poisonPoison.rows, 0);
  const column = solved.systems.length * (q + ahead) + line.system * m + member;
  moved.data.set(columns(weights, column, column + 1).data, n * q);
  const own = solver.fromBasis(moved);
  const rows = n + m;
  const clean = matrix(rows, q);
  for (let k = 0; k < q; k++) clean.data.set(columns(own, k, k + 1).data, k * rows);
  const pull = new Float64Array(rows);
  const u = columns(own, q, q + 1).data;
  for (let i = 0; i < n; i++) pull[i] = -u[i]!;
  pull[n + member] = 1;
  const target = setting.target.values[line.target]!;
  const { c } = solved.systems[line.system]!;
  const r = rowOf(poison.scores, member).map((score, j) => (j === target ? 1 : 0) - 1 / q - score);
  return { probes, weights: clean, pull, r, counts: line.counts, c, variance, self,
    poisonRow: n + member };
}
