// Two grids compared: a place on one as the place on the other whose values lie nearest.
import type { AxisView, HeatmapHeader, StudyDetail } from "../schema/api.ts";
import { atText } from "./map-state.ts";
import type { Place } from "./place.ts";

/** The index whose value lies nearest; by ratio on a logarithmic axis. */
export function nearestIndex({ values, isLog }: AxisView, value: number): number {
  const scaled = (one: number): number => (isLog && one > 0 ? Math.log(one) : one);
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  values.forEach((one, index) => {
    const away = Math.abs(scaled(one) - scaled(value));
    if (away < least) [best, least] = [index, away];
  });
  return best;
}

/** An index on `from` as the nearest on `to`. */
export function linkedIndex(index: number, from: AxisView, to: AxisView): number {
  const value = from.values[index];
  return value === undefined ? 0 : nearestIndex(to, value);
}

type Axes = readonly [AxisView, AxisView];

export function linkedPlace(place: readonly [number, number] | null, from: Axes, to: Axes): readonly [number, number] | null {
  return place === null ? null : [linkedIndex(place[0], from[0], to[0]), linkedIndex(place[1], from[1], to[1])];
}

/** The query that shows, of another study, what `header` shows of one: same axes, places and window. */
export function linkedQuery(query: Place["query"], header: HeatmapHeader, one: StudyDetail, other: StudyDetail): Place["query"] {
  const axisOf = (detail: StudyDetail, name: string): AxisView | undefined => detail.axes.find((axis) => axis.name === name);
  const sides = [header.x, header.y];
  const linked: Record<string, string> = { ...query, x: header.x.axis, y: header.y.axis };
  const at: Record<string, number> = {};
  for (const to of other.axes) {
    const from = axisOf(one, to.name);
    const index = header.at[to.name];
    if (from !== undefined && index !== undefined) at[to.name] = linkedIndex(index, from, to);
  }
  linked["at"] = atText(at);
  linked["over"] = header.over.filter((name) => axisOf(other, name) !== undefined).join(",");
  delete linked["w"];
  if (query["w"] === undefined) return linked;
  const ends = sides.flatMap(({ axis, from, to }) => {
    const [own, its] = [axisOf(one, axis), axisOf(other, axis)];
    return own === undefined || its === undefined ? [] : [linkedIndex(from, own, its), linkedIndex(to - 1, own, its)];
  });
  const [x0, x1, y0, y1] = ends;
  if (x0 === undefined || x1 === undefined || y0 === undefined || y1 === undefined) return linked;
  linked["w"] = [Math.min(x0, x1), Math.max(x0, x1) + 1, Math.min(y0, y1), Math.max(y0, y1) + 1].join(",");
  return linked;
}
