// Lloyd's 2-means with seeded restarts.
import type { Random } from "../../data/random.ts";
import type { Matrix } from "../linalg/matrix.ts";

export interface TwoMeans {
  /** (n): 0 or 1. */
  readonly group: Uint8Array;
  /** Squared distance of each row to either centre, 2 × (n). */
  readonly distances: readonly [Float64Array, Float64Array];
  readonly sizes: readonly [number, number];
}

const RESTARTS = 10;
const ROUNDS_MAX = 100;

/** @param rows (n, k), n ≥ 2. The best of ten starts from two rows drawn at random. O(n k) a round. */
export function twoMeans(rows: Matrix, random: Random): TwoMeans {
  let best: { readonly split: TwoMeans; readonly cost: number } | null = null;
  for (let start = 0; start < RESTARTS; start++) {
    const first = random.below(rows.rows);
    const second = (first + 1 + random.below(rows.rows - 1)) % rows.rows;
    const split = settle(rows, [centreOf(rows, (i) => i === first), centreOf(rows, (i) => i === second)]);
    let cost = 0;
    split.group.forEach((group, i) => {
      cost += (group === 0 ? split.distances[0] : split.distances[1])[i]!;
    });
    if (best === null || cost < best.cost) best = { split, cost };
  }
  if (best === null) throw new RangeError("two means of no rows");
  return best.split;
}

function settle(rows: Matrix, start: readonly [Float64Array, Float64Array]): TwoMeans {
  let split = assign(rows, start);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    // An empty group keeps no centre: the rows are one cluster.
    if (split.sizes[0] === 0 || split.sizes[1] === 0) return split;
    const { group } = split;
    const next = assign(rows, [centreOf(rows, (i) => group[i] === 0), centreOf(rows, (i) => group[i] === 1)]);
    const isSettled = next.group.every((value, i) => value === group[i]);
    split = next;
    if (isSettled) return split;
  }
  return split;
}

function assign(rows: Matrix, centres: readonly [Float64Array, Float64Array]): TwoMeans {
  const to = (centre: Float64Array): Float64Array =>
    Float64Array.from({ length: rows.rows }, (_, i) => squaredDistance(rows, i, centre));
  const distances = [to(centres[0]), to(centres[1])] as const;
  const group = Uint8Array.from(distances[0], (first, i) => (distances[1][i]! < first ? 1 : 0));
  const second = group.reduce((sum, value) => sum + value, 0);
  return { group, distances, sizes: [rows.rows - second, second] };
}

function centreOf(rows: Matrix, isMember: (row: number) => boolean): Float64Array {
  const centre = new Float64Array(rows.cols);
  let members = 0;
  for (let i = 0; i < rows.rows; i++) {
    if (!isMember(i)) continue;
    members++;
    for (let j = 0; j < rows.cols; j++) centre[j]! += rows.data[i + j * rows.rows]!;
  }
  return centre.map((sum) => sum / members);
}

function squaredDistance(rows: Matrix, row: number, centre: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < rows.cols; j++) sum += (rows.data[row + j * rows.rows]! - centre[j]!) ** 2;
  return sum;
}
