// A phase diagram in text: one character or more per cell, axes labelled with real values.
//
// The vertical axis grows upwards, the horizontal to the right. An axis longer than the room is
// binned, a cell then being the mean of its bin. Works on any terminal; colours are added, and the
// characters left out, where a terminal has them.
import { type ColorDepth, paint } from "./color.ts";
import { shortNumber } from "./number.ts";

export interface DiagramAxis {
  readonly name: string;
  readonly values: readonly number[];
}

export interface PhaseDiagram {
  readonly x: DiagramAxis;
  readonly y: DiagramAxis;
  /** cells[y · x.values.length + x]; NaN where there is no number. */
  readonly cells: Float64Array;
  /** What the first and the last shade stand for. */
  readonly low: number;
  readonly high: number;
}

export interface Frame {
  readonly columns: number;
  readonly rows: number;
  readonly color: ColorDepth;
}

/** From low to high: each covers a tenth of the range. */
export const SHADES = " .:-=+*#%@";
const MISSING = "?";

export function phaseLines(diagram: PhaseDiagram, frame: Frame): string[] {
  const labelWidth = Math.max(6, ...diagram.y.values.map((value) => shortNumber(value).length));
  const room = Math.max(10, frame.columns - labelWidth - 4);
  const wide = binOf(diagram.x.values.length, room);
  const high = binOf(diagram.y.values.length, frame.rows);
  const cellWidth = Math.max(1, Math.min(4, Math.floor(room / wide.bins)));
  const label = (text: string): string => text.padStart(labelWidth);
  const lines = [label(diagram.y.name).trimEnd()];
  for (let bin = high.bins - 1; bin >= 0; bin--) {
    const isTick = bin === high.bins - 1 || bin % tickEvery(high.bins) === 0;
    const value = diagram.y.values[high.from(bin)] ?? Number.NaN;
    // A picture of one row has no value to tell.
    const name = isTick && !Number.isNaN(value) ? shortNumber(value) : "";
    const cells = Array.from({ length: wide.bins }, (_, x) =>
      cell(meanOf(diagram, wide, high, x, bin), diagram, cellWidth, frame.color));
    lines.push(`${label(name)} ${isTick ? "┤" : "│"}${cells.join("")}`);
  }
  return [...lines, ...xAxis(diagram.x, wide, cellWidth, labelWidth)];
}

/** The key to the shades: `0 .:-=+*#%@ 1`. */
export function legendLine(diagram: PhaseDiagram, color: ColorDepth): string {
  const { low, high } = diagram;
  const shades = Array.from(SHADES).map((shade, i) =>
    color === "none" ? shade : paint("  ", (i + 0.5) / SHADES.length, color));
  const body = color === "none" ? `"${shades.join("")}"` : shades.join("");
  return `${shortNumber(low)} ${body} ${shortNumber(high)}`;
}

interface Bins {
  readonly bins: number;
  /** The first index of a bin; `from(bins)` is the axis' length. */
  from(bin: number): number;
}

/** Bins of equally many values, the last one perhaps of fewer. */
function binOf(length: number, room: number): Bins {
  const group = Math.ceil(length / Math.max(1, room));
  return { bins: Math.ceil(length / group), from: (bin) => Math.min(length, bin * group) };
}

/** Rows from tick to tick, so that the last row has one too where that is possible. */
function tickEvery(bins: number): number {
  if (bins <= 6) return 1;
  return [5, 4, 3].find((rows) => (bins - 1) % rows === 0) ?? 4;
}

/** Mean of a bin's cells that are numbers; NaN if there is none. */
function meanOf(diagram: PhaseDiagram, wide: Bins, high: Bins, x: number, y: number): number {
  let sum = 0;
  let count = 0;
  for (let row = high.from(y); row < high.from(y + 1); row++) {
    for (let column = wide.from(x); column < wide.from(x + 1); column++) {
      const value = diagram.cells[row * diagram.x.values.length + column] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      sum += value;
      count++;
    }
  }
  return count === 0 ? Number.NaN : sum / count;
}

function cell(value: number, diagram: PhaseDiagram, width: number, color: ColorDepth): string {
  if (Number.isNaN(value)) return MISSING.repeat(width);
  const { low, high } = diagram;
  const share = high > low ? (value - low) / (high - low) : 0;
  if (color !== "none") return paint(" ".repeat(width), share, color);
  const index = Math.min(SHADES.length - 1, Math.max(0, Math.floor(share * SHADES.length)));
  return (SHADES[index] ?? MISSING).repeat(width);
}

/** The rule with its ticks, and below it their values: every so many bins as have room. */
function xAxis(axis: DiagramAxis, wide: Bins, cellWidth: number, labelWidth: number): string[] {
  const text = (bin: number): string => shortNumber(axis.values[wide.from(bin)] ?? Number.NaN);
  const widest = Math.max(...Array.from({ length: wide.bins }, (_, bin) => text(bin).length));
  const step = Math.ceil((widest + 2) / cellWidth);
  const rule = Array.from({ length: wide.bins * cellWidth }, () => "─");
  let labels = "";
  for (let bin = 0; bin < wide.bins; bin += step) {
    rule[bin * cellWidth] = "┬";
    labels = labels.padEnd(bin * cellWidth) + text(bin);
  }
  const indent = " ".repeat(labelWidth + 1);
  return [`${indent}└${rule.join("")}`, `${indent} ${labels}   ${axis.name}`];
}
