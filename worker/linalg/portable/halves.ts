// Where the recursive algorithms on triangles split, and where they stop.

/**
 * Up to this order plain substitution beats products, which have to pack their operands. On a
 * Cholesky factorisation of order 1000: 29 ms with 16, 36 ms with 32.
 */
export const LEAF = 16;

/** The order of the first half: whole leaves, so that the recursion ends in full ones. */
export function halfOf(n: number): number {
  return LEAF * Math.ceil(n / (2 * LEAF));
}
