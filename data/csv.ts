// Numbers from a CSV file: commas, one row a line, with or without a line of column names.
//
// The first line is taken for names if one of its fields cannot be meant as a number. Rows stream
// through, so that memory holds the numbers once and not the text of every field.
import { parse } from "csv-parse/sync";
import { UserError } from "../schema/failure.ts";
import type { NamedBytes } from "./files.ts";

/** How programs write a number that is not there: an error, rather than a line of names. */
const MISSING = /^([+-]?(nan|inf|infinity)|na|n\/a|null|none)?$/i;

export interface CsvTable {
  readonly rows: number;
  readonly columns: number;
  /** Column names; null where the file has none. */
  readonly names: readonly string[] | null;
  /** (rows, columns), all finite. */
  readonly values: Float64Array;
}

/** @throws UserError naming line and column of what is not a finite number, or a ragged line. */
export function parseCsv({ name, content }: NamedBytes): CsvTable {
  let names: string[] | null = null;
  let columns = 0;
  let values = new Float64Array(1024);
  let filled = 0;
  const accept = (fields: string[], line: number): void => {
    if (columns === 0) {
      columns = fields.length;
      if (fields.some((field) => Number.isNaN(numberIn(field)) && !MISSING.test(field))) {
        names = fields;
        return;
      }
    }
    if (fields.length !== columns) {
      throw new UserError(
        `${name}: line ${line}: ${fields.length} fields: expected ${columns} as in the first line`,
      );
    }
    if (filled + columns > values.length) values = grown(values, filled + columns);
    for (const [column, field] of fields.entries()) {
      const value = numberIn(field);
      if (!Number.isFinite(value)) {
        throw new UserError(
          `${name}: line ${line}, column ${column + 1}: expected a finite number, ` +
            `got ${JSON.stringify(field)}`,
        );
      }
      values[filled++] = value;
    }
  };
  readRecords({ name, content }, accept);
  if (filled === 0) throw new UserError(`${name}: no rows of numbers`);
  return { rows: filled / columns, columns, names, values: values.subarray(0, filled) };
}

function readRecords(file: NamedBytes, accept: (fields: string[], line: number) => void): void {
  try {
    parse(file.content, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      onRecord: (fields: string[], context: { lines: number }) => {
        accept(fields, context.lines);
        return null; // kept by nobody: `accept` has taken the numbers
      },
    });
  } catch (error) {
    if (error instanceof UserError || !(error instanceof Error)) throw error;
    throw new UserError(`${file.name}: ${error.message}`);
  }
}

/** NaN for what is not written as a decimal number: Number() also takes "", "0x1f" and "0b1". */
function numberIn(field: string): number {
  return field === "" || /^[+-]?0[xob]/i.test(field) ? Number.NaN : Number(field);
}

function grown(values: Float64Array, needed: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(Math.max(needed, 2 * values.length));
  larger.set(values);
  return larger;
}
