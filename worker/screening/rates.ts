// How well scores tell poisons from clean rows, and what a cut flags.

/** Highest first; ties in the order of rows, so that a cut flags a number that is known before. */
export function highest(scores: Float64Array, count: number): Uint8Array {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const flags = new Uint8Array(scores.length);
  for (const row of order.slice(0, Math.min(count, scores.length))) flags[row] = 1;
  return flags;
}

/**
 * Area under the ROC curve: the chance that a poison scores above a clean row, ties counting half.
 * NaN without either kind. O(n log n).
 */
export function areaUnderCurve(scores: Float64Array, isPoison: Uint8Array): number {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
  let [poisons, clean, wins] = [0, 0, 0];
  for (let start = 0; start < order.length; ) {
    let end = start;
    let own = 0;
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) own += isPoison[order[end++]!]!;
    const others = end - start - own;
    wins += own * (clean + others / 2);
    poisons += own;
    clean += others;
    start = end;
  }
  return wins / (poisons * clean);
}
