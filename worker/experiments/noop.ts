// The `noop` experiment: a hash of study seed and point as its metric, and no work at all.
//
// It measures and tests the machinery around experiments. The hash is 32-bit integer arithmetic
// (no BigInt, no Math.random), so it is fast and the same on every machine.
import { emptyBlock, type ResultBlock } from "../../schema/column.ts";
import { type Box, pointsOfBox } from "../../schema/grid.ts";
import type { Bench, Experiment } from "./experiment.ts";

/** Nothing is prepared: one bench serves a whole study. */
export const noop: Experiment<ResultBlock> = {
  benchKey: (order) => order.key,
  prepare: (order) => benchOf(order.spec.seed, order.plan.sizes),
};

function benchOf(seed: number, sizes: readonly number[]): Bench<ResultBlock> {
  return {
    bytes: 0,
    measure(box: Box) {
      const points = pointsOfBox(box, sizes);
      const block = emptyBlock(points.length, []);
      return { ...block, metrics: { hash: hashPoints(seed, points) } };
    },
  };
}

/**
 * A number in [0, 1) with 53 random-looking bits for each point: two rounds of MurmurHash3's
 * 32-bit finaliser, the second fed by the first. For one seed, distinct points have distinct pairs
 * of rounds.
 *
 * @param seed a safe integer ≥ 0.
 */
export function hashPoints(seed: number, points: Int32Array): Float64Array {
  const low = seed | 0;
  const high = Math.floor(seed / 2 ** 32) | 0;
  const out = new Float64Array(points.length);
  for (let i = 0; i < points.length; i++) {
    const first = finalise((points[i]! + Math.imul(low, GOLDEN)) | 0);
    const second = finalise((first ^ high) + GOLDEN);
    out[i] = ((second >>> 5) * 2 ** 26 + (first >>> 6)) / 2 ** 53;
  }
  return out;
}

/** 2³² divided by the golden ratio: spreads small seeds over all bits. */
const GOLDEN = 0x9e3779b9 | 0;

function finalise(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
