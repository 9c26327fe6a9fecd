// Data-side detectors on a trained network's penultimate features, as their papers have them.
import { deriveSeed } from "../../../schema/seed.ts";
import type { NetworkSpec } from "../../../schema/study.ts";
import { type Matrix, matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import { classDetections } from "../../screening/class-detections.ts";
import { rowFeatures } from "../../screening/class-features.ts";
import { represent } from "./penultimate.ts";
import type { RunSettings } from "./run.ts";
import type { TrainingState } from "./state.ts";

/** Area, true and false positive rate of each detector asked for, by column name. */
export async function screen(
  { network, set, seed }: RunSettings,
  state: TrainingState,
  screening: NonNullable<NetworkSpec["screening"]>,
  linalg: LinalgProvider,
): Promise<ReadonlyMap<string, number>> {
  const { features, labels, isPoison } = await represent(network, state, set);
  return classDetections({
    labels, isPoison,
    components: (rows, most) => rowFeatures(rowsOf(features, rows), most, linalg),
    classes: set.classes, target: set.target, detectors: screening.detectors,
    seed: deriveSeed(seed, "screening", screening.seed), linalg,
  });
}

function rowsOf(from: Matrix, rows: Int32Array): Matrix {
  const out = matrix(rows.length, from.cols);
  for (let j = 0; j < from.cols; j++) {
    for (let i = 0; i < rows.length; i++) out.data[i + j * rows.length] = from.data[rows[i]! + j * from.rows]!;
  }
  return out;
}
