// The heatmap itself: cells on a canvas, axes, contours and crosshair as SVG above it.
//
// Reachable by keyboard: arrows move the crosshair, Enter pins it, Escape lets go of the zoom.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { AxisView } from "../../schema/api.ts";
import type { HeatmapFrame } from "../../schema/heatmap-frame.ts";
import { axisTicks } from "../draw/axis-ticks.ts";
import { type Look, paint } from "../draw/raster.ts";
import { words } from "../number.ts";

export interface Contour {
  readonly path: string;
  /** `attack success rate = 0.5` */
  readonly label: string;
  readonly kind: "measured" | "law";
}

/** A place on the map, as indices on the two axes. */
export type Place = readonly [number, number];

interface PhaseMapProps {
  readonly frame: HeatmapFrame;
  readonly axes: readonly [AxisView, AxisView];
  readonly look: Look;
  readonly width: number;
  readonly contours: readonly Contour[];
  readonly cursor: Place | null;
  readonly label: string;
  readonly onHover: (place: Place | null) => void;
  readonly onPin: (place: Place) => void;
  readonly onWindow: (window: string | undefined) => void;
}

const MARGIN = { left: 58, right: 10, top: 10, bottom: 46 };

export function mapHeight(width: number): number {
  return Math.max(240, Math.min(560, Math.round(width * 0.82)));
}

export function PhaseMap(props: PhaseMapProps) {
  const { frame, axes, look, width, contours, cursor, label } = props;
  const { header } = frame;
  const height = mapHeight(width);
  const plot = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const ratio = Math.min(2, devicePixelRatio);
    element.width = Math.round(plot.width * ratio);
    element.height = Math.round(plot.height * ratio);
    const { columns, rows } = header;
    paint(element, { columns, rows, values: frame.values, marks: frame.marks }, look);
    performance.mark("nearclone-painted");
  }, [frame, look.scale, look.domain[0], look.domain[1], look.isDark, plot.width, plot.height]);
  const gestures = useGestures(props, plot);
  const toX = (index: number): number => ((index + 0.5 - header.x.from) / (header.x.to - header.x.from)) * plot.width;
  const toY = (index: number): number => plot.height - ((index + 0.5 - header.y.from) / (header.y.to - header.y.from)) * plot.height;
  const isInside = cursor !== null && cursor[0] >= header.x.from && cursor[0] < header.x.to &&
    cursor[1] >= header.y.from && cursor[1] < header.y.to;
  return (
    <div class="phase-map" style={{ height: `${height}px` }}>
      <canvas ref={canvas} aria-hidden="true" style={{
        left: `${MARGIN.left}px`, top: `${MARGIN.top}px`, width: `${plot.width}px`, height: `${plot.height}px`,
      }} />
      <svg width={width} height={height} role="application" tabindex={0} aria-label={label} {...gestures.handlers}>
        <g transform={`translate(${MARGIN.left} ${MARGIN.top})`}>
          <rect class="hit" width={plot.width} height={plot.height} />
          <Contours contours={contours} frame={frame} plot={plot} />
          {isInside && cursor !== null && (
            <g class="crosshair">
              {["under", ""].map((layer) => (
                <g key={layer}>
                  <path class={layer} d={`M${toX(cursor[0])} 0V${plot.height}M0 ${toY(cursor[1])}H${plot.width}`} />
                  <circle class={layer} cx={toX(cursor[0])} cy={toY(cursor[1])} r={5} />
                </g>
              ))}
            </g>
          )}
          {gestures.brush !== null && <rect class="brush" {...gestures.brush} />}
          <MapAxes frame={frame} axes={axes} plot={plot} />
        </g>
      </svg>
    </div>
  );
}

interface Plot {
  readonly width: number;
  readonly height: number;
}

/** Of a cell: below it contours may wind within a few pixels, and a broad line would hide the map. */
const FINE_PIXELS = 4;

/** Contours are in cell units, y upwards; their strokes keep their width. */
function Contours({ contours, frame, plot }: { contours: readonly Contour[]; frame: HeatmapFrame; plot: Plot }) {
  const { columns, rows } = frame.header;
  const transform = `translate(0 ${plot.height}) scale(${plot.width / columns} ${-plot.height / rows})`;
  return (
    <g transform={transform} class={Math.min(plot.width / columns, plot.height / rows) < FINE_PIXELS ? "fine" : ""}>
      {contours.map(({ path, kind }) => (
        <g key={kind}>
          <path class="contour halo" d={path} />
          <path class={`contour ${kind}`} d={path} />
        </g>
      ))}
    </g>
  );
}

function MapAxes({ frame, axes, plot }: { frame: HeatmapFrame; axes: PhaseMapProps["axes"]; plot: Plot }) {
  const { x, y } = frame.header;
  const across = axisTicks({ axis: axes[0], from: x.from, to: x.to }, Math.max(3, Math.floor(plot.width / 75)));
  const up = axisTicks({ axis: axes[1], from: y.from, to: y.to }, Math.max(3, Math.floor(plot.height / 45)));
  return (
    <g class="axes" aria-hidden="true">
      <path d={`M0 0V${plot.height}H${plot.width}`} />
      {across.map(({ at, label }) => (
        <g key={label} transform={`translate(${at * plot.width} ${plot.height})`}>
          <path d="M0 0V5" /><text y={18} text-anchor="middle">{label}</text>
        </g>
      ))}
      {up.map(({ at, label }) => (
        <g key={label} transform={`translate(0 ${plot.height * (1 - at)})`}>
          <path d="M0 0H-5" /><text x={-9} dy="0.32em" text-anchor="end">{label}</text>
        </g>
      ))}
      <text class="axis-name" x={plot.width / 2} y={plot.height + 38} text-anchor="middle">{words(x.axis)}{axes[0].isLog ? " (log)" : ""}</text>
      <text class="axis-name" transform={`translate(-46 ${plot.height / 2}) rotate(-90)`} text-anchor="middle">
        {words(y.axis)}{axes[1].isLog ? " (log)" : ""}
      </text>
    </g>
  );
}

/** Pixels, from the plot's corner, that a drag must cover before it is a zoom and not a click. */
const BRUSH_MIN = 6;

function useGestures({ frame, cursor, onHover, onPin, onWindow }: PhaseMapProps, plot: Plot) {
  const [drag, setDrag] = useState<{ from: Place; to: Place } | null>(null);
  const { x, y } = frame.header;
  useEffect(() => setDrag(null), [x.from, x.to, y.from, y.to]);
  const pixelOf = (event: PointerEvent | MouseEvent): Place => {
    const target = event.currentTarget;
    if (!(target instanceof Element)) return [0, 0];
    const bounds = target.getBoundingClientRect();
    const held = (value: number, most: number): number => Math.min(most - 0.01, Math.max(0, value));
    return [held(event.clientX - bounds.left - MARGIN.left, plot.width), held(event.clientY - bounds.top - MARGIN.top, plot.height)];
  };
  const placeOf = ([px, py]: Place): Place => [
    x.from + Math.floor((px / plot.width) * (x.to - x.from)),
    y.from + Math.floor((1 - (py + 0.01) / plot.height) * (y.to - y.from)),
  ];
  const isBrush = drag !== null &&
    (Math.abs(drag.to[0] - drag.from[0]) > BRUSH_MIN || Math.abs(drag.to[1] - drag.from[1]) > BRUSH_MIN);
  const finish = (): void => {
    if (drag === null) return;
    setDrag(null);
    if (!isBrush) onPin(placeOf(drag.to));
    else onWindow(windowOf(placeOf(drag.from), placeOf(drag.to)));
  };
  const handlers = {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      const at = pixelOf(event);
      if (event.pointerType === "mouse" && event.currentTarget instanceof Element) {
        event.currentTarget.setPointerCapture(event.pointerId);
      }
      setDrag({ from: at, to: at });
    },
    onPointerMove: (event: PointerEvent) => {
      const at = pixelOf(event);
      if (drag !== null && event.pointerType === "mouse") setDrag({ from: drag.from, to: at });
      onHover(placeOf(at));
    },
    onPointerUp: finish,
    onPointerCancel: () => setDrag(null),
    onPointerLeave: () => onHover(null),
    onDblClick: () => onWindow(undefined),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === "Escape") onWindow(undefined);
      const next = movedBy(event, cursor, frame);
      if (next === null) return;
      event.preventDefault();
      onPin(next);
    },
  };
  const brush = isBrush && drag !== null ? {
    x: Math.min(drag.from[0], drag.to[0]), y: Math.min(drag.from[1], drag.to[1]),
    width: Math.abs(drag.to[0] - drag.from[0]), height: Math.abs(drag.to[1] - drag.from[1]),
  } : null;
  return { handlers, brush };
}

/** Where an arrow key takes the crosshair, a cell or with Shift ten; null for other keys. */
function movedBy(event: KeyboardEvent, cursor: Place | null, { header: { x, y } }: HeatmapFrame): Place | null {
  const step = event.shiftKey ? 10 : 1;
  const moves: Readonly<Record<string, Place>> = {
    ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step],
  };
  const move = moves[event.key];
  if (move === undefined) return null;
  const [atX, atY] = cursor ?? [(x.from + x.to) >> 1, (y.from + y.to) >> 1];
  const held = (value: number, from: number, to: number): number => Math.min(to - 1, Math.max(from, value));
  return [held(atX + move[0] * x.step, x.from, x.to), held(atY + move[1] * y.step, y.from, y.to)];
}

function windowOf(a: Place, b: Place): string {
  const [x0, x1] = [Math.min(a[0], b[0]), Math.max(a[0], b[0]) + 1];
  const [y0, y1] = [Math.min(a[1], b[1]), Math.max(a[1], b[1]) + 1];
  return [x0, x1, y0, y1].join(",");
}

/** The cell's value and mark at a place, or null outside the frame. */
export function cellAt({ header, values, marks }: HeatmapFrame, place: Place | null) {
  if (place === null) return null;
  const column = Math.floor((place[0] - header.x.from) / header.x.step);
  const row = Math.floor((place[1] - header.y.from) / header.y.step);
  if (column < 0 || row < 0 || column >= header.columns || row >= header.rows) return null;
  const cell = row * header.columns + column;
  return { value: values[cell] ?? Number.NaN, mark: marks[cell] ?? 0 };
}
