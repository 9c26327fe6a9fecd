// A prepared setting with a gradient penalty: which points to measure, and where they go.
//
// κ is innermost: one eigenproblem per ridge, trigger strength, poison and count serves them all.
import type { ResultBlock } from "../../../../schema/column.ts";
import { penaltiesTogether } from "../../../../schema/experiments/krr-penalty.ts";
import { type Box, boxSizes, pointCount } from "../../../../schema/grid.ts";
import type { Bench } from "../../experiment.ts";
import { type RowWriter, rowWriter } from "../rows.ts";
import { anchoredBlocks, indicesOf, type Range, type Selection, selectionOf } from "../setting.ts";
import { pivotTolerance } from "../solver.ts";
import { type System, systemBlocks } from "../systems.ts";
import { penaltyMeasurer, type PenaltyMeasurer } from "./lines.ts";
import type { PenaltyPrepared, PenaltyScene } from "./prepared.ts";

export function penaltyBench(prepared: PenaltyPrepared): Bench<ResultBlock> {
  return { bytes: prepared.bytes, measure: (box) => measureBox(prepared, box) };
}

function measureBox(prepared: PenaltyPrepared, box: Box): ResultBlock {
  const { setting, geometry } = prepared;
  const selection = selectionOf(setting, box);
  const writer = rowWriter(setting.spec, pointCount(boxSizes(box)));
  const most = penaltiesTogether(geometry.classes);
  for (const strength of indicesOf(selection.strength)) {
    const scene = prepared.scene(setting.strength.values[strength] ?? Number.NaN);
    for (const [system] of systemBlocks(setting, selection, 1)) {
      if (system === undefined) continue;
      for (const penalties of anchoredBlocks(setting.penalty, selection.penalty, most)) {
        writePoints(prepared, { selection, writer, scene, strength, system, penalties });
      }
    }
  }
  return writer.block;
}

interface Block {
  readonly selection: Selection;
  readonly writer: RowWriter;
  readonly scene: PenaltyScene;
  readonly strength: number;
  readonly system: System;
  readonly penalties: Range;
}

/** Measures and writes one ridge and strength for a block of κ: all counts and targets. */
function writePoints(prepared: PenaltyPrepared, block: Block): void {
  const { setting, lengthScale } = prepared;
  const { selection, writer, strength, system, penalties } = block;
  const kappas = indicesOf(penalties).map((index) => setting.penalty.values[index] ?? Number.NaN);
  const measure = measurerOf(prepared, block, kappas);
  // Targets innermost: those that share a poison also share its eigenproblem.
  for (const count of indicesOf(system.counts)) {
    const m = setting.count.values[count] ?? Number.NaN;
    for (const target of indicesOf(selection.target)) {
      measure({ count: m, target }).forEach((result, k) => {
        const penalty = penalties.from + k;
        if (penalty < selection.penalty.from || penalty >= selection.penalty.to) return;
        const row = selection.row({ strength, target, ridge: system.ridge, count, penalty, distance: 0 });
        const known = { ridge_absolute: system.c, length_scale_absolute: lengthScale,
          length_scale_effective: Math.sqrt(lengthScale ** 2 + 2 * (kappas[k] ?? Number.NaN)) };
        if (typeof result === "string") writer.fail(row, known, result);
        else writer.write(row, known, result);
      });
    }
  }
}

function measurerOf(
  prepared: PenaltyPrepared,
  { scene, system }: Block,
  kappas: readonly number[],
): PenaltyMeasurer {
  const { smallest, trace, half } = prepared.span;
  if (!scene.isFinite) return () => kappas.map(() => "non_finite");
  if (!(smallest + system.c > pivotTolerance(trace, half.rows, system.c))) {
    return () => kappas.map(() => "not_positive_definite");
  }
  return penaltyMeasurer(prepared, scene, { c: system.c, kappas });
}
