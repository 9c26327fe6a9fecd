// The picture as SVG, PNG, CSV, and the SQL behind it.
import { useState } from "preact/hooks";
import type { AxisView, StudyDetail } from "../../schema/api.ts";
import type { HeatmapFrame } from "../../schema/heatmap-frame.ts";
import { frameCsv, mapSvg, saveText, savePng, type Figure } from "../draw/export.ts";
import type { MapState } from "../map-state.ts";
import { linkTo } from "../place.ts";
import type { Contour } from "./phase-map.tsx";

interface ExportMenuProps {
  readonly frame: HeatmapFrame;
  readonly axes: readonly [AxisView, AxisView];
  readonly state: MapState;
  readonly detail: StudyDetail;
  readonly contours: readonly Contour[];
  readonly domain: readonly [number, number];
  readonly label: string;
}

export function ExportMenu({ frame, axes, state, detail, contours, domain, label }: ExportMenuProps) {
  const [trouble, setTrouble] = useState("");
  const name = `${detail.study.name}-${state.metric}`;
  const figure: Figure = { frame, axes, contours, label, title: detail.study.name, look: { scale: state.scale, domain, isDark: false } };
  const png = (): void => {
    savePng(`${name}.png`, figure).catch((error: unknown) => setTrouble(`no PNG: ${String(error)}`));
  };
  return (
    <div class="exports" role="group" aria-label="Export the picture">
      <span class="hint">Export</span>
      <button type="button" onClick={() => saveText(`${name}.svg`, mapSvg(figure), "image/svg+xml")}>SVG</button>
      <button type="button" onClick={png}>PNG</button>
      <button type="button" onClick={() => saveText(`${name}.csv`, frameCsv(frame, axes), "text/csv")}>CSV</button>
      <a class="button" href={linkTo(["sql"], { q: frame.header.sql })}>SQL</a>
      {trouble !== "" && <span class="bad-text" role="alert">{trouble}</span>}
    </div>
  );
}
