// Who wins for which γ: decisions of all poison counts at once, in closed form.
//
// With clones the scores of a row are f_j = f0_j + γ g r_j, lines in γ, so the row's claimed class
// wins (a tie counts as winning) exactly for γ in one interval [lo, hi]:
//   for every other class j, with d = g (r_claimed − r_j) and e = f0_j − f0_claimed,
//   d γ ≥ e:   d > 0 gives lo ≥ e/d,   d < 0 gives hi ≤ e/d,   d = 0 and e > 0 never wins.

/** The scores of t rows as lines in γ. */
export interface ScoreLines {
  /** f0: the score of class j for row x is `scores[start + j · t + x]`. */
  readonly scores: Float64Array;
  readonly start: number;
  /** (t). */
  readonly g: Float64Array;
  /** (q): the slope of class j is g · r_j. */
  readonly r: Float64Array;
}

/** For each row the interval of γ in which its claimed class wins; empty where lo > hi. */
export interface Intervals {
  readonly lo: Float64Array;
  readonly hi: Float64Array;
}

/**
 * Intervals of t rows, written into `out`.
 * @param claimed (t), the class each row is asked about; a negative one leaves the row out: empty.
 */
export function winningIntervals(lines: ScoreLines, claimed: Int32Array, out: Intervals): void {
  const { scores, start, g, r } = lines;
  const { lo, hi } = out;
  const t = g.length;
  const own = new Float64Array(t);
  const ownSlope = new Float64Array(t);
  for (let x = 0; x < t; x++) {
    const label = claimed[x]!;
    const isAsked = label >= 0;
    lo[x] = isAsked ? -Infinity : Infinity;
    hi[x] = isAsked ? Infinity : -Infinity;
    own[x] = isAsked ? scores[start + label * t + x]! : 0;
    ownSlope[x] = isAsked ? r[label]! : 0;
  }
  for (let j = 0; j < r.length; j++) {
    const slope = r[j]!;
    const base = start + j * t;
    for (let x = 0; x < t; x++) {
      // A row's own class gives d = 0 and e = 0, which asks nothing.
      const d = g[x]! * (ownSlope[x]! - slope);
      const e = scores[base + x]! - own[x]!;
      // Dividing only where the bound moves: most classes are never near.
      if (d > 0) {
        if (e > lo[x]! * d) lo[x] = e / d;
      } else if (d < 0) {
        if (e > hi[x]! * d) hi[x] = e / d;
      } else if (e > 0) {
        hi[x] = -Infinity;
      }
    }
  }
}

/**
 * How many intervals hold each γ: [lo, hi] closed on both sides.
 * @param gammas in ascending order.
 */
export function countWithin({ lo, hi }: Intervals, gammas: Float64Array): Int32Array {
  const counts = new Int32Array(gammas.length + 1);
  const smallest = gammas[0] ?? Number.NaN;
  const largest = gammas[gammas.length - 1] ?? Number.NaN;
  for (let x = 0; x < lo.length; x++) {
    const from = lo[x]!;
    const to = hi[x]!;
    // Most rows win everywhere or nowhere, and need no search.
    if (from > largest || to < smallest || from > to) continue;
    const first = from <= smallest ? 0 : firstAtLeast(gammas, from);
    const end = to >= largest ? gammas.length : firstAbove(gammas, to);
    if (first >= end) continue;
    counts[first]!++;
    counts[end]!--;
  }
  for (let i = 1; i < counts.length; i++) counts[i]! += counts[i - 1]!;
  return counts.subarray(0, gammas.length);
}

function firstAtLeast(sorted: Float64Array, bound: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstAbove(sorted: Float64Array, bound: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
