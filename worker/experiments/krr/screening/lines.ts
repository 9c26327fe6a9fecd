// The data-side detectors of a bench: what is asked of each line, and what its points share.
//
// What looks at training rows alone is the same for every ridge and is kept; STRIP and DPA solve the poisoned
// system of each point, which costs about n³/3 and n³/3k² for k partitions.
import { randomFrom } from "../../../../data/random.ts";
import type { Screening } from "../../../../schema/experiments/krr-screening.ts";
import { ComputeError } from "../../../../schema/failure.ts";
import { deriveSeed } from "../../../../schema/seed.ts";
import { besideDevice, forOrder } from "../../../linalg/beside.ts";
import { copyOf, matrix, type Matrix } from "../../../linalg/matrix.ts";
import { classDetections } from "../../../screening/class-detections.ts";
import { type ClassFeatures, classFeatures } from "../../../screening/class-features.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { type KernelMap, kernelMap } from "../../kernel/kernel-map.ts";
import { innerProducts, squaredDistances } from "../../kernel/distance.ts";
import { isMeasuredByDistance } from "../geometry.ts";
import { type Line, rememberLast } from "../line.ts";
import { takeBlock } from "../matrix-parts.ts";
import type { Prepared } from "../prepared.ts";
import { mapped, type Scene } from "../scene.ts";
import type { System } from "../systems.ts";
import { solved, voteMetrics } from "./aggregate.ts";
import { blendRows, chooseBlends, stripMetrics } from "./blends.ts";
import { codesFor, joined, trainingSet, type TrainingSet } from "./training-set.ts";

export type ScreenedLine = (system: System, line: Line) => readonly ReadonlyMap<string, number>[];

/** What one bench measures of some scenes, line by line. */
export function screeningLines(prepared: Prepared, scenes: readonly Scene[], screening: Screening): ScreenedLine {
  const { geometry, setting, lengthScale, linalg, replicate } = prepared;
  const { spec } = setting;
  const map = kernelMap(spec.kernel, lengthScale, geometry.dimension);
  const seed = deriveSeed(spec.seed, "screening", replicate, screening.seed);
  // What was found is small and kept; a training set is as large as the kernel matrix, and made again.
  const known = new Map<string, ReadonlyMap<string, number>>();
  const setOf = rememberLast<TrainingSet>();
  const blends = new Map<string, BlendKernels>();
  const featuresFrom = featureCache(geometry.codes.rows, linalg);
  const setAt = (line: Line, count: number): TrainingSet =>
    setOf(`${line.scene} ${line.target} ${count}`, () =>
      trainingSet({ prepared, scene: scenes[line.scene]!, target: line.target, count, map }));
  const detectedAt = (line: Line, count: number): ReadonlyMap<string, number> => {
    const key = `${line.scene} ${line.target} ${count}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const set = setAt(line, count);
    const made = classDetections({
      labels: set.labels, isPoison: set.isPoison,
      components: (rows, most) => featuresFrom(set, rows, most),
      classes: geometry.classes, target: setting.target.values[line.target]!,
      detectors: screening.detectors, seed, linalg: besideDevice(linalg),
    });
    known.set(key, made);
    return made;
  };
  const blendsAt = (line: Line): BlendKernels => {
    const key = `${line.scene} ${line.target}`;
    const made = blends.get(key) ?? blendKernels({ prepared, scene: scenes[line.scene]!, line, screening, map }, seed);
    blends.set(key, made);
    return made;
  };
  return ({ c }, line) => line.counts.map((count) => {
    const point = (): Point =>
      ({ prepared, scene: scenes[line.scene]!, line, set: setAt(line, count), c, screening });
    return new Map([
      ...detectedAt(line, count),
      ...(screening.detectors.includes("strip") ? orNothing(() => blended(point(), blendsAt(line))) : []),
      ...(screening.partitions === undefined ? [] : orNothing(() => voted(point(), map))),
    ]);
  });
}

interface Point {
  readonly prepared: Prepared;
  readonly scene: Scene;
  readonly line: Line;
  readonly set: TrainingSet;
  readonly c: number;
  readonly screening: Screening;
}

/** Without a ridge some systems are singular: those columns stay NaN. */
function orNothing(make: () => Map<string, number>): Map<string, number> {
  try {
    return make();
  } catch (error) {
    if (error instanceof ComputeError && error.kind === "numeric") return new Map();
    throw error;
  }
}

/** Components of some rows; classes without a poison are the same at every count, and found once. */
function featureCache(cleanRows: number, linalg: LinalgProvider): (set: TrainingSet, rows: Int32Array, most: number) => ClassFeatures {
  const known = new Map<string, ClassFeatures>();
  return (set, rows, most) => {
    const make = (): ClassFeatures => classFeatures(takeBlock(set.kernel, rows), most, forOrder(linalg, rows.length));
    // Where rows were replaced, places are others.
    if (set.clean.length < cleanRows || rows.some((row) => row >= cleanRows)) return make();
    // Classes share no row, so that a first row and a number name one; all rows have the most.
    const key = `${most} ${rows.length} ${rows[0]}`;
    const found = known.get(key) ?? make();
    known.set(key, found);
    return found;
  };
}

/** K between training rows or poisons, and blends or references: of all counts and ridges of a line. */
interface BlendKernels {
  readonly labels: Int32Array;
  readonly ofClean: readonly Matrix[];
  readonly ofPoisons: readonly Matrix[];
}

interface BlendRequest {
  readonly prepared: Prepared;
  readonly scene: Scene;
  readonly line: Line;
  readonly screening: Screening;
  readonly map: KernelMap;
}

function blendKernels({ prepared, scene, line, screening, map }: BlendRequest, seed: number): BlendKernels {
  const { geometry, linalg, setting } = prepared;
  const features = featuresOf(prepared, scene);
  const target = setting.target.values[line.target]!;
  const choice = chooseBlends(prepared.victims[line.target]!, screening, randomFrom(deriveSeed(seed, "strip", target)));
  const { references, probes, overlays } = choice;
  const plain = matrix(features.test.rows, references.length);
  references.forEach((row, i) => {
    plain.data.set(features.test.data.subarray(row * plain.rows, (row + 1) * plain.rows), i * plain.rows);
  });
  const rows = [
    blendRows(features.test, references, features.test, overlays),
    blendRows(features.test, probes, features.test, overlays),
    blendRows(features.triggered, probes, features.test, overlays),
    plain,
  ];
  const measure = isMeasuredByDistance(setting.spec.kernel) ? squaredDistances : innerProducts;
  return {
    labels: references.map((row) => geometry.testLabels[row]!),
    ofClean: rows.map((some) => mapped(measure(features.train, some, linalg), map)),
    ofPoisons: rows.map((some) => mapped(measure(features.poisons, some, linalg), map)),
  };
}

function blended({ prepared, set, c, screening }: Point, blends: BlendKernels): Map<string, number> {
  const { geometry, linalg } = prepared;
  const kernels = blends.ofClean.map((ofClean, i) => joined(set, ofClean, blends.ofPoisons[i]!));
  const weights = solved(copyOf(set.kernel), c, codesFor(set.labels, geometry.classes), linalg);
  const [references, clean, triggered, plain] = kernels;
  return stripMetrics({ references: references!, clean: clean!, triggered: triggered!, plain: plain! }, weights,
    { labels: blends.labels, falseRate: screening.false_rate, linalg });
}

function voted({ prepared, scene, line, set, c, screening }: Point, map: KernelMap): Map<string, number> {
  const { geometry, linalg, setting, victims } = prepared;
  const features = featuresOf(prepared, scene);
  const { attack, ridge_scaling: scaling } = setting.spec;
  const own = scene.geometry;
  return voteMetrics({
    set, classes: geometry.classes, rows: features.train, poisonRows: features.poisons,
    test: mapped(joined(set, geometry.trainTest, own.poisonTest), map),
    triggered: mapped(joined(set, own.trainTriggered, own.poisonTriggered), map),
    testLabels: geometry.testLabels, victims: victims[line.target]!,
    partitions: screening.partitions ?? 1, c, sharesRidge: scaling !== "absolute",
    changes: set.poisons.length * (attack.kind === "replace" ? 2 : 1), linalg,
  });
}

interface Features {
  readonly train: Matrix;
  readonly test: Matrix;
  readonly triggered: Matrix;
  readonly poisons: Matrix;
}

function featuresOf({ geometry }: Prepared, { geometry: scene }: Scene): Features {
  if (geometry.features === null || scene.features === null) {
    throw new ComputeError("bug", "no_features", "screening needs the rows themselves");
  }
  const { train, test } = geometry.features;
  return { train, test, triggered: scene.features.test, poisons: scene.features.poisons };
}
