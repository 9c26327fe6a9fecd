// A data-side detector: looks at the rows of one class, says which it suspects.
import type { Random } from "../../data/random.ts";
import type { ClassFeatures } from "./class-features.ts";

export interface ClassRequest {
  readonly features: ClassFeatures;
  /**
   * ε n: how many poisons the defender reckons with in a class. Here it is the true number, as in the
   * papers' own experiments; the area under the curve does not depend on it, as far as a score does not.
   */
  readonly reckoned: number;
  readonly random: Random;
}

export interface Screened {
  /** (n): higher is more suspect. */
  readonly scores: Float64Array;
  /** (n): 1 where a row would be removed. */
  readonly flags: Uint8Array;
}

export type ClassDetector = (request: ClassRequest) => Screened;

/** Rows that spectral methods remove for each poison they reckon with. */
export const REMOVED_PER_POISON = 1.5;

export const removals = (reckoned: number): number => Math.floor(REMOVED_PER_POISON * reckoned);
