// A phase diagram as SVG: a rectangle per run of equal colour, axes with real values.
import { hexColor } from "../../face/color.ts";
import { shortNumber } from "../../face/number.ts";
import type { DiagramAxis, PhaseDiagram } from "../../face/phase.ts";
import { escaped } from "../html.ts";

/** Pixels: as wide as a document, or as a panel of a report. */
export type PhaseSize = "document" | "panel";
interface Layout {
  readonly width: number;
  readonly height: number;
  readonly plot: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  /** The colour bar's left edge. */
  readonly key: number;
}
const LAYOUTS: Readonly<Record<PhaseSize, Layout>> = {
  document: { width: 720, height: 440, plot: { left: 76, top: 44, width: 540, height: 336 }, key: 640 },
  panel: { width: 380, height: 300, plot: { left: 62, top: 34, width: 238, height: 210 }, key: 314 },
};
const KEY_WIDTH = 14;
/** Colours, few enough that neighbours merge and many enough that steps are not seen. */
const LEVELS = 48;
/** Gaps between ticks, the most wanted number first. */
const GAPS = [4, 5, 6, 3];

export interface PhaseSvgOptions {
  readonly title: string;
  /** What the colour stands for. */
  readonly metric: string;
  /** Names of the axes with their meaning. */
  readonly xLabel: string;
  readonly yLabel: string;
}

export function phaseSvg(diagram: PhaseDiagram, texts: PhaseSvgOptions, size: PhaseSize = "document"): string {
  const layout = LAYOUTS[size];
  const options = {
    title: escaped(texts.title),
    metric: escaped(texts.metric),
    xLabel: escaped(texts.xLabel),
    yLabel: escaped(texts.yLabel),
  };
  const { left, top, width, height } = layout.plot;
  const style =
    "text{font:13px system-ui,sans-serif;fill:#57606a}.h{font-size:15px;font-weight:600;fill:#24292f}" +
    "@media(prefers-color-scheme:dark){text{fill:#9198a1}.h{fill:#e6edf3}}";
  const isPanel = size === "panel";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg"${isPanel ? ' class="panel"' : ""} viewBox="0 0 ${layout.width} ${layout.height}" role="img" aria-label="${options.title}">`,
    // In a page the page's own sheet rules.
    ...(isPanel ? [] : [`<style>${style}</style>`]),
    `<text class="h title" x="${left}" y="${isPanel ? 18 : 24}">${options.title}</text>`,
    `<g shape-rendering="crispEdges" transform="${plotTransform(diagram, layout)}">`,
    ...cells(diagram),
    "</g>",
    ...xTicks(diagram.x, layout),
    ...yTicks(diagram.y, layout),
    `<text x="${left + width / 2}" y="${top + height + (isPanel ? 40 : 46)}" text-anchor="middle">${options.xLabel}</text>`,
    `<text transform="translate(${isPanel ? 12 : 18} ${top + height / 2}) rotate(-90)" text-anchor="middle">${options.yLabel}</text>`,
    ...key(diagram, options.metric, layout),
    "</svg>",
    "",
  ].join("\n");
}

/** One path per colour, in units of cells from the lower left: equal neighbours are one rectangle. */
function cells({ x, y, cells: values, low, high }: PhaseDiagram): string[] {
  const columns = x.values.length;
  const levelAt = (row: number, column: number): number =>
    Math.round((((values[row * columns + column] ?? Number.NaN) - low) / (high - low)) * (LEVELS - 1));
  const paths = new Map<number, string>();
  y.values.forEach((_, row) => {
    for (let from = 0; from < columns; ) {
      const level = levelAt(row, from);
      let to = from + 1;
      while (to < columns && Object.is(levelAt(row, to), level)) to++;
      const rectangle = `M${from} ${row}h${to - from}v1H${from}z`;
      paths.set(level, `${paths.get(level) ?? ""}${rectangle}`);
      from = to;
    }
  });
  return [...paths].map(([level, path]) => {
    const fill = Number.isNaN(level) ? "#888" : hexColor(level / (LEVELS - 1));
    return `<path fill="${fill}" d="${path}"/>`;
  });
}

/** Turns units of cells, upwards, into the plot's own. */
function plotTransform({ x, y }: PhaseDiagram, { plot: { left, top, width, height } }: Layout): string {
  const scale = (size: number, count: number): number => Number((size / count).toFixed(5));
  return `translate(${left} ${top + height}) scale(${scale(width, x.values.length)} ${-scale(height, y.values.length)})`;
}

/** Indices of a few values, evenly spread; the last among them where that is possible. */
function ticksOf({ values }: DiagramAxis): number[] {
  const last = values.length - 1;
  const gaps = GAPS.find((count) => last % count === 0);
  const step = gaps === undefined ? Math.max(1, Math.ceil(last / Math.max(...GAPS))) : Math.max(1, last / gaps);
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
}

function xTicks(axis: DiagramAxis, { plot: { left, top, width, height } }: Layout): string[] {
  return ticksOf(axis).map((index) => {
    const x = Math.round(left + ((index + 0.5) / axis.values.length) * width);
    return `<text x="${x}" y="${top + height + 20}" text-anchor="middle">${shortNumber(axis.values[index] ?? Number.NaN)}</text>`;
  });
}

function yTicks(axis: DiagramAxis, { plot: { left, top, height } }: Layout): string[] {
  return ticksOf(axis).map((index) => {
    const y = Math.round(top + height - ((index + 0.5) / axis.values.length) * height + 4);
    return `<text x="${left - 8}" y="${y}" text-anchor="end">${shortNumber(axis.values[index] ?? Number.NaN)}</text>`;
  });
}

function key({ low, high }: PhaseDiagram, metric: string, { plot: { top, height }, key: left }: Layout): string[] {
  const step = height / LEVELS;
  // Each bar reaches down to the bottom and the next one lies over it: no seam can show.
  const bars = Array.from({ length: LEVELS }, (_, drawn) => {
    const i = LEVELS - 1 - drawn;
    const y = (top + height - (i + 1) * step).toFixed(2);
    return `<path fill="${hexColor(i / (LEVELS - 1))}" d="M${left} ${y}h${KEY_WIDTH}V${top + height}h-${KEY_WIDTH}Z"/>`;
  });
  const text = (y: number, value: string): string =>
    `<text x="${left + KEY_WIDTH + 6}" y="${y}">${value}</text>`;
  const middle = top + height / 2;
  return [
    ...bars,
    text(top + height, shortNumber(low)),
    text(top + 10, shortNumber(high)),
    `<text transform="translate(${left + KEY_WIDTH + 22} ${middle}) rotate(-90)" text-anchor="middle">${metric}</text>`,
  ];
}
