// Cells to pixels: values by colour scale, and three patterns for what has no value.
//
// Patterns are in screen pixels, whatever a cell's size: dots where nothing was computed yet, a
// hatch where the numbers broke down, crosses where a job died.
import { MARK } from "../../schema/heatmap-frame.ts";
import { type ScaleName, tableOf } from "./colour.ts";

export interface Cells {
  readonly columns: number;
  readonly rows: number;
  readonly values: Float32Array;
  readonly marks: Uint8Array;
}

export interface Look {
  readonly scale: ScaleName;
  readonly domain: readonly [number, number];
  readonly isDark: boolean;
}

/** One pixel per cell, y upwards; transparent without a value. */
export function paintCells(cells: Cells, { scale, domain }: Look): ImageData {
  const { columns, rows, values } = cells;
  const image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const table = packedTable(scale);
  const [low, high] = domain;
  const factor = high > low ? 255.999 / (high - low) : 0;
  for (let row = 0; row < rows; row++) {
    const target = (rows - 1 - row) * columns;
    const source = row * columns;
    for (let column = 0; column < columns; column++) {
      const value = values[source + column] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      const step = factor === 0 ? 128 : (value - low) * factor;
      pixels[target + column] = table[step < 0 ? 0 : step > 255 ? 255 : step | 0] ?? 0;
    }
  }
  return image;
}

const packedTables = new Map<ScaleName, Uint32Array>();

/** A colour table as little-endian RGBA words. */
function packedTable(name: ScaleName): Uint32Array {
  const known = packedTables.get(name);
  if (known !== undefined) return known;
  const table = tableOf(name);
  const packed = Uint32Array.from({ length: 256 }, (_, step) =>
    ((255 << 24) | ((table[step * 3 + 2] ?? 0) << 16) | ((table[step * 3 + 1] ?? 0) << 8) | (table[step * 3] ?? 0)) >>> 0);
  packedTables.set(name, packed);
  return packed;
}

export type Pattern = "missing" | "numeric" | "dead";
export const PATTERNS: readonly Pattern[] = ["missing", "numeric", "dead"];

/** What each stands for, and the count of a frame that says how many points. */
export const PATTERN_WORDS: readonly { pattern: Pattern; count: "missing" | "numeric" | "dead"; label: string }[] = [
  { pattern: "missing", count: "missing", label: "not computed yet" },
  { pattern: "numeric", count: "numeric", label: "numeric failure" },
  { pattern: "dead", count: "dead", label: "job dead" },
];

/** Which pattern fills a cell without a value; null: it has one. The worst news wins. */
export function patternOf(mark: number): Pattern | null {
  if ((mark & MARK.value) !== 0) return null;
  if ((mark & MARK.dead) !== 0) return "dead";
  return (mark & MARK.numeric) !== 0 ? "numeric" : "missing";
}

/** Paints cells and patterns into `canvas`, which has its final size in device pixels. */
export function paint(canvas: HTMLCanvasElement, cells: Cells, look: Look): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  for (const pattern of PATTERNS) {
    const mask = maskOf(cells, pattern);
    if (mask === null) continue;
    context.drawImage(patterned(mask, pattern, look.isDark, width, height), 0, 0);
  }
  context.drawImage(surfaceOf(paintCells(cells, look)), 0, 0, width, height);
}

function maskOf({ columns, rows, marks }: Cells, pattern: Pattern): ImageData | null {
  let image: ImageData | null = null;
  for (let cell = 0; cell < marks.length; cell++) {
    if (patternOf(marks[cell] ?? 0) !== pattern) continue;
    image ??= new ImageData(columns, rows);
    const row = rows - 1 - Math.floor(cell / columns);
    image.data[(row * columns + (cell % columns)) * 4 + 3] = 255;
  }
  return image;
}

function patterned(mask: ImageData, pattern: Pattern, isDark: boolean, width: number, height: number): OffscreenCanvas {
  const surface = new OffscreenCanvas(width, height);
  const context = surface.getContext("2d");
  if (context === null) return surface;
  context.imageSmoothingEnabled = false;
  context.drawImage(surfaceOf(mask), 0, 0, width, height);
  context.globalCompositeOperation = "source-in";
  const fill = context.createPattern(tileOf(pattern, isDark), "repeat");
  if (fill !== null) context.fillStyle = fill;
  context.fillRect(0, 0, width, height);
  return surface;
}

function surfaceOf(image: ImageData): OffscreenCanvas {
  const surface = new OffscreenCanvas(image.width, image.height);
  surface.getContext("2d")?.putImageData(image, 0, 0);
  return surface;
}

const TILE = 8;

/** A tile of the pattern, also for the legend. */
export function tileOf(pattern: Pattern, isDark: boolean): OffscreenCanvas {
  const tile = new OffscreenCanvas(TILE, TILE);
  const context = tile.getContext("2d");
  if (context === null) return tile;
  const ink = isDark ? "#9aa3b2" : "#5d6673";
  context.fillStyle = isDark ? "#1a1e26" : "#f1f2f5";
  context.fillRect(0, 0, TILE, TILE);
  context.strokeStyle = pattern === "dead" ? (isDark ? "#ff8f73" : "#b3261e") : ink;
  context.fillStyle = ink;
  context.lineWidth = 1.2;
  context.beginPath();
  if (pattern === "missing") context.fillRect(3, 3, 1.5, 1.5);
  if (pattern === "numeric") {
    for (const shift of [-TILE, 0, TILE]) {
      context.moveTo(shift, TILE);
      context.lineTo(shift + TILE, 0);
    }
  }
  if (pattern === "dead") {
    context.moveTo(1.5, 1.5);
    context.lineTo(6.5, 6.5);
    context.moveTo(6.5, 1.5);
    context.lineTo(1.5, 6.5);
  }
  context.stroke();
  return tile;
}
