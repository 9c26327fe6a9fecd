// Files made of a map: a self-contained SVG, a PNG of it, and its cells as CSV.
import type { AxisView } from "../../schema/api.ts";
import type { HeatmapFrame } from "../../schema/heatmap-frame.ts";
import { words } from "../number.ts";
import { axisTicks } from "./axis-ticks.ts";
import { cssColour } from "./colour.ts";
import { type Look, paint, type Pattern, PATTERN_WORDS as KINDS, patternOf, tileOf } from "./raster.ts";
import { roundSteps, tickLabel } from "../../schema/ticks.ts";

export interface Figure {
  readonly frame: HeatmapFrame;
  readonly axes: readonly [AxisView, AxisView];
  readonly contours: readonly { readonly path: string; readonly kind: "measured" | "law"; readonly label: string }[];
  readonly label: string;
  readonly title: string;
  readonly look: Look;
}

const SIZE = { width: 720, height: 650, left: 80, top: 50, plotWidth: 520, plotHeight: 500 };

/**
 * The figure on white, with fonts and colours written out, so that it stands anywhere.
 * @param enlarged how much larger it is to be drawn: a contour's stroke does not grow by itself.
 */
export function mapSvg(figure: Figure, enlarged = 1): string {
  const { frame, axes, contours, label, title, look } = figure;
  const { header } = frame;
  const { left, top, plotWidth, plotHeight } = SIZE;
  const across = axisTicks({ axis: axes[0], from: header.x.from, to: header.x.to }, 7);
  const up = axisTicks({ axis: axes[1], from: header.y.from, to: header.y.to }, 9);
  const scale = `translate(0 ${plotHeight}) scale(${plotWidth / header.columns} ${-plotHeight / header.rows})`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" width="${SIZE.width}" height="${SIZE.height}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="${left}" y="22" font-size="15" font-weight="bold">${escape(title)}</text>`,
    `<text x="${left}" y="40">${escape(label)}</text>`,
    `<g transform="translate(${left} ${top})">`,
    `<image width="${plotWidth}" height="${plotHeight}" href="${cellsUrl(frame, look)}"/>`,
    `<g transform="${scale}" fill="none">`,
    ...contours.map(({ path, kind }) =>
      `<path d="${path}" stroke="#fff" stroke-width="${3.5 * enlarged}" vector-effect="non-scaling-stroke"/>` +
      `<path d="${path}" stroke="#c2185b" stroke-width="${1.6 * enlarged}"${kind === "law" ? ` stroke-dasharray="${6 * enlarged} ${4 * enlarged}"` : ""} vector-effect="non-scaling-stroke"/>`),
    "</g>",
    `<path d="M0 0V${plotHeight}H${plotWidth}" fill="none" stroke="#222"/>`,
    ...across.map(({ at, label: text }) =>
      `<path d="M${at * plotWidth} ${plotHeight}v5" stroke="#222"/><text x="${at * plotWidth}" y="${plotHeight + 19}" text-anchor="middle">${text}</text>`),
    ...up.map(({ at, label: text }) =>
      `<path d="M0 ${plotHeight * (1 - at)}h-5" stroke="#222"/><text x="-9" y="${plotHeight * (1 - at)}" dy="0.32em" text-anchor="end">${text}</text>`),
    `<text x="${plotWidth / 2}" y="${plotHeight + 42}" text-anchor="middle" font-weight="bold">${escape(words(header.x.axis))}${axes[0].isLog ? " (log)" : ""}</text>`,
    `<text transform="translate(-58 ${plotHeight / 2}) rotate(-90)" text-anchor="middle" font-weight="bold">${escape(words(header.y.axis))}${axes[1].isLog ? " (log)" : ""}</text>`,
    ...colourBar(look),
    ...legend(figure),
    "</g></svg>",
  ].join("\n");
}

/** What lines and patterns mean, in a row below the map. */
function legend({ contours, frame: { header }, look }: Figure): string[] {
  let x = 0;
  const entry = (symbol: string, width: number, text: string): string => {
    const part = `<g transform="translate(${x} ${SIZE.plotHeight + 68})">${symbol}<text x="${width + 7}" dy="0.32em" font-size="11">${escape(text)}</text></g>`;
    x += width + 22 + text.length * 6;
    return part;
  };
  const lines = contours.map(({ kind, label }) =>
    entry(`<path d="M0 0H26" fill="none" stroke="#c2185b" stroke-width="1.8"${kind === "law" ? ' stroke-dasharray="6 4"' : ""}/>`, 26, label));
  const marks = KINDS.filter(({ count }) => header.counts[count] > 0).map(({ pattern, label }) =>
    entry(`<image width="20" height="12" y="-6" href="${swatchUrl(pattern, look.isDark)}"/><rect width="20" height="12" y="-6" fill="none" stroke="#888"/>`, 20, label));
  return [...lines, ...marks];
}

function swatchUrl(pattern: Pattern, isDark: boolean): string {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [40, 24];
  const context = canvas.getContext("2d");
  const fill = context?.createPattern(tileOf(pattern, isDark), "repeat");
  if (context && fill) {
    context.fillStyle = fill;
    context.fillRect(0, 0, 40, 24);
  }
  return canvas.toDataURL("image/png");
}

function colourBar({ scale, domain }: Look): string[] {
  const { plotWidth, plotHeight } = SIZE;
  const [low, high] = domain;
  const steps = 64;
  const bars = Array.from({ length: steps }, (_, step) =>
    `<rect x="${plotWidth + 24}" y="${plotHeight * (1 - (step + 1) / steps)}" width="16" height="${plotHeight / steps + 0.6}" fill="${cssColour(scale, (step + 0.5) / steps)}"/>`);
  const ticks = roundSteps(low, high, 6).map((tick) =>
    `<text x="${plotWidth + 46}" y="${plotHeight * (1 - (tick - low) / (high - low || 1))}" dy="0.32em">${tickLabel(tick)}</text>`);
  return [...bars, ...ticks];
}

function cellsUrl(frame: HeatmapFrame, look: Look): string {
  const canvas = document.createElement("canvas");
  canvas.width = SIZE.plotWidth * 2;
  canvas.height = SIZE.plotHeight * 2;
  const { columns, rows } = frame.header;
  paint(canvas, { columns, rows, values: frame.values, marks: frame.marks }, look);
  return canvas.toDataURL("image/png");
}

/** One line per cell: axis values at the cell's first index, its value, and why it has none. */
export function frameCsv({ header, values, marks }: HeatmapFrame, axes: readonly [AxisView, AxisView]): string {
  const { x, y, columns } = header;
  const lines = [`${x.axis},${y.axis},${header.metric}${header.minus === null ? "" : `_minus_${header.minus}`},mark`];
  values.forEach((value, cell) => {
    const across = axes[0].values[x.from + (cell % columns) * x.step];
    const up = axes[1].values[y.from + Math.floor(cell / columns) * y.step];
    lines.push(`${across},${up},${Number.isNaN(value) ? "" : value},${patternOf(marks[cell] ?? 0) ?? "value"}`);
  });
  return `${lines.join("\r\n")}\r\n`;
}

export function saveText(name: string, text: string, type: string): void {
  saveBlob(name, new Blob([text], { type: `${type};charset=utf-8` }));
}

function saveBlob(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The SVG drawn at twice its size. */
export async function savePng(name: string, figure: Figure): Promise<void> {
  const image = new Image();
  const url = URL.createObjectURL(new Blob([mapSvg(figure, 2)], { type: "image/svg+xml" }));
  try {
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = SIZE.width * 2;
    canvas.height = SIZE.height * 2;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (blob === null) throw new Error("the browser made no picture");
    saveBlob(name, blob);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
