// A line: the points of one system, strength and target, over poison counts. What attacks measure.
import type { Status } from "../../../schema/column.ts";
import type { Prepared } from "./prepared.ts";
import type { PointMetrics } from "./rows.ts";
import type { Scene } from "./scene.ts";
import type { Range } from "./setting.ts";
import type { System } from "./systems.ts";

export interface Line {
  /** Position in the block of systems. */
  readonly system: number;
  /** Position among the scenes. */
  readonly scene: number;
  /** Index along the study's targets. */
  readonly target: number;
  /** m ≥ 0 of each point, in any order; and which of the study's counts these are. */
  readonly counts: readonly number[];
  readonly countRange: Range;
  /** Which of the study's probe distances are asked for. */
  readonly distanceRange: Range;
}

/** What one point came to: its metrics, or why it has none. */
export type PointResult = PointMetrics | Status;

/** Measures lines of one block; asked system by system, scene by scene. */
export type LineMeasurer = (line: Line) => readonly PointResult[];

/** How an attack measures: solves a block of systems for some scenes, then line by line. */
export type Attacker = (
  prepared: Prepared,
  systems: readonly System[],
  scenes: readonly Scene[],
) => LineMeasurer;

/** Lines whose points have more columns; not asked for where no point of a line was measured. */
export function withColumns(measure: LineMeasurer, more: (line: Line) => readonly object[]): LineMeasurer {
  return (line) => {
    const measured = measure(line);
    if (measured.every((point) => typeof point === "string")) return measured;
    const added = more(line);
    return measured.map((point, at) => (typeof point === "string" ? point : Object.assign(point, added[at]!)));
  };
}

/** Keeps the last value made: lines come in an order in which neighbours share work. */
export function rememberLast<Value>(): (key: string, make: () => Value) => Value {
  let last: { readonly key: string; readonly value: Value } | null = null;
  return (key, make) => {
    if (last?.key !== key) last = { key, value: make() };
    return last.value;
  };
}
