// The training rows of one point, as a detector finds them: clean rows and poisons together.
import { type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { KernelMap } from "../../kernel/kernel-map.ts";
import type { Prepared } from "../prepared.ts";
import type { Scene } from "../scene.ts";

export interface TrainingSet {
  /** Which clean rows are there, and which poison rows of the scene, clones once for each copy. */
  readonly clean: Int32Array;
  readonly poisons: Int32Array;
  /** (n'), clean rows first. */
  readonly labels: Int32Array;
  readonly isPoison: Uint8Array;
  /** K over all of them, (n', n'), both triangles. */
  readonly kernel: Matrix;
}

export interface TrainingRequest {
  readonly prepared: Prepared;
  readonly scene: Scene;
  /** Index along the study's targets. */
  readonly target: number;
  /** m. */
  readonly count: number;
  readonly map: KernelMap;
}

export function trainingSet({ prepared, scene, target, count, map }: TrainingRequest): TrainingSet {
  const { geometry, setting } = prepared;
  const { kind } = setting.spec.attack;
  const members = geometry.poisons.members[target]!;
  const poisons = kind === "clones" ? new Int32Array(count).fill(members[0] ?? 0) : members.slice(0, count);
  const replaced = new Set(kind === "replace" ? Array.from(poisons, (row) => geometry.poisons.rows[row]!) : []);
  const n = geometry.codes.rows;
  const clean = Int32Array.from({ length: n }, (_, row) => row).filter((row) => !replaced.has(row));
  const own = labelsOf(geometry.codes, geometry.classes);
  const labels = new Int32Array(clean.length + poisons.length).fill(setting.target.values[target]!);
  clean.forEach((row, i) => {
    labels[i] = own[row]!;
  });
  const isPoison = new Uint8Array(labels.length).fill(1, clean.length);
  const { trainPoison, poisonPoison } = scene.geometry;
  const kernel = matrix(labels.length, labels.length);
  for (let j = 0; j < labels.length; j++) {
    const column = j * labels.length;
    for (let i = 0; i <= j; i++) kernel.data[i + column] = measureOf(i, j);
  }
  map.fill(kernel.data, kernel.data, 0, kernel.data.length);
  for (let j = 0; j < labels.length; j++) {
    for (let i = 0; i < j; i++) kernel.data[j + i * labels.length] = kernel.data[i + j * labels.length]!;
  }
  return { clean, poisons, labels, isPoison, kernel };

  function measureOf(i: number, j: number): number {
    if (j < clean.length) return geometry.trainTrain.data[clean[i]! + clean[j]! * n]!;
    const poison = poisons[j - clean.length]!;
    if (i < clean.length) return trainPoison.data[clean[i]! + poison * n]!;
    return poisonPoison.data[poisons[i - clean.length]! + poison * poisonPoison.rows]!;
  }
}

/** The class of each row of codes, (n). */
export function labelsOf(codes: Matrix, classes: number): Int32Array {
  const labels = new Int32Array(codes.rows);
  for (let j = 0; j < classes; j++) {
    for (let i = 0; i < codes.rows; i++) if (codes.data[i + j * codes.rows]! > 0) labels[i] = j;
  }
  return labels;
}

/** Rows of a training set out of two matrices with a row for each clean and each poison row. */
export function joined({ clean, poisons }: Pick<TrainingSet, "clean" | "poisons">, ofClean: Matrix, ofPoisons: Matrix): Matrix {
  const rows = clean.length + poisons.length;
  const out = matrix(rows, ofClean.cols);
  for (let j = 0; j < out.cols; j++) {
    clean.forEach((row, i) => {
      out.data[i + j * rows] = ofClean.data[row + j * ofClean.rows]!;
    });
    poisons.forEach((row, i) => {
      out.data[clean.length + i + j * rows] = ofPoisons.data[row + j * ofPoisons.rows]!;
    });
  }
  return out;
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
