// The Pareto set of two metrics, over all points of a cut, with the density of the rest.
//
// Found in linear time: buckets of the first metric bound what can still be on the front, and only
// the few candidates are sorted. Points with equal pairs count as one, with how many they are.
import type { z } from "zod";
import { PAGE_ROWS_MAX, type Pareto, type ParetoQuery } from "../../schema/api.ts";
import { indicesOf } from "../../schema/grid.ts";
import type { ColumnCache } from "./columns.ts";
import { cutConditions, cutOf } from "./cut.ts";
import { valuesAt } from "./lines.ts";
import { VALID } from "./point-state.ts";
import { checkMetric, type StudyGrid } from "./study-grid.ts";

const BUCKETS = 4096;
const DENSITY_SIDE = 64;

interface Goal {
  readonly metric: string;
  readonly sign: 1 | -1;
}

function goalOf(grid: StudyGrid, text: string): Goal {
  const [name = "", direction] = text.split(":");
  return { metric: checkMetric(grid, name), sign: direction === "min" ? -1 : 1 };
}

export async function paretoOf(cache: ColumnCache, grid: StudyGrid, query: z.infer<typeof ParetoQuery>): Promise<Pareto> {
  const goals = [goalOf(grid, query.a), goalOf(grid, query.b)] as const;
  const { points, a, b } = await validPoints(cache, grid, query.at, goals);
  const front = frontOf({ points, a, b }, goals);
  const step = Math.max(1, Math.ceil(front.length / PAGE_ROWS_MAX));
  const still = cutOf(grid, { free: [], at: query.at, over: [] });
  const named = new Set(query.at.map((one) => one.split(":")[0]));
  const loose = { ...still, at: Object.fromEntries(Object.entries(still.at).filter(([name]) => named.has(name))) };
  return {
    a: goals[0].metric, b: goals[1].metric,
    points: points.length,
    frontSize: front.length,
    front: front.filter((_, index) => index % step === 0)
      .map((one) => Object.assign(one, { at: axesAt(grid, one.point) })),
    density: densityOf(a, b),
    sql: paretoSql(grid, goals, cutConditions(grid.axes, loose, {})),
  };
}

function axesAt(grid: StudyGrid, point: number): Record<string, number> {
  const indices = indicesOf(point, grid.sizes);
  return valuesAt(grid, Object.fromEntries(grid.axes.map(({ name }, axis) => [name, indices[axis] ?? 0])));
}

/** Points of the cut that have both metrics. Unlike elsewhere, axes not named in `at` run free. */
async function validPoints(cache: ColumnCache, grid: StudyGrid, at: readonly string[],
  goals: readonly [Goal, Goal]) {
  const { status, columns } = await cache.get(grid, goals.map(({ metric }) => metric));
  const [first, second] = columns;
  if (first === undefined || second === undefined) throw new RangeError("two columns expected");
  const named = new Set(at.map((one) => one.split(":")[0]));
  const over = grid.axes.map(({ name }) => name).filter((name) => !named.has(name));
  const { base, offsets } = cutOf(grid, { free: [], at, over });
  const points = new Uint32Array(offsets.length);
  const a = new Float64Array(offsets.length);
  const b = new Float64Array(offsets.length);
  let count = 0;
  for (const offset of offsets) {
    const point = base + offset;
    const [one, two] = [first[point] ?? Number.NaN, second[point] ?? Number.NaN];
    if (status[point] !== VALID || !Number.isFinite(one) || !Number.isFinite(two)) continue;
    points[count] = point;
    a[count] = one;
    b[count] = two;
    count++;
  }
  return { points: points.subarray(0, count), a: a.subarray(0, count), b: b.subarray(0, count) };
}

interface Cloud {
  readonly points: Uint32Array;
  readonly a: Float64Array;
  readonly b: Float64Array;
}

/** The front, best first metric first. */
function frontOf({ points, a, b }: Cloud, goals: readonly [Goal, Goal]) {
  const [low, high] = rangeOf(a);
  const scale = high > low ? (BUCKETS - 1) / (high - low) : 0;
  const [signA, signB] = [goals[0].sign, goals[1].sign];
  const bucketOf = (value: number): number => {
    const bucket = Math.floor((value - low) * scale);
    return signA === 1 ? bucket : BUCKETS - 1 - bucket;
  };
  // The best second metric in each bucket, then in all strictly better buckets.
  const best = new Float64Array(BUCKETS + 1).fill(-Infinity);
  for (let i = 0; i < a.length; i++) {
    const bucket = bucketOf(a[i] ?? 0);
    best[bucket] = Math.max(best[bucket] ?? 0, signB * (b[i] ?? 0));
  }
  for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) {
    best[bucket] = Math.max(best[bucket] ?? 0, best[bucket + 1] ?? 0);
  }
  const candidates: number[] = [];
  for (let i = 0; i < a.length; i++) {
    if (signB * (b[i] ?? 0) > (best[bucketOf(a[i] ?? 0) + 1] ?? 0)) candidates.push(i);
  }
  const gain = (i: number, j: number): number =>
    signA * ((a[j] ?? 0) - (a[i] ?? 0)) || signB * ((b[j] ?? 0) - (b[i] ?? 0)) || i - j;
  candidates.sort(gain);
  const front: { point: number; ties: number; a: number; b: number }[] = [];
  for (const i of candidates) {
    const last = front.at(-1);
    const [one, two] = [a[i] ?? 0, b[i] ?? 0];
    if (last !== undefined && last.a === one && last.b === two) last.ties++;
    else if (last === undefined || signB * two > signB * last.b) {
      front.push({ point: points[i] ?? 0, ties: 1, a: one, b: two });
    }
  }
  return front;
}

/** Lowest and highest; of nothing, [0, 0]. */
export function rangeOf(values: Float64Array): [number, number] {
  if (values.length === 0) return [0, 0];
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function densityOf(a: Float64Array, b: Float64Array): Pareto["density"] {
  if (a.length === 0) return null;
  const [rangeA, rangeB] = [rangeOf(a), rangeOf(b)];
  const counts = Array.from({ length: DENSITY_SIDE ** 2 }, () => 0);
  const cell = (value: number, [low, high]: [number, number]): number =>
    high > low ? Math.min(DENSITY_SIDE - 1, Math.floor(((value - low) / (high - low)) * DENSITY_SIDE)) : 0;
  for (let i = 0; i < a.length; i++) {
    const place = cell(b[i] ?? 0, rangeB) * DENSITY_SIDE + cell(a[i] ?? 0, rangeA);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return { columns: DENSITY_SIDE, rows: DENSITY_SIDE, a: rangeA, b: rangeB, counts };
}

function paretoSql(grid: StudyGrid, goals: readonly [Goal, Goal], conditions: readonly string[]): string {
  const [a, b] = goals;
  const best = b.sign === 1 ? "max" : "min";
  const better = b.sign === 1 ? ">" : "<";
  const direction = a.sign === 1 ? "desc" : "asc";
  return [
    "-- the first point of each pair that no other point beats",
    `select * from (`,
    `  select point, ${a.metric}, ${b.metric}, ${grid.axes.map(({ name }) => name).join(", ")},`,
    `    ${best}(${b.metric}) over (order by ${a.metric} ${direction}, ${b.metric} ${b.sign === 1 ? "desc" : "asc"}, point`,
    "      rows between unbounded preceding and 1 preceding) as best_before",
    `  from ${grid.table}`,
    `  where study = (select id from study where name = '${grid.stored.order.spec.name}') and status = 'ok'`,
    ...conditions.map((condition) => `    and ${condition}`),
    `) ranked where best_before is null or ${b.metric} ${better} best_before`,
    `order by ${a.metric} ${direction}`,
  ].join("\n");
}
