// Rows for people and programs: an aligned table, CSV, or one JSON object per row.
import { csvField, exactText, jsonText } from "./value.ts";

export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

export type RowsFormat = "table" | "csv" | "json";

export function formatRows(rows: Rows, format: RowsFormat): string[] {
  return FORMATS[format](rows);
}

/** Columns two spaces apart, numbers to the right, a rule under the header. */
export function tableLines({ columns, rows }: Rows): string[] {
  const texts = rows.map((row) => columns.map((_, column) => cellText(row[column])));
  const widths = columns.map((name, column) =>
    texts.reduce((widest, row) => Math.max(widest, widthOf(row[column] ?? "")), widthOf(name)));
  const isRight = columns.map((_, column) =>
    rows.every((row) => isNumeric(row[column])) && rows.some((row) => !isEmpty(row[column])));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => pad(cell, widths[column] ?? 0, isRight[column] === true))
      .join("  ")
      .trimEnd();
  return [line(columns), widths.map((width) => "─".repeat(width)).join("  "), ...texts.map(line)];
}

function csvLines({ columns, rows }: Rows): string[] {
  return [columns, ...rows].map((row) => columns.map((_, i) => csvField(row[i])).join(","));
}

function jsonLines({ columns, rows }: Rows): string[] {
  if (rows.length === 0) return ["[]"];
  const objects = rows.map((row) =>
    jsonText(Object.fromEntries(columns.map((name, column) => [name, row[column] ?? null]))));
  return objects.map((object, i) =>
    `${i === 0 ? "[" : " "}${object}${i === objects.length - 1 ? "]" : ","}`);
}

const FORMATS = { table: tableLines, csv: csvLines, json: jsonLines } as const;

/** Labels and values below one another, the values aligned. */
export function labelLines(pairs: ReadonlyArray<readonly [string, string]>, indent = ""): string[] {
  const width = pairs.reduce((widest, [label]) => Math.max(widest, widthOf(label)), 0);
  return pairs.map(([label, value]) => `${indent}${pad(label, width, false)}  ${value}`.trimEnd());
}

function cellText(value: unknown): string {
  return exactText(value).replaceAll(/[\r\n\t]+/g, " ");
}

function isNumeric(value: unknown): boolean {
  if (isEmpty(value) || typeof value === "number") return true;
  return NUMBER_LIKE.test(exactText(value));
}

/** Numbers that were written for people, or are too long for a double, stand to the right too. */
const NUMBER_LIKE = /^[+-]?(\d[\d,]*\.?\d*(e[+-]?\d+)?|NaN|Infinity)$/;

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === "";
}

/** Columns a text takes in a terminal, as far as our own words go: one per code point. */
function widthOf(text: string): number {
  return Array.from(text).length;
}

function pad(text: string, width: number, isRight: boolean): string {
  const gap = " ".repeat(Math.max(0, width - widthOf(text)));
  return isRight ? gap + text : text + gap;
}
