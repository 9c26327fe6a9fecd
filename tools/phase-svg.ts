// A phase diagram as SVG: a rectangle per run of equal colour, axes with real values.
import { hexColor } from "../coordinator/face/color.ts";
import { shortNumber } from "../coordinator/face/number.ts";
import type { DiagramAxis, PhaseDiagram } from "../coordinator/face/phase.ts";

const WIDTH = 720;
const HEIGHT = 440;
const PLOT = { left: 76, top: 44, width: 540, height: 336 } as const;
const KEY = { left: 640, width: 14 } as const;
/** Colours, few enough that neighbours merge and many enough that steps are not seen. */
const LEVELS = 64;
const TICKS = 6;

export interface PhaseSvgOptions {
  readonly title: string;
  /** What the colour stands for. */
  readonly metric: string;
  /** Names of the axes with their meaning. */
  readonly xLabel: string;
  readonly yLabel: string;
}

export function phaseSvg(diagram: PhaseDiagram, options: PhaseSvgOptions): string {
  const { left, top, width, height } = PLOT;
  const style =
    "text{font:13px system-ui,sans-serif;fill:#57606a}.h{font-size:15px;font-weight:600;fill:#24292f}" +
    "@media(prefers-color-scheme:dark){text{fill:#9198a1}.h{fill:#e6edf3}}";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${options.title}">`,
    `<style>${style}</style>`,
    `<text class="h" x="${left}" y="24">${options.title}</text>`,
    `<g shape-rendering="crispEdges">`,
    ...cells(diagram),
    "</g>",
    ...xTicks(diagram.x),
    ...yTicks(diagram.y),
    `<text x="${left + width / 2}" y="${top + height + 46}" text-anchor="middle">${options.xLabel}</text>`,
    `<text transform="translate(18 ${top + height / 2}) rotate(-90)" text-anchor="middle">${options.yLabel}</text>`,
    ...key(diagram, options.metric),
    "</svg>",
    "",
  ].join("\n");
}

/** Rows of cells from the top, each a few rectangles: equal neighbours are one. */
function cells({ x, y, cells: values, low, high }: PhaseDiagram): string[] {
  const [columns, rows] = [x.values.length, y.values.length];
  const edge = (index: number, count: number, start: number, size: number): number =>
    Math.round((start + (index / count) * size) * 10) / 10;
  const levelAt = (row: number, column: number): number =>
    Math.round((((values[row * columns + column] ?? Number.NaN) - low) / (high - low)) * (LEVELS - 1));
  const rectangles: string[] = [];
  for (let row = 0; row < rows; row++) {
    const bottom = edge(rows - row, rows, PLOT.top, PLOT.height);
    const upper = edge(rows - row - 1, rows, PLOT.top, PLOT.height);
    for (let from = 0; from < columns; ) {
      const level = levelAt(row, from);
      let to = from + 1;
      while (to < columns && Object.is(levelAt(row, to), level)) to++;
      const [left, right] = [edge(from, columns, PLOT.left, PLOT.width), edge(to, columns, PLOT.left, PLOT.width)];
      const fill = Number.isNaN(level) ? "#888" : hexColor(level / (LEVELS - 1));
      rectangles.push(`<path fill="${fill}" d="M${left} ${upper}H${right}V${bottom}H${left}Z"/>`);
      from = to;
    }
  }
  return rectangles;
}

/** Indices of about TICKS values, evenly spread, the first and the last among them. */
function ticksOf({ values }: DiagramAxis): number[] {
  const last = values.length - 1;
  const count = Math.min(TICKS, values.length);
  if (count < 2) return [0];
  return [...new Set(Array.from({ length: count }, (_, i) => Math.round((i / (count - 1)) * last)))];
}

function xTicks(axis: DiagramAxis): string[] {
  const { left, top, width, height } = PLOT;
  return ticksOf(axis).map((index) => {
    const x = Math.round(left + ((index + 0.5) / axis.values.length) * width);
    return `<text x="${x}" y="${top + height + 20}" text-anchor="middle">${shortNumber(axis.values[index] ?? Number.NaN)}</text>`;
  });
}

function yTicks(axis: DiagramAxis): string[] {
  const { left, top, height } = PLOT;
  return ticksOf(axis).map((index) => {
    const y = Math.round(top + height - ((index + 0.5) / axis.values.length) * height + 4);
    return `<text x="${left - 8}" y="${y}" text-anchor="end">${shortNumber(axis.values[index] ?? Number.NaN)}</text>`;
  });
}

function key({ low, high }: PhaseDiagram, metric: string): string[] {
  const { top, height } = PLOT;
  const step = height / LEVELS;
  const bars = Array.from({ length: LEVELS }, (_, i) => {
    const y = (top + height - (i + 1) * step).toFixed(2);
    return `<path fill="${hexColor(i / (LEVELS - 1))}" d="M${KEY.left} ${y}h${KEY.width}v${(step + 0.3).toFixed(2)}h-${KEY.width}Z"/>`;
  });
  const text = (y: number, value: string): string =>
    `<text x="${KEY.left + KEY.width + 6}" y="${y}">${value}</text>`;
  const middle = top + height / 2;
  return [
    ...bars,
    text(top + height, shortNumber(low)),
    text(top + 10, shortNumber(high)),
    `<text transform="translate(${KEY.left + KEY.width + 22} ${middle}) rotate(-90)" text-anchor="middle">${metric}</text>`,
  ];
}
