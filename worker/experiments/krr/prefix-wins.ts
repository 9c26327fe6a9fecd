// Decisions along nested poisons: scores are updated poison by poison and judged where asked.

/** The scores of t rows as a running sum over poisons. */
export interface PrefixScores {
  /** f0: class j at row x is `scores[start + j · t + x]`. */
  readonly scores: Float64Array;
  readonly start: number;
  /** q. */
  readonly classes: number;
  /** V, (M, t) by columns: how each poison moves each row. */
  readonly pulls: Float64Array;
  /** Wᵀ, (q, M) by columns: which way each poison moves the classes. */
  readonly weights: Float64Array;
  /** M. */
  readonly poisons: number;
}

/**
 * For each prefix length, the rows whose claimed class scores highest (a tie counts).
 *
 * @param claimed (t), the class each row is asked about; a negative one leaves the row out.
 * @param lengths ascending, each at most M.
 */
export function prefixWins(
  rows: PrefixScores,
  claimed: Int32Array,
  lengths: readonly number[],
): Int32Array {
  const { scores, start, classes, pulls, weights, poisons } = rows;
  const t = claimed.length;
  const wins = new Int32Array(lengths.length);
  const f = new Float64Array(classes);
  for (let x = 0; x < t; x++) {
    const own = claimed[x]!;
    if (own < 0) continue;
    for (let j = 0; j < classes; j++) f[j] = scores[start + j * t + x]!;
    let done = 0;
    for (let index = 0; index < lengths.length; index++) {
      for (; done < lengths[index]!; done++) {
        const pull = pulls[x * poisons + done]!;
        for (let j = 0; j < classes; j++) f[j]! += pull * weights[done * classes + j]!;
      }
      if (isHighest(f, own)) wins[index]!++;
    }
  }
  return wins;
}

function isHighest(f: Float64Array, own: number): boolean {
  const mine = f[own]!;
  for (let j = 0; j < f.length; j++) if (f[j]! > mine) return false;
  return true;
}
