// The heart: a phase diagram with its controls, its crosshair, and the slices through it.
import { useMemo, useState } from "preact/hooks";
import type { AxisView, HeatmapHeader, StudyDetail } from "../../schema/api.ts";
import type { HeatmapFrame } from "../../schema/heatmap-frame.ts";
import type { ScaleName } from "../draw/colour.ts";
import { contourPath } from "../../schema/contour.ts";
import { useFrame } from "../frames.ts";
import { heatmapPath, mapState, type MapState } from "../map-state.ts";
import { counted, roundDomain, shown, words } from "../number.ts";
import { changeQuery, linkTo, type Place } from "../place.ts";
import { CellPanel } from "../parts/cell-panel.tsx";
import { ColourBar, ContourLegend, PatternLegend } from "../parts/colour-bar.tsx";
import { ExportMenu } from "../parts/export-menu.tsx";
import { MapControls } from "../parts/map-controls.tsx";
import { Empty, ProblemNotice, Waiting } from "../parts/notice.tsx";
import { cellAt, type Contour, mapHeight, PhaseMap, type Place as MapPlace } from "../parts/phase-map.tsx";
import { useIsDark, useWidth } from "../parts/size.ts";
import { Slices } from "../parts/slices.tsx";

interface MapViewProps {
  readonly study: string;
  readonly detail: StudyDetail | null;
  readonly query: Place["query"];
  /** Rises while points arrive. */
  readonly stored: number;
}

/** Cells asked for: as many as the screen may have pixels, in steps, so that a resize rarely asks again. */
export function cellsFor(width: number): number {
  return Math.max(200, Math.ceil((width * Math.min(2, devicePixelRatio)) / 100) * 100);
}

export function MapView({ study, detail, query, stored }: MapViewProps) {
  const { ref, width } = useWidth();
  const [isWide] = useState(() => matchMedia("(min-width: 821px)").matches);
  const cells = cellsFor(Math.min(800, width));
  const path = width === 0 ? null : heatmapPath(study, query, { cells });
  const { frame, problem, isWaiting } = useFrame(path, stored);
  const law = query["law"];
  const lawPath = width === 0 || law === undefined || law === "" || !query["t"] ? null
    : heatmapPath(study, query, { cells, metric: law, minus: null });
  const { frame: lawFrame } = useFrame(lawPath, stored);
  const state = detail === null || frame === null ? null : mapState(detail, query, names(frame.header));
  const isRefused = problem !== null && frame === null;
  return (
    <div class={isRefused ? "" : "map-view"}>
      {!isRefused && <aside class="panel controls-panel" aria-label="What the map shows">
        <details open={isWide}>
          <summary>Metric, axes and sliders</summary>
          <div class="controls-fold">{detail !== null && state !== null && <MapControls detail={detail} state={state} />}</div>
        </details>
      </aside>}
      <section key="stage" class="stage" ref={ref} aria-label="Phase diagram" aria-busy={isWaiting}>
        {problem !== null && <ProblemNotice problem={problem} />}
        {isRefused && <p><a class="button" href={linkTo(["study", study, "map"])}>Show the study's usual map</a></p>}
        {frame === null && problem === null && <div style={{ height: `${mapHeight(width)}px` }}><Waiting what="Reading the points" /></div>}
        {frame !== null && state !== null && detail !== null && width > 0 && (
          <Stage frame={frame} lawFrame={lawFrame} state={state} detail={detail} width={width} isWaiting={isWaiting} />
        )}
      </section>
    </div>
  );
}

export function names({ x, y, metric, at }: HeatmapHeader) {
  return { x: x.axis, y: y.axis, metric, at };
}

interface StageProps {
  readonly frame: HeatmapFrame;
  readonly lawFrame: HeatmapFrame | null;
  readonly state: MapState;
  readonly detail: StudyDetail;
  readonly width: number;
  readonly isWaiting: boolean;
}

function Stage({ frame, lawFrame, state, detail, width, isWaiting }: StageProps) {
  const isDark = useIsDark();
  const column = useWidth();
  const [hover, setHover] = useState<MapPlace | null>(null);
  const axes = axesOf(detail, frame.header);
  const cursor = hover ?? state.pin;
  const contours = useContours(frame, lawFrame, state);
  if (axes === null) return null;
  const domain = domainOf(state, frame.header);
  const label = labelOf(frame.header);
  const here = cellAt(frame, cursor);
  const { counts } = frame.header;
  return (
    <>
      <div class="map-wide">
        <div class="map-column" ref={column.ref}>
          {column.width > 0 && <PhaseMap frame={frame} axes={axes} width={Math.min(800, column.width)} contours={contours}
            look={{ scale: state.scale, domain, isDark }} cursor={cursor}
            label={`${label} over ${words(axes[0].name)} and ${words(axes[1].name)}: arrow keys move the crosshair, Escape shows the whole map`}
            onHover={setHover} onPin={(place) => changeQuery({ c: place.join(",") })}
            onWindow={(window) => changeQuery({ w: window }, true)} />}
          {counts.value === 0 && !isWaiting && <Empty title="No cell of this map has a value yet"><p>{emptyReason(counts)}</p></Empty>}
          <div class="legend">
            <ColourBar scale={state.scale} domain={domain} label={label} value={here?.value ?? null} threshold={state.threshold} />
            <div class="marks">
              <ContourLegend contours={contours} />
              <PatternLegend counts={counts} isDark={isDark} />
            </div>
          </div>
          <div class="row map-foot">
            <span class="hint">{footText(frame.header)}</span>
            {state.window !== undefined && <button type="button" onClick={() => changeQuery({ w: undefined }, true)}>Show the whole map</button>}
            <ExportMenu frame={frame} axes={axes} state={state} detail={detail} contours={contours} domain={domain} label={label} />
          </div>
        </div>
        <CellPanel detail={detail} state={state} axes={axes} place={cursor} value={here?.value ?? null} />
      </div>
      <Slices detail={detail} state={state} axes={axes} place={cursor} width={width} />
    </>
  );
}

export function axesOf(detail: StudyDetail, header: HeatmapHeader): readonly [AxisView, AxisView] | null {
  const x = detail.axes.find(({ name }) => name === header.x.axis);
  const y = detail.axes.find(({ name }) => name === header.y.axis);
  return x === undefined || y === undefined ? null : [x, y];
}

export function domainOf(state: MapState, header: HeatmapHeader): readonly [number, number] {
  const [low, high] = header.range ?? [0, 1];
  const scale: ScaleName = state.scale;
  const most = Math.max(Math.abs(low), Math.abs(high));
  const [, even] = roundDomain(0, most);
  const own: readonly [number, number] = scale === "diverging" && low < 0 ? [-even, even] : roundDomain(low, high);
  return [state.domain[0] ?? own[0], state.domain[1] ?? own[1]];
}

export function labelOf({ metric, minus, reduce, over }: HeatmapHeader): string {
  const value = minus === null ? words(metric) : `${words(metric)} − ${words(minus)}`;
  return over.length === 0 ? value : `${value}, ${reduce} over ${over.map(words).join(", ")}`;
}

function footText({ x, y, columns, rows, counts }: HeatmapHeader): string {
  const points = counts.value + counts.missing + counts.dead + counts.numeric;
  const binned = x.step > 1 || y.step > 1 ? `, ${x.step} × ${y.step} grid values to a cell` : "";
  return `${columns} × ${rows} cells from ${counted(points)} points${binned}`;
}

function emptyReason({ missing, dead, numeric }: HeatmapHeader["counts"]): string {
  if (missing >= dead && missing >= numeric) return "Its points are not computed yet: they appear here as they arrive.";
  if (dead > numeric) return "Its jobs are dead: see why under Jobs, and retry them there.";
  return "All of its points failed numerically: move a slider, or look at another metric.";
}

export function useContours(frame: HeatmapFrame, lawFrame: HeatmapFrame | null, { threshold }: MapState): readonly Contour[] {
  const labelAt = ({ header }: HeatmapFrame): string => `${labelOf({ ...header, over: [] })} = ${shown(threshold)}`;
  return useMemo(() => {
    if (threshold === null) return [];
    const { columns, rows } = frame.header;
    const measured: Contour = { kind: "measured", label: labelAt(frame), path: contourPath({ columns, rows, values: frame.values }, threshold) };
    if (lawFrame === null || lawFrame.header.columns !== columns || lawFrame.header.rows !== rows) return [measured];
    return [measured, { kind: "law", label: labelAt(lawFrame), path: contourPath({ columns, rows, values: lawFrame.values }, threshold) }];
  }, [frame, lawFrame, threshold]);
}

export function valueText(value: number | null): string {
  return value === null ? "–" : shown(value);
}
