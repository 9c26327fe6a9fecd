// What one (replicate, kernel, length scale) prepares once for all ridges, counts, targets and κ.
import type { DataPool } from "../../../../data/draw.ts";
import { type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { kernelMap } from "../../kernel/kernel-map.ts";
import { kernelSlope } from "../../kernel/kernel-slope.ts";
import { type Geometry, geometryOf } from "../geometry.ts";
import { isFiniteMatrix } from "../matrix-parts.ts";
import { absoluteLengthScale, type Hopeless, type PrepareRequest } from "../prepared.ts";
import { mapped, mappedScene } from "../scene.ts";
import type { Setting } from "../setting.ts";
import { gradientGram } from "./gradient-gram.ts";
import { type PenaltyPoison, penaltyPoison } from "./poison.ts";
import { featuresOf, inSpan, type Span, spanOf } from "./span.ts";

export interface PenaltyPrepared {
  readonly setting: Setting;
  readonly linalg: LinalgProvider;
  readonly geometry: Geometry;
  /** In units of feature distance; NaN for kernels without one. */
  readonly lengthScale: number;
  readonly span: Span;
  /** HᵀΓH, (r, r). */
  readonly gram: Matrix;
  /** φ at the clean test rows, (r, t). */
  readonly test: Matrix;
  /** Per target the test rows its attack is judged on: the target, or −1 to leave out. */
  readonly victims: readonly Int32Array[];
  readonly bytes: number;
  readonly scene: (strength: number) => PenaltyScene;
}

/** One trigger strength. */
export interface PenaltyScene {
  readonly isFinite: boolean;
  /** φ at the triggered test rows, (r, t). */
  readonly triggered: Matrix;
  /** By row of the scene's poisons, made when first asked for. */
  readonly poison: (member: number) => PenaltyPoison;
}

export function preparePenalty(
  request: PrepareRequest,
  pool: DataPool,
  linalg: LinalgProvider,
): PenaltyPrepared | Hopeless {
  const { setting, spec } = request;
  const geometry = geometryOf(request, pool, linalg);
  const lengthScale = absoluteLengthScale(spec.kernel, request.lengthScale, geometry.median);
  const map = kernelMap(spec.kernel, lengthScale, geometry.dimension);
  const slope = kernelSlope(spec.kernel, lengthScale, geometry.dimension);
  const kernel = mapped(geometry.trainTrain, map);
  const trainTest = mapped(geometry.trainTest, map);
  const n = kernel.rows;
  const slopes = matrix(n, n);
  slope.fill(geometry.trainTrain.data, slopes.data);
  const isFinite = geometry.isFinite && [kernel, trainTest, slopes].every(isFiniteMatrix);
  if (!isFinite) return { solver: null, lengthScale };
  const span = spanOf(kernel, geometry.codes, linalg);
  const sections = { measures: geometry.trainTrain, slopes, isRadial: slope.isRadial };
  const gram = inSpan(span, gradientGram(sections, linalg), linalg);
  const test = featuresOf(span, trainTest, linalg);
  const around = { span, sections, fillSlopes: slope.fill, gram, test };
  return {
    setting, linalg, geometry, lengthScale, span, gram, test,
    victims: setting.target.values.map((target) =>
      geometry.testLabels.map((label) => (label === target ? -1 : target))),
    bytes: 8 * (3 * n * n + test.data.length) + geometry.bytes,
    scene(strength) {
      const measures = geometry.scene(strength);
      const scene = mappedScene(measures, map);
      const triggered = featuresOf(span, scene.trainTriggered, linalg);
      const made = new Map<number, PenaltyPoison>();
      return {
        isFinite: scene.isFinite,
        triggered,
        poison(member) {
          const poison = made.get(member) ??
            penaltyPoison({ ...around, geometry: measures, scene, triggered }, member, linalg);
          made.set(member, poison);
          return poison;
        },
      };
    },
  };
}
