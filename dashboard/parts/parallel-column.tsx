// One column of parallel coordinates: a scale whose stretches can be kept, by mouse or by keyboard.
//
// Arrows move along the bins, Enter keeps only the points of one, Shift extends what is kept to it,
// Escape keeps all again.
import { useState } from "preact/hooks";
import type { AxisView, Parallel } from "../../schema/api.ts";
import { tickLabel } from "../../schema/ticks.ts";
import { shown, words } from "../number.ts";
import { changeQuery } from "../place.ts";

interface ColumnProps {
  readonly column: Parallel["columns"][number];
  /** undefined: the column is a metric. */
  readonly axis: AxisView | undefined;
  readonly x: number;
  readonly top: number;
  readonly height: number;
  /** Where its name stands, so that those at the sides are not cut off. */
  readonly anchor: "start" | "middle" | "end";
  /** What is kept of all columns, as the link has it. */
  readonly where: string | undefined;
}

/** Bins, both ends included. */
type Stretch = readonly [number, number];

export function ParallelColumn({ column, axis, x, top, height, anchor, where }: ColumnProps) {
  const { name, range, bins } = column;
  const [at, setAt] = useState<number | null>(null);
  const conditions = (where ?? "").split(",").filter((text) => text !== "");
  const kept = stretchOf(conditions.find((text) => text.startsWith(`${name}:`)), column, axis);
  const keep = (bin: number | null, isMore: boolean): void => {
    const others = conditions.filter((text) => !text.startsWith(`${name}:`));
    const base = isMore && kept !== null ? kept : null;
    const mine = bin === null ? [] : [conditionOf(column, axis, [Math.min(bin, base?.[0] ?? bin), Math.max(bin, base?.[1] ?? bin)])];
    changeQuery({ where: [...others, ...mine].join(",") || undefined }, true);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const here = at ?? 0;
    const moves: Readonly<Record<string, number>> = { ArrowUp: here + 1, ArrowDown: here - 1, Home: 0, End: bins - 1 };
    const next = moves[event.key];
    if (next !== undefined) setAt(Math.max(0, Math.min(bins - 1, next)));
    else if (event.key === "Enter" || event.key === " ") keep(here, event.shiftKey);
    else if (event.key === "Escape") keep(null, false);
    else return;
    event.preventDefault();
  };
  const yOf = (bin: number): number => top + height - ((bin + 1) * height) / bins;
  return (
    <g class={kept === null ? "column" : "column brushed"} role="slider" tabindex={0} aria-orientation="vertical"
      aria-label={words(name)} aria-valuemin={0} aria-valuemax={bins - 1} aria-valuenow={at ?? kept?.[0] ?? 0}
      aria-valuetext={`${textOf(column, axis, at ?? kept?.[0] ?? 0)}${kept === null ? "" : ", some kept"}`}
      onKeyDown={onKeyDown} onFocus={() => setAt((before) => before ?? kept?.[0] ?? 0)} onBlur={() => setAt(null)}>
      <path d={`M${x} ${top}V${top + height}`} />
      {kept !== null && <rect class="kept" x={x - 4} width={8} y={yOf(kept[1])} height={((kept[1] - kept[0] + 1) * height) / bins} />}
      {Array.from({ length: bins }, (_, bin) => (
        <rect key={bin} class={bin === at ? "bin at" : "bin"} x={x - 7} width={14} y={yOf(bin)} height={height / bins}
          onClick={(event) => keep(bin, event.shiftKey)}><title>{words(name)} {textOf(column, axis, bin)}</title></rect>
      ))}
      <text x={x + (anchor === "start" ? -8 : anchor === "end" ? 8 : 0)} y={14} text-anchor={anchor} class="axis-name">{words(name)}</text>
      <text x={x} y={top - 10} text-anchor="middle" class="end">{tickLabel(Number(range[1].toPrecision(3)))}</text>
      <text x={x} y={top + height + 18} text-anchor="middle" class="end">{tickLabel(Number(range[0].toPrecision(3)))}</text>
    </g>
  );
}

/** Axis values, or a share of a metric's range, to a bin. */
function binSize({ range, bins }: ColumnProps["column"], axis: AxisView | undefined): number {
  return axis === undefined ? (range[1] - range[0]) / bins : Math.ceil(axis.values.length / bins);
}

/** `name:from:to`, of an axis by index, of a metric by value. */
function conditionOf(column: ColumnProps["column"], axis: AxisView | undefined, [first, last]: Stretch): string {
  const size = binSize(column, axis);
  if (axis !== undefined) return `${column.name}:${first * size}:${(last + 1) * size - 1}`;
  return `${column.name}:${column.range[0] + first * size}:${column.range[0] + (last + 1) * size}`;
}

function stretchOf(condition: string | undefined, column: ColumnProps["column"], axis: AxisView | undefined): Stretch | null {
  if (condition === undefined) return null;
  const [, from, to] = condition.split(":").map(Number);
  const [start, size] = [axis === undefined ? column.range[0] : 0, binSize(column, axis)];
  // An axis' end is an index within its bin, a metric's the border behind it.
  const held = (bin: number): number => Math.max(0, Math.min(column.bins - 1, bin));
  const first = held(Math.floor(((from ?? 0) - start) / size + 1e-9));
  const last = held(axis === undefined ? Math.ceil(((to ?? 0) - start) / size - 1e-9) - 1 : Math.floor((to ?? 0) / size));
  return [first, Math.max(first, last)];
}

function textOf(column: ColumnProps["column"], axis: AxisView | undefined, bin: number): string {
  const size = binSize(column, axis);
  const [low, high] = axis === undefined
    ? [column.range[0] + bin * size, column.range[0] + (bin + 1) * size]
    : [axis.values[bin * size], axis.values[Math.min(axis.values.length, (bin + 1) * size) - 1]];
  return low === high ? shown(low) : `${shown(low)} to ${shown(high)}`;
}
