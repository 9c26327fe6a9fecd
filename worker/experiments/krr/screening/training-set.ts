// The training rows of one point, as a detector finds them: clean rows and poisons together.
import { type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { Members, ScreenedPrepared, ScreenedScene } from "./screened.ts";
import type { SetKernel } from "./set-kernel.ts";

export interface TrainingSet extends Members {
  /** (n'), clean rows first. */
  readonly labels: Int32Array;
  readonly isPoison: Uint8Array;
  /** Over all of them. */
  readonly kernel: SetKernel;
}

export interface TrainingRequest {
  readonly prepared: ScreenedPrepared;
  readonly scene: ScreenedScene;
  /** Index along the study's targets. */
  readonly target: number;
  /** m. */
  readonly count: number;
}

export function trainingSet({ prepared, scene, target, count }: TrainingRequest): TrainingSet {
  const { geometry, setting, labels: own } = prepared;
  const { kind } = setting.spec.attack;
  const members = geometry.poisons.members[target]!;
  const poisons = kind === "clones" ? new Int32Array(count).fill(members[0] ?? 0) : members.slice(0, count);
  const replaced = new Set(kind === "replace" ? Array.from(poisons, (row) => geometry.poisons.rows[row]!) : []);
  const clean = Int32Array.from(own.keys()).filter((row) => !replaced.has(row));
  const labels = new Int32Array(clean.length + poisons.length).fill(setting.target.values[target]!);
  clean.forEach((row, i) => {
    labels[i] = own[row]!;
  });
  const isPoison = new Uint8Array(labels.length).fill(1, clean.length);
  return { clean, poisons, labels, isPoison, kernel: scene.kernelOf({ clean, poisons }) };
}

/** The class of each row of codes, (n). */
export function labelsOf(codes: Matrix, classes: number): Int32Array {
  const labels = new Int32Array(codes.rows);
  for (let j = 0; j < classes; j++) {
    for (let i = 0; i < codes.rows; i++) if (codes.data[i + j * codes.rows]! > 0) labels[i] = j;
  }
  return labels;
}

/** Y of labels, (n', q): one-hot minus 1/q. */
export function codesFor(labels: Int32Array, classes: number): Matrix {
  const codes = matrix(labels.length, classes);
  codes.data.fill(-1 / classes);
  labels.forEach((label, row) => {
    codes.data[row + label * labels.length]! += 1;
  });
  return codes;
}
