// Arrays of the user's own: `file.npy`, `file.npz#name`, `file.csv` or `file.csv#column`.
//
// A reference is a path and, after the last `#`, a member: an archive's array, or the column (its
// name, or its number from 0) that holds the labels. Any of the files may be gzipped.
import { UserError } from "../schema/failure.ts";
import { parseCsv } from "./csv.ts";
import { type NamedBytes, unpackSync } from "./files.ts";
import { type NumberArray, parseNpy, type Values } from "./npy.ts";
import { openNpzMember } from "./npz.ts";

export interface Reference {
  readonly path: string;
  readonly member: string | null;
}

/** Classes are numbered from 0; more than this many is a column that holds something else. */
const LABEL_MAX = 99_999;

export function referenceOf(text: string): Reference {
  const hash = text.lastIndexOf("#");
  if (hash < 0) return { path: text, member: null };
  return { path: text.slice(0, hash), member: text.slice(hash + 1) };
}

/** Rows of features as a file holds them. */
export interface FeatureRows {
  readonly rows: number;
  /** What one row is: (d), (height, width) or (height, width, channels). */
  readonly rowShape: readonly number[];
  readonly values: Values;
}

/**
 * @param file the unpacked content that the reference's path names.
 * @param labels where the labels are: a column of the same CSV file is left out of the features.
 * @throws UserError on a file of another shape or with a number that is not finite.
 */
export function parseFeatures(file: NamedBytes, from: Reference, labels: Reference): FeatureRows {
  const isCsv = formatOf(from.path) === "csv";
  if (isCsv && from.member !== null) {
    throw new UserError(`${from.path}#${from.member}: features are all columns: leave out the #`);
  }
  const shared = isCsv && labels.path === from.path ? labels.member : null;
  const array = shared === null ? parseArray(file, from) : withoutColumn(file, shared);
  const [rows = 0, ...rowShape] = array.shape;
  if (rowShape.length < 1 || rowShape.length > 3) {
    throw new UserError(
      `${file.name}: shape (${array.shape.join(", ")}): expected (n, d) or ` +
        "(n, height, width[, channels])",
    );
  }
  if (array.values.length === 0) throw new UserError(`${file.name}: holds no numbers`);
  requireFinite(file.name, array.values, array.values.length / rows);
  return { rows, rowShape, values: array.values };
}

/** Labels, (n): integers from 0 in any number type. @throws UserError on anything else. */
export function parseLabels(file: NamedBytes, from: Reference): Int32Array {
  const { shape, values } = isColumn(from) ? column(file, from.member) : parseArray(file, from);
  if (shape.length === 0 || shape.slice(1).some((extent) => extent !== 1)) {
    const hint = formatOf(from.path) === "csv" ? `, or ${from.path}#COLUMN` : "";
    throw new UserError(
      `${file.name}: shape (${shape.join(", ")}): expected one label a row${hint}`,
    );
  }
  const wrong = values.findIndex((v) => !(Number.isInteger(v) && v >= 0 && v <= LABEL_MAX));
  if (wrong < 0) return Int32Array.from(values);
  throw new UserError(
    `${file.name}: row ${wrong}: label ${values[wrong]}: expected 0 to ${LABEL_MAX}, an integer`,
  );
}

/**
 * A vector, such as a trigger's: (d), (1, d) or (d, 1), or an image of any shape, in C order.
 *
 * @param bytes what is stored under the reference's path, gzipped or not.
 */
export function parseVector(reference: string, bytes: Uint8Array): Float64Array {
  const from = referenceOf(reference);
  const file = { name: from.path, content: unpackSync(from.path, bytes) };
  const { values } = isColumn(from) ? column(file, from.member) : parseArray(file, from);
  requireFinite(file.name, values, values.length);
  return Float64Array.from(values);
}

type Format = "npy" | "npz" | "csv";

function formatOf(path: string): Format {
  const found = /\.(npy|npz|csv)(\.gz)?$/i.exec(path)?.[1]?.toLowerCase();
  if (found === "npy" || found === "npz" || found === "csv") return found;
  throw new UserError(`${path}: expected a file named .npy, .npz#NAME or .csv (or these with .gz)`);
}

function parseArray(file: NamedBytes, from: Reference): NumberArray {
  const format = formatOf(from.path);
  if (format === "csv") {
    const { rows, columns, values } = parseCsv(file);
    return { shape: [rows, columns], values };
  }
  if (format === "npz") return parseNpy(openNpzMember(file, from.member));
  if (from.member === null) return parseNpy(file);
  throw new UserError(`${from.path}#${from.member}: one array has no members: leave out the #`);
}

function isColumn(from: Reference): from is Reference & { member: string } {
  return from.member !== null && formatOf(from.path) === "csv";
}

function column(file: NamedBytes, name: string): NumberArray {
  const table = parseCsv(file);
  const at = columnIndex(file, table.names, table.columns, name);
  const values = Float64Array.from(
    { length: table.rows },
    (_, row) => table.values[row * table.columns + at]!,
  );
  return { shape: [table.rows], values };
}

function withoutColumn(file: NamedBytes, name: string): NumberArray {
  const table = parseCsv(file);
  const at = columnIndex(file, table.names, table.columns, name);
  const values = table.values.filter((_, index) => index % table.columns !== at);
  return { shape: [table.rows, table.columns - 1], values };
}

function columnIndex(
  file: NamedBytes,
  names: readonly string[] | null,
  columns: number,
  wanted: string,
): number {
  const named = names?.indexOf(wanted) ?? -1;
  const at = named >= 0 ? named : /^\d+$/.test(wanted) ? Number(wanted) : -1;
  if (at >= 0 && at < columns) return at;
  const choice = names === null ? "" : ` or one of ${names.join(", ")}`;
  throw new UserError(
    `${file.name}#${wanted}: no such column: expected 0 to ${columns - 1}${choice}`,
  );
}

function requireFinite(name: string, values: Values, dimension: number): void {
  if (values instanceof Uint8Array) return;
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  const [row, at] = [Math.floor(wrong / dimension), wrong % dimension];
  throw new UserError(
    `${name}: row ${row}, column ${at}: ${values[wrong]}: expected a finite number`,
  );
}
