// The data-side detectors of a bench: what is asked of each line, and what its points share.
//
// What looks at training rows alone is the same for every ridge and is kept; STRIP and DPA solve the poisoned
// system of each point, which costs about n³/3 and n³/3k² for k partitions.
import { randomFrom } from "../../../../data/random.ts";
import type { Screening } from "../../../../schema/experiments/krr-screening.ts";
import { ComputeError } from "../../../../schema/failure.ts";
import { deriveSeed } from "../../../../schema/seed.ts";
import { besideDevice } from "../../../linalg/beside.ts";
import type { Matrix } from "../../../linalg/matrix.ts";
import { classDetections } from "../../../screening/class-detections.ts";
import type { ClassFeatures } from "../../../screening/class-features.ts";
import { type Line, rememberLast } from "../line.ts";
import { takeColumns } from "../matrix-parts.ts";
import type { System } from "../systems.ts";
import { voteMetrics } from "./aggregate.ts";
import { blendRows, type BlendScores, chooseBlends, stripMetrics } from "./blends.ts";
import type { ScreenedPrepared, ScreenedScene } from "./screened.ts";
import { codesFor, trainingSet, type TrainingSet } from "./training-set.ts";

export type ScreenedLine = (system: System, line: Line) => readonly ReadonlyMap<string, number>[];

/** What one bench measures of some scenes, line by line. */
export function screeningLines(prepared: ScreenedPrepared, scenes: readonly ScreenedScene[], screening: Screening): ScreenedLine {
  const { geometry, setting, linalg, replicate } = prepared;
  const { spec } = setting;
  const seed = deriveSeed(spec.seed, "screening", replicate, screening.seed);
  // What was found is small and kept; a training set is as large as the kernel matrix, and made again.
  const known = new Map<string, ReadonlyMap<string, number>>();
  const setOf = rememberLast<TrainingSet>();
  const blends = new Map<string, Blends>();
  const featuresFrom = featureCache(prepared.labels.length);
  const setAt = (line: Line, count: number): TrainingSet =>
    setOf(`${line.scene} ${line.target} ${count}`, () =>
      trainingSet({ prepared, scene: scenes[line.scene]!, target: line.target, count }));
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
  const blendsAt = (line: Line): Blends => {
    const key = `${line.scene} ${line.target}`;
    const made = blends.get(key) ?? blendsOf({ prepared, scene: scenes[line.scene]!, line, screening }, seed);
    blends.set(key, made);
    return made;
  };
  return ({ c }, line) => line.counts.map((count) => {
    const point = (): Point =>
      ({ prepared, scene: scenes[line.scene]!, line, set: setAt(line, count), c, screening });
    return new Map([
      ...detectedAt(line, count),
      ...(screening.detectors.includes("strip") ? orNothing(() => blended(point(), blendsAt(line))) : []),
      ...(screening.partitions === undefined ? [] : orNothing(() => voted(point()))),
    ]);
  });
}

interface Point {
  readonly prepared: ScreenedPrepared;
  readonly scene: ScreenedScene;
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
function featureCache(cleanRows: number): (set: TrainingSet, rows: Int32Array, most: number) => ClassFeatures {
  const known = new Map<string, ClassFeatures>();
  return (set, rows, most) => {
    const make = (): ClassFeatures => set.kernel.features(rows, most);
    // Where rows were replaced, places are others.
    if (set.clean.length < cleanRows || rows.some((row) => row >= cleanRows)) return make();
    // Classes share no row, so that a first row and a number name one; all rows have the most.
    const key = `${most} ${rows.length} ${rows[0]}`;
    const found = known.get(key) ?? make();
    known.set(key, found);
    return found;
  };
}

/** The model's scores at blends and references, for the weights of any count and ridge of a line. */
interface Blends {
  readonly labels: Int32Array;
  readonly scores: Readonly<Record<keyof BlendScores, ReturnType<ScreenedScene["scoresAt"]>>>;
}

interface BlendRequest {
  readonly prepared: ScreenedPrepared;
  readonly scene: ScreenedScene;
  readonly line: Line;
  readonly screening: Screening;
}

function blendsOf({ prepared, scene, line, screening }: BlendRequest, seed: number): Blends {
  const { geometry, setting } = prepared;
  const { test, triggered } = scene.rows;
  const target = setting.target.values[line.target]!;
  const choice = chooseBlends(prepared.victims[line.target]!, screening, randomFrom(deriveSeed(seed, "strip", target)));
  const { references, probes, overlays } = choice;
  return {
    labels: references.map((row) => geometry.testLabels[row]!),
    scores: {
      references: scene.scoresAt(blendRows(test, references, test, overlays)),
      clean: scene.scoresAt(blendRows(test, probes, test, overlays)),
      triggered: scene.scoresAt(blendRows(triggered, probes, test, overlays)),
      plain: scene.scoresAt(takeColumns(test, references)),
    },
  };
}

function blended({ prepared, set, c, screening }: Point, { labels, scores }: Blends): Map<string, number> {
  const weights = set.kernel.solve(c, codesFor(set.labels, prepared.geometry.classes));
  const at = (name: keyof BlendScores): Matrix => scores[name](set, weights);
  return stripMetrics({ references: at("references"), clean: at("clean"), triggered: at("triggered"), plain: at("plain") },
    { labels, falseRate: screening.false_rate });
}

function voted({ prepared, scene, line, set, c, screening }: Point): Map<string, number> {
  const { geometry, linalg, setting, victims } = prepared;
  const { attack, ridge_scaling: scaling } = setting.spec;
  return voteMetrics({
    set, classes: geometry.classes, rows: scene.rows.train, poisonRows: scene.rows.poisons,
    test: scene.between(set, "clean"),
    triggered: scene.between(set, "triggered"),
    testLabels: geometry.testLabels, victims: victims[line.target]!,
    partitions: screening.partitions ?? 1, c, sharesRidge: scaling !== "absolute",
    changes: set.poisons.length * (attack.kind === "replace" ? 2 : 1), linalg,
  });
}
