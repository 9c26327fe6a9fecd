// A cut through a study's grid: which axes are free, which stand still, which are reduced over.
//
// Every point of a cut is base + Σ index · stride over the free axes + one offset of the reduced
// ones: arithmetic on the row-major index, no values compared.
import { isLogAxis } from "../../schema/axis.ts";
import { columnsOf } from "../../schema/experiments/registry.ts";
import { strides } from "../../schema/grid.ts";
import { type Axis, fixedValue } from "../../schema/study.ts";
import { problem, type ProblemError, unknownName } from "./problem.ts";
import type { StudyGrid } from "./study-grid.ts";

export interface FreeAxis {
  readonly name: string;
  readonly size: number;
  readonly stride: number;
}

export interface Cut {
  readonly free: readonly FreeAxis[];
  /** The point where every free and reduced axis stands at 0. */
  readonly base: number;
  /** Index on each axis that stands still. */
  readonly at: Readonly<Record<string, number>>;
  readonly over: readonly FreeAxis[];
  /** Offsets of the reduced axes' combinations from `base`, ascending. */
  readonly offsets: Float64Array;
}

export interface CutRequest {
  readonly free: readonly string[];
  /** `name:index` */
  readonly at: readonly string[];
  readonly over: readonly string[];
}

/** Throws ProblemError 422 on what is no axis, an index outside it, or an axis with two roles. */
export function cutOf(grid: StudyGrid, request: CutRequest): Cut {
  const { axes } = grid;
  const steps = strides(axes.map(({ values }) => values.length));
  const find = (name: string): FreeAxis => {
    const position = axes.findIndex((axis) => axis.name === name);
    const size = axes[position]?.values.length;
    if (size === undefined) throw notAnAxis(grid, name);
    return { name, size, stride: steps[position] ?? 1 };
  };
  const free = request.free.map(find);
  const over = request.over.map(find);
  const taken = new Set<string>();
  for (const { name } of [...free, ...over]) {
    if (taken.has(name)) throw roleTwice(name);
    taken.add(name);
  }
  const at: Record<string, number> = {};
  for (const text of request.at) {
    const { name, index } = parseAt(text, find, axes);
    if (taken.has(name)) throw roleTwice(name);
    at[name] = index;
  }
  for (const { name } of axes) if (!taken.has(name)) at[name] ??= 0;
  const base = Object.entries(at).reduce((sum, [name, index]) => sum + index * find(name).stride, 0);
  return { free, base, at, over, offsets: offsetsOf(over) };
}

function roleTwice(name: string) {
  return problem(422, {
    type: "axis-twice",
    detail: `axis ${name} has two roles: an axis is shown, held at an index, or reduced over`,
  });
}

/** A cut lies on the grid; what else a name may stand for, and where to ask for that instead. */
function notAnAxis({ axes, metrics, stored: { order: { spec } } }: StudyGrid, name: string): ProblemError {
  const names = axes.map((axis) => axis.name);
  const offGrid = (what: string, hint: string): ProblemError =>
    problem(422, { type: "non-grid", detail: `${name} ${what}: expected an axis of the grid: ${names.join(", ")}`, hint });
  if (metrics.some((metric) => metric.name === name)) {
    return offGrid("is a metric", "two metrics against each other are at /pareto, rows by their metrics at /points");
  }
  if (!columnsOf(spec).some((column) => column.name === name)) return unknownName("axis", name, names);
  const value = fixedValue(spec, name);
  return offGrid(value === undefined ? "follows from other parameters" : `is fixed at ${value} in this study`,
    "a study that varies it has it under axes");
}

function parseAt(text: string, find: (name: string) => FreeAxis, axes: readonly Axis[]) {
  const [name = "", digits = ""] = text.split(":");
  const { size } = find(name);
  const index = Number(digits);
  if (/^\d+$/.test(digits) && index < size) return { name, index };
  const expected = `expected ${name}:index with an index from 0 to ${size - 1}`;
  if (digits === "" || !Number.isFinite(index) || Number.isInteger(index)) {
    throw problem(422, { type: "outside-axis", detail: `at ${JSON.stringify(text)}: ${expected}` });
  }
  const values = axes.find((axis) => axis.name === name)?.values ?? [];
  // Near as the axis is drawn: by ratio where that is logarithmic.
  const scaled = isLogAxis(values) ? Math.log : Number;
  const away = values.map((value) => Math.abs(scaled(value) - scaled(index)));
  const close = away.reduce((best, one, at) => (one < (away[best] ?? Infinity) ? at : best), 0);
  throw problem(422, {
    type: "non-grid", detail: `at ${JSON.stringify(text)}: a value, not an index: ${expected}`,
    hint: `the grid's nearest value is ${values[close]}, at ${name}:${close}`,
  });
}

function offsetsOf(over: readonly FreeAxis[]): Float64Array {
  let offsets = Float64Array.of(0);
  for (const { size, stride } of over) {
    const next = new Float64Array(offsets.length * size);
    for (let index = 0; index < size; index++) {
      for (let i = 0; i < offsets.length; i++) {
        next[index * offsets.length + i] = (offsets[i] ?? 0) + index * stride;
      }
    }
    offsets = next;
  }
  return offsets.sort();
}

/** SQL conditions on `point` that select the cut, with the free axes' index ranges. */
export function cutConditions(axes: readonly Axis[], cut: Cut,
  ranges: Readonly<Record<string, readonly [number, number]>>): string[] {
  const steps = strides(axes.map(({ values }) => values.length));
  const conditions: string[] = [];
  axes.forEach(({ name, values }, position) => {
    const index = indexSql(steps[position] ?? 1, values.length);
    const [from, to] = ranges[name] ?? [0, values.length];
    const still = cut.at[name];
    if (still !== undefined) {
      if (values.length > 1) conditions.push(`${index} = ${still} /* ${name} = ${values[still]} */`);
    } else if (from > 0 || to < values.length) {
      conditions.push(`${index} between ${from} and ${to - 1} /* ${name} */`);
    }
  });
  return conditions;
}

/** A point's index on an axis, as SQL. */
export function indexSql(stride: number, size: number): string {
  return stride === 1 ? `point % ${size}` : `point / ${stride} % ${size}`;
}
