// Turns the text of a result into values, alike for both databases.
import type { z } from "zod";
import type { RawResult } from "./database.ts";

/** NaN, infinities and −0 are numbers; an integer beyond 2^53 stays text, as other types do. */
export type Cell = number | string | boolean | null;

const BOOL = 16;
const INTEGERS = new Set([20, 21, 23, 26]);
const FLOATS = new Set([700, 701]);
const NUMERIC = 1700;

/** The value that a column of type `type` (oid) shows as `text`. */
export function cellOf(type: number, text: string | null): Cell {
  if (text === null) return null;
  if (type === BOOL) return text === "t";
  if (FLOATS.has(type)) return Number(text);
  if (INTEGERS.has(type) || (type === NUMERIC && !text.includes("."))) {
    const value = Number(text);
    return Number.isSafeInteger(value) || !Number.isFinite(value) ? value : text;
  }
  return type === NUMERIC ? Number(text) : text;
}

/** A result's rows as objects that `shape` has checked. */
export function rowsOf<Shape extends z.ZodType>(result: RawResult, shape: Shape): z.infer<Shape>[] {
  return result.rows.map((row) =>
    shape.parse(
      Object.fromEntries(
        result.fields.map(({ name, type }, column) => [name, cellOf(type, row[column] ?? null)]),
      ),
    ),
  );
}

/** The only row of a result. */
export function rowOf<Shape extends z.ZodType>(result: RawResult, shape: Shape): z.infer<Shape> {
  const [row] = rowsOf(result, shape);
  if (row === undefined) throw new RangeError("a query that gives one row gave none");
  return row;
}

/** The first column of a result as numbers. */
export function numbersOf(result: RawResult): number[] {
  return result.rows.map(([first]) => Number(first));
}

/** `{1,2,3}`: a number array as a parameter, to be cast by the query. */
export function arrayText(values: Iterable<number>): string {
  return `{${[...values].join(",")}}`;
}

/** JSON as a parameter, without what Postgres' text cannot hold: NUL, half surrogate pairs. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "string" ? Buffer.from(item.replaceAll("\0", "\ufffd")).toString() : item,
  );
}
