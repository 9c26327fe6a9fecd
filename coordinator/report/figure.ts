// A figure: which studies it is drawn of, the query behind it, and how rows become panels.
import type { StudySpec } from "../../schema/study.ts";
import { shortNumber } from "../face/number.ts";
import type { ChartAxis, ChartPoint, Panel, Series } from "./chart/panel.ts";
import { numberIn, type Row, type Subject, textIn } from "./subject.ts";

export interface Figure {
  /** Anchor in the page; kebab-case. */
  readonly id: string;
  readonly title: string;
  /** How to read it and what to look for: a few sentences of plain text. */
  readonly reading: string;
  /** Whether a study has what the figure shows. */
  fits(spec: StudySpec): boolean;
  /** Of studies that fit, those that can be drawn beside each other; absent: all. */
  among?(subjects: readonly Subject[]): readonly Subject[];
  query(subjects: readonly Subject[]): { readonly sql: string; readonly words: string };
  panels(rows: readonly Row[], subjects: readonly Subject[]): readonly Panel[];
}

/** Panels of one figure at most; more are thinned evenly. */
const FACETS_MAX = 4;

/** Of sorted distinct values at most `most`, evenly spread, the ends among them. */
export function spread<Value>(values: readonly Value[], most = FACETS_MAX): Value[] {
  if (values.length <= most) return [...values];
  const picked = Array.from({ length: most }, (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1))]);
  return picked.filter((value) => value !== undefined);
}

export interface Facet {
  readonly title: string;
  readonly subject: Subject;
  readonly rows: readonly Row[];
}

/** A facet for each study and value of `column`: few enough to be compared. */
export function facets(rows: readonly Row[], subjects: readonly Subject[], column: string): Facet[] {
  const most = subjects.length > 1 ? 3 : FACETS_MAX;
  return subjects.flatMap((subject) => {
    const own = rows.filter((row) => row["study"] === subject.name);
    const values = [...new Set(own.map((row) => textIn(row, column)))];
    return spread(values, most).map((value) => {
      const first = own.find((row) => textIn(row, column) === value);
      const number = first === undefined ? Number.NaN : numberIn(first, column);
      const at = Number.isNaN(number) ? "" : placed(column, number);
      const title = [subjects.length > 1 ? subject.label : "", at].filter((text) => text !== "").join(", ");
      return { title, subject, rows: own.filter((row) => textIn(row, column) === value) };
    });
  });
}

/** A value of an axis as a panel's title has it. */
function placed(column: string, value: number): string {
  if (column === "poison_count") return value === 1 ? "1 poison" : `${shortNumber(value)} poisons`;
  return `${WORDS[column] ?? column} ${shortNumber(value)}`;
}

/** How axis names are said in a panel. */
const WORDS: Readonly<Record<string, string>> = {
  length_scale: "length scale", gradient_penalty: "κ", ridge: "ridge λ", probe_distance: "distance r",
};

/** A series of two columns. Text for the pointer says both. */
export function seriesOf(
  rows: readonly Row[],
  { x, y, ...look }: Omit<Series, "points"> & { readonly x: (row: Row) => number; readonly y: (row: Row) => number },
): Series {
  const points = rows.map((row): ChartPoint =>
    ({ x: x(row), y: y(row), text: `${shortNumber(x(row), 4)}, ${shortNumber(y(row), 4)}` }));
  return { ...look, points };
}

/** An axis with a place of its own for every value of a column, in rising order. */
export function bandAxis(rows: readonly Row[], column: string, label: string): { axis: ChartAxis; place: (row: Row) => number } {
  const values = [...new Set(rows.map((row) => numberIn(row, column)))].sort((a, b) => a - b);
  const places = new Map(values.map((value, index) => [value, index]));
  const axis = { label, isLog: false, names: values.map((value) => shortNumber(value)) };
  return { axis, place: (row) => places.get(numberIn(row, column)) ?? Number.NaN };
}

export const POISON_LABEL = "poisons m";
export const share = (label: string): ChartAxis => ({ label, isLog: false, domain: [0, 1] });
