// What one poison point adds to the span of the clean rows, and where it pulls the test rows.
import { type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { rowOf } from "../matrix-parts.ts";
import type { Scene } from "../scene.ts";
import type { SceneGeometry } from "../geometry.ts";
import { gradientsAt, type OwnSection, type Sections, sectionBorder } from "./gradient-gram.ts";
import { bordered, featuresOf, inSpan, type Place, placeOf, type Span, withOwnRow } from "./span.ts";

/** Sizes p = r + 1, or r where the poison adds no function to the span. */
export interface PenaltyPoison {
  readonly place: Place;
  /** φ(ζ), (p). */
  readonly features: Float64Array;
  /** Eigenvalues of ΦᵀΦ over the clean rows, (p). */
  readonly spectrum: Float64Array;
  /** G of the clean rows' gradients and of ζ's own, (p, p). */
  readonly clean: Matrix;
  readonly own: Matrix;
  /** φ at clean and at triggered test rows, (p, t). */
  readonly test: Matrix;
  readonly triggered: Matrix;
  /** k(ζ, ζ). */
  readonly self: number;
  /** k(x, ζ) at the triggered rows, (t). */
  readonly triggeredKernel: Float64Array;
}

/** What the poisons of one trigger strength are placed among. */
export interface PoisonSurroundings {
  readonly span: Span;
  readonly sections: Sections;
  readonly fillSlopes: (source: Float64Array, out: Float64Array) => void;
  /** HᵀΓH, (r, r). */
  readonly gram: Matrix;
  readonly geometry: SceneGeometry;
  readonly scene: Scene;
  /** φ at clean and at triggered test rows, (r, t). */
  readonly test: Matrix;
  readonly triggered: Matrix;
}

/** @param member row of the scene's poisons. About 4n³ flop. */
export function penaltyPoison(
  around: PoisonSurroundings,
  member: number,
  linalg: LinalgProvider,
): PenaltyPoison {
  const { span, sections, scene } = around;
  const n = scene.trainPoison.rows;
  const poisons = scene.poisonPoison.rows;
  const kernel = matrix(n, 1, scene.trainPoison.data.slice(member * n, (member + 1) * n));
  const self = scene.poisonPoison.data[member + member * poisons]!;
  const place = placeOf(span, featuresOf(span, kernel, linalg).data, self);
  const section = ownSection(around, member);
  const atPoison = gradientsAt(sections, section);
  const triggeredKernel = rowOf(scene.poisonTriggered, member);
  const hasOwn = place.own > 0;
  return {
    place,
    features: hasOwn ? Float64Array.of(...place.shared, place.own) : place.shared,
    spectrum: hasOwn ? Float64Array.of(...span.spectrum, 0) : span.spectrum,
    clean: bordered(around.gram, span, place, sectionBorder(sections, section)),
    own: bordered(inSpan(span, atPoison.gram, linalg), span, place, atPoison),
    test: withOwnRow(around.test, place, rowOf(scene.poisonTest, member)),
    triggered: withOwnRow(around.triggered, place, triggeredKernel),
    self,
    triggeredKernel,
  };
}

function ownSection({ geometry, fillSlopes, sections }: PoisonSurroundings, member: number): OwnSection {
  const n = geometry.trainPoison.rows;
  const measures = geometry.trainPoison.data.slice(member * n, (member + 1) * n);
  const slopes = new Float64Array(n);
  fillSlopes(measures, slopes);
  const selfMeasure = geometry.poisonPoison.data[member + member * geometry.poisonPoison.rows]!;
  const self = Float64Array.of(selfMeasure);
  fillSlopes(self, self);
  return { measures, slopes, selfMeasure, selfSlope: sections.isRadial ? 0 : self[0]! };
}
