// What a map shows, as the link's query says it, with the study's defaults.
import type { HeatmapHeader, StudyDetail } from "../schema/api.ts";
import { pathOf } from "./client.ts";
import { SCALE_NAMES, type ScaleName } from "./draw/colour.ts";
import type { Place } from "./place.ts";

export interface MapState {
  readonly x: string;
  readonly y: string;
  readonly metric: string;
  /** Subtracted: the map of a residual. */
  readonly minus: string | undefined;
  /** Index of each axis that stands still. */
  readonly at: Readonly<Record<string, number>>;
  readonly over: readonly string[];
  readonly reduce: string;
  /** x0,x1,y0,y1, half-open indices. */
  readonly window: string | undefined;
  readonly pin: readonly [number, number] | null;
  readonly scale: ScaleName;
  readonly domain: readonly [number | null, number | null];
  readonly threshold: number | null;
  /** A column drawn as a dashed contour at the threshold. */
  readonly law: string | undefined;
}

function listOf(text: string | undefined): string[] {
  return text === undefined || text === "" ? [] : text.split(",");
}

export function mapState(detail: StudyDetail, query: Place["query"], header: Pick<HeatmapHeader, "at" | "metric"> & { x: string; y: string }): MapState {
  const x = query["x"] ?? header.x;
  const y = query["y"] ?? header.y;
  const over = listOf(query["over"]);
  const at: Record<string, number> = {};
  for (const { name } of detail.axes) if (name !== x && name !== y && !over.includes(name)) at[name] = header.at[name] ?? 0;
  for (const text of listOf(query["at"])) {
    const [name = "", index] = text.split(":");
    if (name in at) at[name] = Number(index);
  }
  const minus = query["minus"];
  const wanted = SCALE_NAMES.find((name) => name === query["scale"]);
  const [low, high] = (query["dom"] ?? ",").split(",").map((text) => (text === "" ? null : Number(text)));
  const pin = query["c"]?.split(",").map(Number);
  return {
    x, y, over, at, minus,
    metric: query["m"] ?? header.metric,
    reduce: query["r"] ?? "mean",
    window: query["w"],
    pin: pin === undefined ? null : [pin[0] ?? 0, pin[1] ?? 0],
    scale: wanted ?? (minus === undefined ? "cividis" : "diverging"),
    domain: [low ?? null, high ?? null],
    threshold: query["t"] === undefined || query["t"] === "" ? null : Number(query["t"]),
    law: query["law"],
  };
}

/** The query's part that says where other axes stand, as the link writes it. */
export function atText(at: MapState["at"]): string {
  return Object.entries(at).map(([name, index]) => `${name}:${index}`).join(",");
}

/** The heatmap's address, from the link alone: the first picture need not wait for the study. */
export function heatmapPath(study: string, query: Place["query"], extra: { cells: number; metric?: string; minus?: string | null; since?: string }): string {
  return pathOf(`/studies/${encodeURIComponent(study)}/heatmap`, {
    x: query["x"], y: query["y"],
    metric: extra.metric ?? query["m"],
    minus: extra.minus === null ? undefined : (extra.minus ?? query["minus"]),
    at: query["at"], over: query["over"], reduce: query["r"], window: query["w"],
    width: extra.cells, height: extra.cells, since: extra.since,
  });
}
