// The curvature columns of the `clones` attack, line by line.
//
// Lines of neighbouring systems are searched together, in groups anchored to the block, along all
// counts of a chunk: both as the plan cuts them and not as a box does, so that a box gives the
// same bits measured whole or in parts.
import { columns, type Matrix } from "../../../linalg/matrix.ts";
import type { Line } from "../line.ts";
import { padded, rowOf } from "../matrix-parts.ts";
import type { Scene } from "../scene.ts";
import { anchoredBlocks, indicesOf } from "../setting.ts";
import type { Solution } from "../solved.ts";
import type { System } from "../systems.ts";
import { isCancelled } from "../solver.ts";
import { overlapThreshold } from "./beta.ts";
import { type Column, lineColumns, type LineModel } from "./columns.ts";
import { driveAll } from "./drive.ts";
import { hasNearProbe } from "../../../../schema/experiments/krr-curvature.ts";
import { CURVED_LINES_TOGETHER } from "../../../../schema/experiments/krr-curvature-cost.ts";
import { modelWeights } from "./model.ts";
import { nearColumns, type NearProbe, nearProbe } from "./near.ts";
import { chooseProbes, type CurvaturePrepared, type ProbedScene, sceneProbes, type SceneProbes } from "./probes.ts";
import { type Pending, SEARCH_PHASES, type Trail } from "./spectrum.ts";

/** The columns of one point, by name: those of all distances, and those of each of the line's. */
export interface PointCurvature {
  readonly curvature: ReadonlyMap<string, number>;
  readonly near: readonly ReadonlyMap<string, number>[];
}

export interface CurvatureBlock {
  readonly prepared: CurvaturePrepared;
  readonly scenes: readonly Pick<Scene, "poisonPoison">[];
  readonly probed: (scene: number) => ProbedScene;
  readonly solved: {
    readonly systems: readonly System[];
    readonly solutions: readonly (Pick<Solution, "poisons"> | null)[];
  };
  /** The block's weights in the rows' own order. */
  readonly weights: Matrix;
}

/** What one system's lines came to: the common columns first, then those of each distance. */
type SystemColumns = readonly (readonly Column[])[];

/** Measures the points of a line whose system is solved and whose variance is not cancelled. */
export function curvatureLines(block: CurvatureBlock): (line: Line) => readonly PointCurvature[] {
  const { prepared } = block;
  const isPath = prepared.setting.spec.ridge_scaling !== "total_n";
  // A search for each probe of a line is wide enough, and memory for a group of them is too much.
  const size = isPath && prepared.setting.spec.curvature?.pointwise === undefined ? CURVED_LINES_TOGETHER : 1;
  const threshold = overlapThreshold(prepared.geometry.dimension);
  const looks = new Map<string, Look>();
  let current = -1;
  const groups = new Map<string, readonly (SystemColumns | null)[]>();
  return (line) => {
    const group = Math.floor(line.system / size);
    if (group !== current) groups.clear();
    current = group;
    const where = `${line.scene} ${line.target}`;
    const look = looks.get(where) ?? lookAt(prepared, block.probed(line.scene), line.target);
    looks.set(where, look);
    const points = new Map<number, PointCurvature>();
    for (const counts of pathSegments(prepared, line, isPath)) {
      const key = `${where} ${counts.join()}`;
      const found = groups.get(key) ?? searchGroup(block, { ...line, counts }, look, group * size, size);
      groups.set(key, found);
      const [own = [], ...near] = found[line.system - group * size] ?? [];
      counts.forEach((count, at) => points.set(count, {
        curvature: new Map([...pointOf(own, at), ["overlap_threshold", threshold]]),
        near: near.slice(line.distanceRange.from, line.distanceRange.to).map((one) => pointOf(one, at)),
      }));
    }
    return line.counts.map((count) => points.get(count)!);
  };
}

function pointOf(own: readonly Column[], at: number): ReadonlyMap<string, number> {
  return new Map(own.map(({ name, values }) => [name, values[at]!] as const));
}

/** What one scene and target are looked at with; near probes for all distances of the study. */
interface Look {
  readonly probes: SceneProbes;
  readonly near: readonly NearProbe[];
}

function lookAt(prepared: CurvaturePrepared, scene: ProbedScene, target: number): Look {
  const { setting, geometry, codes } = prepared;
  const probes = probesOf(prepared, scene, target);
  const member = memberOf(prepared, target);
  const place = { poisonRow: codes.rows + member, poisonLabel: geometry.poisons.labels[member]! };
  const distances = hasNearProbe(setting.spec) ? setting.distance.values : [];
  return { probes, near: distances.map((distance) => nearProbe(prepared, probes, { ...place, distance })) };
}

/** The row of ζ among the scene's poisons. */
function memberOf({ geometry }: CurvaturePrepared, target: number): number {
  return geometry.poisons.members[target]?.[0] ?? 0;
}

function probesOf(prepared: CurvaturePrepared, scene: ProbedScene, target: number): SceneProbes {
  const { setting, replicate, geometry } = prepared;
  const { curvature, seed } = setting.spec;
  if (curvature === undefined) throw new RangeError("the study asks for no curvature");
  const chosen = chooseProbes({ curvature, seed, replicate, labels: geometry.testLabels,
    target: setting.target.values[target]! });
  return sceneProbes(prepared, scene, chosen);
}

/** The counts searched together with those of the line: whole chunks of the study's. */
function pathSegments({ setting }: CurvaturePrepared, line: Line, isPath: boolean): (readonly number[])[] {
  if (!isPath) return [line.counts];
  const { count } = setting;
  return anchoredBlocks(count, line.countRange, count.chunk).map((range) =>
    indicesOf(range).map((index) => count.values[index]!));
}

/** The columns of each system of a group; null for one that has no solution. */
function searchGroup(
  block: CurvatureBlock,
  line: Line,
  { probes, near }: Look,
  from: number,
  size: number,
): (SystemColumns | null)[] {
  const { prepared, solved } = block;
  const systems = Array.from({ length: size }, (_, i) => from + i).filter((i) => i < solved.systems.length);
  const models = systems.map((system) => modelOf(block, { ...line, system }, probes));
  const trail: Trail = new Map();
  const pendingOf = (model: LineModel): Pending<readonly Column[]>[] => [lineColumns(model, prepared, trail)]
    .concat(near.map((one, at) => nearColumns(model, { ...one, name: `near ${at}` }, prepared, trail)));
  const pending = models.map((model) => (model === null ? null : pendingOf(model)));
  for (let phase = 0; phase < SEARCH_PHASES; phase++) {
    const tasks = pending.flatMap((own) => own?.flatMap(({ phases }) => phases[phase]?.() ?? []) ?? []);
    driveAll(tasks, prepared.linalg);
  }
  return pending.map((own) => own?.map((one) => one.finish()) ?? null);
}

/** One system's weights in the rows' own order; null where there are none to trust. */
function modelOf(block: CurvatureBlock, line: Line, probes: SceneProbes): LineModel | null {
  const { prepared, scenes, solved, weights } = block;
  const solution = solved.solutions[line.system];
  if (solution === null || solution === undefined) return null;
  const { codes, setting } = prepared;
  const [n, q] = [codes.rows, codes.cols];
  const member = memberOf(prepared, line.target);
  const poison = solution.poisons[line.scene]!;
  const variance = poison.variances[member]!;
  const m = poison.variances.length;
  const self = scenes[line.scene]!.poisonPoison.data[member + member * m]!;
  if (isCancelled(variance, self)) return null;
  const ahead = scenes.slice(0, line.scene).reduce((sum, one) => sum + one.poisonPoison.rows, 0);
  const column = solved.systems.length * (q + ahead) + line.system * m + member;
  const clean = padded(columns(weights, line.system * q, (line.system + 1) * q), n + m, q);
  const pull = new Float64Array(n + m);
  columns(weights, column, column + 1).data.forEach((u, i) => (pull[i] = -u));
  pull[n + member] = 1;
  const target = setting.target.values[line.target]!;
  const { c } = solved.systems[line.system]!;
  const r = rowOf(poison.scores, member).map((score, j) => (j === target ? 1 : 0) - 1 / q - score);
  return { probes, weights: modelWeights(clean, pull, prepared.linalg), r, target, counts: line.counts,
    c, variance, self, poisonRow: n + member };
}
