// Deflation: which eigenpairs of two halves survive their rank-one coupling D + z zᵀ as they are.

const EPSILON = 2 ** -52;

/** Where a vector has its nonzero rows: in the first half, in both, or in the second. */
export type Support = "top" | "both" | "bottom";

/** An eigenvalue of a half, its weight in the coupling, and where its vector is. */
export interface Pole {
  readonly d: number;
  readonly z: number;
  readonly column: number;
  readonly support: Support;
}

export interface Deflation {
  /** Ascending and distinct, with weights that count. */
  readonly kept: readonly Pole[];
  /** Eigenpairs of the whole already; their weights are negligible. */
  readonly settled: readonly Pole[];
}

/** Turns two columns: left ← c·left + s·right, right ← c·right − s·left. */
export type Rotate = (turn: {
  readonly left: number;
  readonly right: number;
  readonly c: number;
  readonly s: number;
}) => void;

/**
 * Sorts out poles that are negligible, and turns the vectors of (nearly) equal poles so that one
 * of each pair becomes so. What is neglected is below 8 ε of the whole.
 */
export function deflate(poles: readonly Pole[], rotate: Rotate): Deflation {
  const ascending = [...poles].sort((left, right) => left.d - right.d);
  const size = Math.sqrt(poles.reduce((sum, { z }) => sum + z * z, 0));
  const largest = poles.reduce((most, { d, z }) => Math.max(most, Math.abs(d), Math.abs(z)), 0);
  const tolerance = 8 * EPSILON * largest;
  const kept: Pole[] = [];
  const settled: Pole[] = [];
  let waiting: Pole | null = null;
  for (const pole of ascending) {
    if (size * Math.abs(pole.z) <= tolerance) {
      settled.push(pole);
    } else if (waiting === null) {
      waiting = pole;
    } else {
      const turned = turn(waiting, pole, tolerance);
      if (turned === null) {
        kept.push(waiting);
        waiting = pole;
      } else {
        rotate(turned.rotation);
        settled.push(turned.settled);
        waiting = turned.kept;
      }
    }
  }
  if (waiting !== null) kept.push(waiting);
  return { kept, settled };
}

interface Turned {
  readonly rotation: Parameters<Rotate>[0];
  readonly settled: Pole;
  readonly kept: Pole;
}

/** The turn that moves the left pole's weight to the right one, if what it leaves is negligible. */
function turn(left: Pole, right: Pole, tolerance: number): Turned | null {
  const z = Math.sqrt(left.z * left.z + right.z * right.z);
  const c = right.z / z;
  const s = -left.z / z;
  if (Math.abs((right.d - left.d) * c * s) > tolerance) return null;
  const support = left.support === right.support ? left.support : "both";
  return {
    rotation: { left: left.column, right: right.column, c, s },
    settled: { ...left, d: left.d * c * c + right.d * s * s, z: 0, support },
    kept: { ...right, d: left.d * s * s + right.d * c * c, z, support },
  };
}
