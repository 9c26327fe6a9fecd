// Detectors that look at training rows class by class, whatever represents the rows: a kernel or a network.
import { randomFrom } from "../../data/random.ts";
import { CLASS_DETECTORS, type Detector } from "../../schema/experiments/krr-screening.ts";
import { deriveSeed } from "../../schema/seed.ts";
import type { LinalgProvider } from "../linalg/provider.ts";
import type { ClassFeatures } from "./class-features.ts";
import { clustering } from "./clustering.ts";
import type { ClassDetector, Screened } from "./detector.ts";
import { areaUnderCurve } from "./rates.ts";
import { scan, SCAN_COMPONENTS } from "./scan.ts";
import { spectral } from "./spectral.ts";
import { spectre, SPECTRE_COMPONENTS_MAX } from "./spectre.ts";

export interface DetectionRequest {
  /** (n): the class that each row is trained as. */
  readonly labels: Int32Array;
  /** (n): 1 for a poison. */
  readonly isPoison: Uint8Array;
  /** The first of at most `most` principal components of some rows, centred by themselves. */
  readonly components: (rows: Int32Array, most: number) => ClassFeatures;
  readonly classes: number;
  /** Class of the poisons. */
  readonly target: number;
  readonly detectors: readonly Detector[];
  /** Of study and replicate; each detector and class has its own from it. */
  readonly seed: number;
  readonly linalg: LinalgProvider;
}

/** Area, true and false positive rate of each detector asked for, by column name. */
export function classDetections(request: DetectionRequest): Map<string, number> {
  const { labels, isPoison, detectors, linalg } = request;
  const makers: Readonly<Record<(typeof CLASS_DETECTORS)[number], ClassDetector>> =
    { spectral, clustering, spectre: spectre(linalg) };
  const reckoned = isPoison.reduce((sum, one) => sum + one, 0);
  const out = new Map<string, number>();
  const wanted = CLASS_DETECTORS.filter((name) => detectors.includes(name));
  const screened = wanted.map((name) => [name, emptyScreened(labels.length)] as const);
  for (let label = 0; label < request.classes && wanted.length > 0; label++) {
    const rows = Int32Array.from(labels.keys()).filter((row) => labels[row] === label);
    if (rows.length === 0) continue;
    const features = request.components(rows, SPECTRE_COMPONENTS_MAX);
    for (const [name, whole] of screened) {
      const random = randomFrom(deriveSeed(request.seed, name, label));
      const own = makers[name]({ features, reckoned, random });
      rows.forEach((row, i) => {
        whole.scores[row] = own.scores[i]!;
        whole.flags[row] = own.flags[i]!;
      });
    }
  }
  for (const [name, whole] of screened) addRates(out, name, whole, request);
  if (detectors.includes("scan")) {
    const { scores } = request.components(Int32Array.from(labels.keys()), SCAN_COMPONENTS);
    const random = randomFrom(deriveSeed(request.seed, "scan"));
    addRates(out, "scan", scan({ rows: scores, labels, classes: request.classes, random }, linalg), request);
  }
  return out;
}

const emptyScreened = (rows: number): Screened =>
  ({ scores: new Float64Array(rows), flags: new Uint8Array(rows) });

function addRates(out: Map<string, number>, name: Detector, { scores, flags }: Screened, request: DetectionRequest): void {
  const { labels, isPoison, target } = request;
  const own = Int32Array.from(labels.keys()).filter((row) => labels[row] === target);
  const at = Float64Array.from(own, (row) => scores[row]!);
  const poisons = isPoison.reduce((sum, one) => sum + one, 0);
  const caught = flags.reduce((sum, flag, row) => sum + flag * isPoison[row]!, 0);
  const all = flags.reduce((sum, flag) => sum + flag, 0);
  out.set(`${name}_auc`, areaUnderCurve(at, Uint8Array.from(own, (row) => isPoison[row]!)));
  out.set(`${name}_tpr`, caught / poisons);
  out.set(`${name}_fpr`, (all - caught) / (labels.length - poisons));
}
