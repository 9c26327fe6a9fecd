// What screening reads of a prepared setting and a trigger strength, wherever their matrices lie.
import { ComputeError } from "../../../../schema/failure.ts";
import { besideDevice } from "../../../linalg/beside.ts";
import { type Matrix, matrix } from "../../../linalg/matrix.ts";
import { innerProducts, squaredDistances } from "../../kernel/distance.ts";
import type { KernelMap } from "../../kernel/kernel-map.ts";
import { type Geometry, isMeasuredByDistance } from "../geometry.ts";
import type { Prepared } from "../prepared.ts";
import { mapped, type Scene } from "../scene.ts";
import { hostSetKernel, type SetKernel } from "./set-kernel.ts";

export interface ScreenedPrepared extends Pick<Prepared, "setting" | "linalg" | "replicate" | "victims"> {
  readonly geometry: Pick<Geometry, "classes" | "poisons" | "testLabels">;
  /** The class of each clean row, (n). */
  readonly labels: Int32Array;
}

/** Clean rows and poison rows of a scene that a training set is made of; clones once for each copy. */
export interface Members {
  readonly clean: Int32Array;
  readonly poisons: Int32Array;
}

export interface ScreenedScene {
  /** As they are measured, (d, ·). */
  readonly rows: Readonly<Record<"train" | "poisons" | "test" | "triggered", Matrix>>;
  /** Of the n' rows of a training set; that of the set before may be gone. */
  readonly kernelOf: (members: Members) => SetKernel;
  /** K between these rows and test rows, (n', t). */
  readonly between: (members: Members, of: "clean" | "triggered") => Matrix;
  /** The function of weights over a training set, (n', q), that gives its scores at some rows, (q, ·). */
  readonly scoresAt: (rows: Matrix) => (members: Members, weights: Matrix) => Matrix;
}

export function hostScreenedScene(prepared: Prepared, { geometry: own }: Scene, map: KernelMap): ScreenedScene {
  const { geometry, linalg, setting } = prepared;
  if (geometry.features === null || own.features === null) {
    throw new ComputeError("bug", "no_features", "screening needs the rows themselves");
  }
  const { train, test } = geometry.features;
  const { poisons, test: triggered } = own.features;
  const measure = isMeasuredByDistance(setting.spec.kernel) ? squaredDistances : innerProducts;
  const measures = {
    clean: [geometry.trainTest, own.poisonTest],
    triggered: [own.trainTriggered, own.poisonTriggered],
  } as const;
  return {
    rows: { train, poisons, test, triggered },
    kernelOf: (members) => hostSetKernel(kernelOver(members, [geometry.trainTrain, own.trainPoison, own.poisonPoison], map), linalg),
    between: (members, of) => mapped(joined(members, ...measures[of]), map),
    scoresAt(rows) {
      const [ofClean, ofPoisons] = [train, poisons].map((some) => mapped(measure(some, rows, linalg), map));
      return (members, weights) => {
        const [clean, added] = spread(members, weights, [train.cols, poisons.cols]);
        const out = matrix(weights.cols, rows.cols);
        const narrow = besideDevice(linalg);
        narrow.gemm({ a: clean, b: ofClean!, c: out, transposeA: true });
        narrow.gemm({ a: added, b: ofPoisons!, c: out, transposeA: true, beta: 1 });
        return out;
      };
    },
  };
}

/** K over the members, both triangles, from measures of clean rows, of these and poisons, of poisons. */
function kernelOver({ clean, poisons }: Members, [trainTrain, trainPoison, poisonPoison]: readonly [Matrix, Matrix, Matrix], map: KernelMap): Matrix {
  const n = trainTrain.rows;
  const size = clean.length + poisons.length;
  const kernel = matrix(size, size);
  for (let j = 0; j < size; j++) {
    for (let i = 0; i <= j; i++) kernel.data[i + j * size] = measureOf(i, j);
  }
  map.fill(kernel.data, kernel.data, 0, kernel.data.length);
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < j; i++) kernel.data[j + i * size] = kernel.data[i + j * size]!;
  }
  return kernel;

  function measureOf(i: number, j: number): number {
    if (j < clean.length) return trainTrain.data[clean[i]! + clean[j]! * n]!;
    const poison = poisons[j - clean.length]!;
    if (i < clean.length) return trainPoison.data[clean[i]! + poison * n]!;
    return poisonPoison.data[poisons[i - clean.length]! + poison * poisonPoison.rows]!;
  }
}

/** Rows of a training set out of two matrices with a row for each clean and each poison row. */
function joined({ clean, poisons }: Members, ofClean: Matrix, ofPoisons: Matrix): Matrix {
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

/** Weights by clean row and by poison row: 0 for who is not there, summed over copies. */
export function spread({ clean, poisons }: Members, weights: Matrix, [n, m]: readonly [number, number]): [Matrix, Matrix] {
  const [ofClean, ofPoisons] = [matrix(n, weights.cols), matrix(m, weights.cols)];
  for (let k = 0; k < weights.cols; k++) {
    const start = k * weights.rows;
    clean.forEach((row, i) => {
      ofClean.data[row + k * n] = weights.data[start + i]!;
    });
    poisons.forEach((row, i) => {
      ofPoisons.data[row + k * m]! += weights.data[start + clean.length + i]!;
    });
  }
  return [ofClean, ofPoisons];
}
