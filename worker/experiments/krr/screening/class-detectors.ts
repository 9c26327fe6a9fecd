// Detectors that look at training rows class by class, over one training set.
import { randomFrom } from "../../../../data/random.ts";
import { CLASS_DETECTORS, type Detector, type Screening } from "../../../../schema/experiments/krr-screening.ts";
import { deriveSeed } from "../../../../schema/seed.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { classFeatures } from "../../../screening/class-features.ts";
import { clustering } from "../../../screening/clustering.ts";
import type { ClassDetector, Screened } from "../../../screening/detector.ts";
import { areaUnderCurve } from "../../../screening/rates.ts";
import { scan, SCAN_COMPONENTS } from "../../../screening/scan.ts";
import { spectral } from "../../../screening/spectral.ts";
import { spectre, SPECTRE_COMPONENTS_MAX } from "../../../screening/spectre.ts";
import { takeBlock } from "../matrix-parts.ts";
import type { TrainingSet } from "./training-set.ts";

export interface DetectionRequest {
  readonly set: TrainingSet;
  readonly classes: number;
  /** Class of the poisons. */
  readonly target: number;
  readonly screening: Screening;
  /** Of study and replicate; each detector and class has its own from it. */
  readonly seed: number;
  readonly linalg: LinalgProvider;
}

/** Area, true and false positive rate of each detector asked for, by column name. */
export function classDetections(request: DetectionRequest): Map<string, number> {
  const { screening, linalg } = request;
  const makers: Readonly<Record<(typeof CLASS_DETECTORS)[number], ClassDetector>> =
    { spectral, clustering, spectre: spectre(linalg) };
  const asked = (name: Detector): boolean => screening.detectors.includes(name);
  const out = new Map<string, number>();
  const wanted = CLASS_DETECTORS.filter(asked);
  const screened = wanted.map((name) => [name, emptyScreened(request.set)] as const);
  for (let label = 0; label < request.classes && wanted.length > 0; label++) {
    const rows = Int32Array.from(request.set.labels.keys()).filter((row) => request.set.labels[row] === label);
    if (rows.length === 0) continue;
    const features = classFeatures(takeBlock(request.set.kernel, rows), SPECTRE_COMPONENTS_MAX, linalg);
    for (const [name, whole] of screened) {
      const random = randomFrom(deriveSeed(request.seed, name, label));
      const own = makers[name]({ features, reckoned: request.set.poisons.length, random });
      rows.forEach((row, i) => {
        whole.scores[row] = own.scores[i]!;
        whole.flags[row] = own.flags[i]!;
      });
    }
  }
  for (const [name, whole] of screened) addRates(out, name, whole, request);
  if (asked("scan")) {
    const { scores } = classFeatures(request.set.kernel, SCAN_COMPONENTS, linalg);
    const random = randomFrom(deriveSeed(request.seed, "scan"));
    addRates(out, "scan", scan({ rows: scores, labels: request.set.labels, classes: request.classes, random }, linalg), request);
  }
  return out;
}

const emptyScreened = ({ labels }: TrainingSet): Screened =>
  ({ scores: new Float64Array(labels.length), flags: new Uint8Array(labels.length) });

function addRates(out: Map<string, number>, name: Detector, { scores, flags }: Screened, { set, target }: DetectionRequest): void {
  const { labels, isPoison, poisons, clean } = set;
  const own = Int32Array.from(labels.keys()).filter((row) => labels[row] === target);
  const at = Float64Array.from(own, (row) => scores[row]!);
  const caught = flags.reduce((sum, flag, row) => sum + flag * isPoison[row]!, 0);
  const all = flags.reduce((sum, flag) => sum + flag, 0);
  out.set(`${name}_auc`, areaUnderCurve(at, Uint8Array.from(own, (row) => isPoison[row]!)));
  out.set(`${name}_tpr`, caught / poisons.length);
  out.set(`${name}_fpr`, (all - caught) / clean.length);
}
