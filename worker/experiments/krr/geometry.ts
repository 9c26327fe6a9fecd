// What all length scales of a replicate share: the drawn rows and their measures.
//
// Computed once per replicate, and once per trigger strength for triggered rows, then kept in a
// cache of bounded size, since consecutive jobs mostly differ in length scale alone. The measure of
// two rows is their squared distance, or their inner product for linear and polynomial kernels.
import type { DataPool } from "../../../data/draw.ts";
import { isRadial, isSpherical, type Kernel } from "../../../schema/experiments/krr.ts";
import { GEOMETRY_BYTES_MAX, SCENE_BYTES_MAX } from "../../../schema/experiments/krr-cost.ts";
import { poisonsMax } from "../../../schema/experiments/krr-poison.ts";
import { type Matrix, matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import {
  columnMean,
  innerProducts,
  shiftColumns,
  squaredDistances,
  squaredDistancesWithin,
} from "../kernel/distance.ts";
import { medianDistance } from "../kernel/median.ts";
import { ByteCache } from "./byte-cache.ts";
import { isFiniteMatrix } from "./matrix-parts.ts";
import type { Poisons } from "./poisons.ts";
import { drawReplicate, type Replicate, type ReplicateRequest } from "./replicate.ts";

export interface Geometry {
  readonly classes: number;
  /** d, features of a row. */
  readonly dimension: number;
  /** Y, (n, q): one-hot minus 1/q; with an intercept one more column, of ones. */
  readonly codes: Matrix;
  /** (t). */
  readonly testLabels: Int32Array;
  readonly poisons: Poisons;
  /** Measures, (n, n). */
  readonly trainTrain: Matrix;
  /** Measures, (n, t). */
  readonly trainTest: Matrix;
  /** Whether every measure of training and test rows is finite. */
  readonly isFinite: boolean;
  /** Median distance between training rows; NaN where the study does not ask for it. */
  readonly median: number;
  readonly bytes: number;
  /** The rows themselves, where curvature or screening is asked for: (d, n) and (d, t), as they are measured. */
  readonly features: { readonly train: Matrix; readonly test: Matrix } | null;
  /** What one trigger strength adds. */
  readonly scene: (strength: number) => SceneGeometry;
}

/** Measures between the rows of one trigger strength and the others, for M poison rows. */
export interface SceneGeometry {
  /** (n, t): training rows and triggered test rows. */
  readonly trainTriggered: Matrix;
  /** (n, M). */
  readonly trainPoison: Matrix;
  /** (M, t): poisons and clean test rows. */
  readonly poisonTest: Matrix;
  /** (M, t): poisons and triggered test rows. */
  readonly poisonTriggered: Matrix;
  /** (M, M). */
  readonly poisonPoison: Matrix;
  /** As the geometry's: poisons (d, M) and triggered test rows (d, t). */
  readonly features: { readonly poisons: Matrix; readonly test: Matrix } | null;
  readonly isFinite: boolean;
}

/** The caches of one data set on one thread: they live as long as its pool. */
class GeometryCaches {
  readonly geometries = new ByteCache<Geometry>(GEOMETRY_BYTES_MAX);
  readonly scenes = new ByteCache<SceneGeometry>(SCENE_BYTES_MAX);
}
const cachesOf = new WeakMap<DataPool, GeometryCaches>();

/** The geometry of one replicate, from the cache or made now; the same bits either way. */
export function geometryOf(
  request: ReplicateRequest,
  pool: DataPool,
  linalg: LinalgProvider,
): Geometry {
  const caches = cachesOf.get(pool) ?? new GeometryCaches();
  cachesOf.set(pool, caches);
  const key = keyOf(request, linalg);
  return caches.geometries.get(key, () => {
    const { makeScene, ...rest } = makeGeometry(request, pool, linalg);
    const scene = (strength: number): SceneGeometry =>
      caches.scenes.get(`${key} ${strength}`, () => {
        const value = makeScene(strength);
        return { value, bytes: bytesOf(...matricesOf(value)) };
      });
    return { value: { ...rest, scene }, bytes: rest.bytes };
  });
}

/** Everything that a geometry depends on, the data set itself apart. */
export function keyOf({ spec, targets, replicate }: ReplicateRequest, linalg: LinalgProvider): string {
  const { seed, data, attack, kernel, intercept = false } = spec;
  const measure = isRadial(kernel) ? kernel.length_scale_unit : isSpherical(kernel) ? "sphere" : "inner";
  const most = poisonsMax(spec);
  const keeps = spec.curvature !== undefined || spec.screening !== undefined;
  const settings = [seed, data, attack, measure, most, targets, replicate, keeps, intercept];
  return JSON.stringify([linalg.name, ...settings]);
}

interface Made extends Omit<Geometry, "scene"> {
  readonly makeScene: (strength: number) => SceneGeometry;
}

/** Whether a kernel sees squared distances, rather than inner products. */
export function isMeasuredByDistance(kernel: Kernel): boolean {
  return isRadial(kernel) || isSpherical(kernel);
}

/** A replicate's rows as they are measured. */
export interface MeasuredRows {
  readonly rows: Replicate;
  /** (d, n) and (d, t). */
  readonly train: Matrix;
  readonly test: Matrix;
  /** Y, as the geometry's. */
  readonly codes: Matrix;
  /** New matrices, (d, t) and (d, M). */
  readonly triggered: (strength: number) => { readonly test: Matrix; readonly poisons: Matrix };
}

export function measuredRows(request: ReplicateRequest, pool: DataPool): MeasuredRows {
  const { kernel, intercept } = request.spec;
  const rows = drawReplicate(request, pool);
  // Distances do not change when all rows move, and digits are saved where rows lie around 0.
  const centre = isRadial(kernel) ? columnMean(rows.train) : null;
  const centred = (x: Matrix): Matrix => {
    if (centre !== null) shiftColumns(x, centre);
    return x;
  };
  return {
    rows,
    train: centred(rows.train),
    test: centred(rows.test),
    codes: codesOf(rows, intercept === true),
    triggered(strength) {
      const { test, poisons } = rows.triggered(strength);
      return { poisons: centred(poisons), test: centred(test) };
    },
  };
}

function makeGeometry(request: ReplicateRequest, pool: DataPool, linalg: LinalgProvider): Made {
  const { kernel, curvature, screening } = request.spec;
  const keeps = curvature !== undefined || screening !== undefined;
  const { rows, train, test, codes, triggered } = measuredRows(request, pool);
  const radial = isRadial(kernel);
  const byDistance = isMeasuredByDistance(kernel);
  const measure = byDistance ? squaredDistances : innerProducts;
  const within = byDistance ? squaredDistancesWithin : (x: Matrix) => linalg.gram(x);
  const trainTrain = within(train, linalg);
  const trainTest = measure(train, test, linalg);
  const wantsMedian = radial && kernel.length_scale_unit === "median_distance";
  return {
    classes: rows.classes,
    dimension: train.rows,
    codes,
    testLabels: rows.testLabels,
    poisons: rows.poisons,
    trainTrain,
    trainTest,
    isFinite: isFiniteMatrix(trainTrain) && isFiniteMatrix(trainTest),
    features: keeps ? { train, test } : null,
    median: wantsMedian ? medianDistance(trainTrain) : Number.NaN,
    bytes: rows.bytes + bytesOf(trainTrain, trainTest),
    makeScene(strength) {
      const { poisons, test: triggeredTest } = triggered(strength);
      const scene = {
        trainTriggered: measure(train, triggeredTest, linalg),
        trainPoison: measure(train, poisons, linalg),
        poisonTest: measure(poisons, test, linalg),
        poisonTriggered: measure(poisons, triggeredTest, linalg),
        poisonPoison: within(poisons, linalg),
        features: keeps ? { poisons, test: triggeredTest } : null,
        isFinite: true,
      };
      return { ...scene, isFinite: matricesOf(scene).every(isFiniteMatrix) };
    },
  };
}

function codesOf({ trainLabels, classes }: Replicate, hasIntercept: boolean): Matrix {
  const n = trainLabels.length;
  const codes = matrix(n, classes + (hasIntercept ? 1 : 0));
  codes.data.fill(1).fill(-1 / classes, 0, n * classes);
  trainLabels.forEach((label, row) => {
    codes.data[row + label * n]! += 1;
  });
  return codes;
}

function bytesOf(...matrices: readonly Matrix[]): number {
  return matrices.reduce((sum, { data }) => sum + data.byteLength, 0);
}

function matricesOf(scene: SceneGeometry): Matrix[] {
  const { trainTriggered, trainPoison, poisonTest, poisonTriggered, poisonPoison } = scene;
  return [trainTriggered, trainPoison, poisonTest, poisonTriggered, poisonPoison];
}
