// A prepared krr setting, ready to measure boxes: which lines to measure, and where they go.
import type { ResultBlock } from "../../../schema/column.ts";
import { SCENES_TOGETHER, systemsTogether } from "../../../schema/experiments/krr-cost.ts";
import { type Box, boxSizes, pointCount } from "../../../schema/grid.ts";
import type { KrrSpec } from "../../../schema/study.ts";
import type { Bench } from "../experiment.ts";
import { kernelMap } from "../kernel/kernel-map.ts";
import { addedAttack } from "./added-attack.ts";
import { clonesAttack } from "./clones-attack.ts";
import { type Attacker, type LineMeasurer, withColumns } from "./line.ts";
import type { Prepared } from "./prepared.ts";
import { screeningLines } from "./screening/lines.ts";
import { hostScreenedScene, type ScreenedPrepared } from "./screening/screened.ts";
import { labelsOf } from "./screening/training-set.ts";
import { type RowWriter, rowWriter } from "./rows.ts";
import {
  anchoredBlocks,
  indicesOf,
  type Range,
  type Selection,
  selectionOf,
  type Setting,
} from "./setting.ts";
import { type System, systemBlocks } from "./systems.ts";

const ATTACKERS: Readonly<Record<KrrSpec["attack"]["kind"], Attacker>> = {
  clones: clonesAttack,
  added: addedAttack,
  replace: addedAttack,
  cluster: addedAttack,
  shortcut: addedAttack,
};

export function benchOf(prepared: Prepared): Bench<ResultBlock> {
  const { setting, geometry, lengthScale, solver, trainTest } = prepared;
  const { kind } = setting.spec.attack;
  const poisons = kind === "clones" ? geometry.poisons.rows.length : 0;
  const map = kernelMap(setting.spec.kernel, lengthScale, geometry.dimension);
  const attackOn = (strengths: Range): BlockMeasurer => {
    const scenes = indicesOf(strengths).map((index) =>
      prepared.scene(setting.strength.values[index] ?? Number.NaN));
    const { screening } = setting.spec;
    const screens = screening === undefined ? null
      : screeningLines(screenedPrepared(prepared), scenes.map((scene) => hostScreenedScene(prepared, scene, map)), screening);
    const screened = (measure: LineMeasurer, systems: readonly System[]): LineMeasurer => (screens === null ? measure
      : withColumns(measure, (line) => screens(systems[line.system]!, line).map((found) => ({ screening: found }))));
    return (systems) => {
      const measure = screened(ATTACKERS[kind](prepared, systems, scenes), systems);
      return (line) =>
        scenes[line.scene]?.isFinite === true ? measure(line) : refuse(line);
    };
  };
  const together = (scenes: number): number =>
    systemsTogether(setting.route, geometry.classes + scenes * poisons);
  return {
    // Benches of one replicate share a geometry, but each may be the one that keeps it alive.
    bytes: solver.bytes + trainTest.data.byteLength + geometry.bytes,
    ...(setting.spec.precision === undefined ? {} : { detail: "cholesky, mixed precision" }),
    measure: (box) =>
      measureBox({ setting, lengthScale, attackOn, scenesTogether: SCENES_TOGETHER, together }, box),
  };
}

function screenedPrepared(prepared: Prepared): ScreenedPrepared {
  const { codes, classes } = prepared.geometry;
  return { ...prepared, labels: labelsOf(codes, classes) };
}

/** For training rows whose kernel matrix is not finite: every point is a row that says so. */
export function hopelessBench(setting: Setting, lengthScale: number): Bench<ResultBlock> {
  const attackOn = (): BlockMeasurer => () => refuse;
  const together = (): number => 1;
  return {
    bytes: 0,
    measure: (box) =>
      measureBox({ setting, lengthScale, attackOn, scenesTogether: SCENES_TOGETHER, together }, box),
  };
}

/** Lines of kernels that are not finite. */
export const refuse: LineMeasurer = ({ counts }) => counts.map(() => "non_finite");

type BlockMeasurer = (systems: readonly System[]) => LineMeasurer;

export interface MeasuringPlan {
  readonly setting: Setting;
  readonly lengthScale: number;
  readonly attackOn: (strengths: Range) => BlockMeasurer;
  /** Trigger strengths of one `attackOn`. */
  readonly scenesTogether: number;
  /** Systems of one block, given the number of scenes. */
  readonly together: (scenes: number) => number;
}

/** Measures the points of a box, block by block. */
export function measureBox(plan: MeasuringPlan, box: Box): ResultBlock {
  const { setting, attackOn, scenesTogether, together } = plan;
  const selection = selectionOf(setting, box);
  const writer = rowWriter(setting.spec, pointCount(boxSizes(box)));
  for (const strengths of anchoredBlocks(setting.strength, selection.strength, scenesTogether)) {
    const measureBlock = attackOn(strengths);
    const most = together(strengths.to - strengths.from);
    for (const systems of systemBlocks(setting, selection, most)) {
      const measure = measureBlock(systems);
      systems.forEach((system, index) => {
        writeSystem(plan, { selection, writer, strengths, system, index, measure });
      });
    }
  }
  return writer.block;
}

interface Measured {
  readonly selection: Selection;
  readonly writer: RowWriter;
  readonly strengths: Range;
  readonly system: System;
  readonly index: number;
  readonly measure: LineMeasurer;
}

/** Measures and writes all lines of one system. */
function writeSystem({ setting, lengthScale }: MeasuringPlan, measured: Measured): void {
  const { selection, writer, strengths, system, index, measure } = measured;
  const countIndices = indicesOf(system.counts);
  if (countIndices.length === 0) return;
  const counts = countIndices.map((count) => setting.count.values[count] ?? Number.NaN);
  // Without a penalty there is one κ; where nothing can be measured all κ say so.
  const penalties = indicesOf(selection.penalty);
  const distances = indicesOf(selection.distance);
  const known = { ridge_absolute: system.c, length_scale_absolute: lengthScale };
  for (const strength of indicesOf(strengths)) {
    if (strength < selection.strength.from || strength >= selection.strength.to) continue;
    for (const target of indicesOf(selection.target)) {
      const results = measure({ system: index, scene: strength - strengths.from, target, counts,
        countRange: system.counts, distanceRange: selection.distance });
      results.forEach((result, at) => {
        const count = countIndices[at] ?? 0;
        for (const penalty of penalties) {
          distances.forEach((distance, place) => {
            const row = selection.row({ strength, target, ridge: system.ridge, count, penalty, distance });
            if (typeof result === "string") writer.fail(row, known, result);
            else writer.write(row, known, result, place);
          });
        }
      });
    }
  }
}
