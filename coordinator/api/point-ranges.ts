// The points of jobs as SQL conditions that the primary key (study, point) can serve.
import { pointsOfBox } from "../../schema/grid.ts";
import { boxOfJob, type Plan } from "../../schema/plan.ts";

/** Up to this many runs of neighbouring points stand as ranges, more as a list of points. */
const RANGES_MAX = 32;

/** Conditions that together select every point of `jobs`, each at most about `most` points. */
export function* pointRanges(plan: Plan, jobs: readonly number[], most: number): Generator<string> {
  let points: Int32Array[] = [];
  let count = 0;
  for (const job of new Set(jobs)) {
    const own = pointsOfBox(boxOfJob(plan, job), plan.sizes);
    points.push(own);
    count += own.length;
    if (count < most) continue;
    yield* conditions(points, count, most);
    points = [];
    count = 0;
  }
  if (count > 0) yield* conditions(points, count, most);
}

function* conditions(parts: readonly Int32Array[], count: number, most: number): Generator<string> {
  const all = new Int32Array(count);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  all.sort();
  for (let from = 0; from < count; from += most) yield condition(all.subarray(from, from + most));
}

function condition(sorted: Int32Array): string {
  const runs: [number, number][] = [];
  for (const point of sorted) {
    const last = runs.at(-1);
    if (last?.[1] === point) last[1] = point + 1;
    else if (runs.length === RANGES_MAX) return `point = any('{${sorted.join(",")}}')`;
    else runs.push([point, point + 1]);
  }
  return `(${runs.map(([from, to]) => `point >= ${from} and point < ${to}`).join(" or ")})`;
}
