// The `cluster` attack's own part: poisons spread around the first of them, and how far that takes
// them from clones. All else is that of distinct poisons (added-attack.ts).
//
// Poison j is the first poison plus spread · Σ_i g_ji b_i / √r, b_i orthonormal random directions,
// g_ji standard normal: the same directions and draws for every target and strength.
import { randomFrom } from "../../../data/random.ts";
import { deriveSeed } from "../../../schema/seed.ts";
import type { KrrSpec } from "../../../schema/study.ts";
import { type Matrix, matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import { extremePairs } from "./curvature/small-eigen.ts";
import { dot } from "./matrix-parts.ts";

export interface ClusterSettings {
  readonly spec: KrrSpec;
  readonly replicate: number;
  /** d. */
  readonly dimension: number;
  /** M, poisons. */
  readonly most: number;
}

/** What is added to each of M copies of a poison, row by row: (M · d). Row 0 is zeros; nested in M. */
export function clusterOffsets({ spec, replicate, dimension: d, most }: ClusterSettings): Float64Array {
  if (spec.attack.kind !== "cluster") throw new RangeError(`attack ${spec.attack.kind} has no cluster`);
  const { spread, rank } = spec.attack;
  const random = randomFrom(deriveSeed(spec.seed, "cluster", replicate));
  const directions: Float64Array[] = [];
  for (let i = 0; i < rank; i++) directions.push(directionBeside(directions, d, () => random.normal()));
  const out = new Float64Array(most * d);
  for (let j = 1; j < most; j++) {
    for (const direction of directions) {
      const factor = (spread * random.normal()) / Math.sqrt(rank);
      for (let f = 0; f < d; f++) out[j * d + f]! += factor * direction[f]!;
    }
  }
  return out;
}

/** A random unit vector orthogonal to the others, of which there are fewer than d. */
function directionBeside(others: readonly Float64Array[], d: number, normal: () => number): Float64Array {
  const out = Float64Array.from({ length: d }, normal);
  for (let pass = 0; pass < 2; pass++) {
    for (const other of others) {
      const inner = dot(out, other);
      for (let f = 0; f < d; f++) out[f]! -= inner * other[f]!;
    }
  }
  const norm = Math.sqrt(dot(out, out));
  return out.map((value) => value / norm);
}

/** ‖S_m − s 11ᵀ‖ / (s m) of the leading (m, m) block of S, s = S_11; 0 for m ≤ 1. About 4m³/3 flop. */
export function clusterDeviation(covariance: Matrix, m: number, linalg: LinalgProvider): number {
  if (m <= 1) return 0;
  const s = covariance.data[0]!;
  const rest = matrix(m, m);
  for (let j = 0; j < m; j++) {
    for (let i = 0; i < m; i++) rest.data[i + j * m] = covariance.data[i + j * covariance.rows]! - s;
  }
  const { top, bottom } = extremePairs(rest, { top: 1, bottom: 1 }, linalg);
  return Math.max(Math.abs(top[0]!), Math.abs(bottom[0]!)) / (s * m);
}
