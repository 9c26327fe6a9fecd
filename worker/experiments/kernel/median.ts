// The median distance between training rows, exactly, without copying the distance matrix.
import type { Matrix } from "../../linalg/matrix.ts";

const BUCKETS = 1 << 16;

/**
 * The median of the n(n − 1)/2 distances √D_ij, i > j; the lower of the two middle ones where
 * their number is even. NaN for n = 1.
 *
 * @param squares D, (n, n), squared distances; the strict lower triangle is read.
 */
export function medianDistance(squares: Matrix): number {
  const n = squares.rows;
  if (n < 2) return Number.NaN;
  let largest = 0;
  forEachPair(squares, (square) => {
    if (square > largest) largest = square;
  });
  if (largest === 0) return 0;
  const scale = (BUCKETS - 1) / largest;
  const counts = new Float64Array(BUCKETS);
  forEachPair(squares, (square) => counts[Math.floor(square * scale)]!++);
  const wanted = Math.ceil((n * (n - 1)) / 4) - 1;
  const { bucket, below } = bucketOf(counts, wanted);
  const members: number[] = [];
  forEachPair(squares, (square) => {
    if (Math.floor(square * scale) === bucket) members.push(square);
  });
  const sorted = Float64Array.from(members).sort();
  return Math.sqrt(sorted[wanted - below]!);
}

/** The bucket that holds the entry of rank `wanted`, and the entries in buckets below it. */
function bucketOf(counts: Float64Array, wanted: number): { bucket: number; below: number } {
  let below = 0;
  let bucket = 0;
  while (below + counts[bucket]! <= wanted) below += counts[bucket++]!;
  return { bucket, below };
}

function forEachPair(squares: Matrix, visit: (square: number) => void): void {
  const n = squares.rows;
  for (let j = 0; j < n; j++) {
    for (let at = j + 1 + j * n; at < (j + 1) * n; at++) visit(squares.data[at]!);
  }
}
