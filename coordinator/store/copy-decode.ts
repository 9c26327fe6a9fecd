// Reads Postgres' binary COPY format into columns: the reverse of copy-encode.ts.
import { COPY_HEADER_BYTES } from "./copy-encode.ts";

export type ColumnType = "integer" | "double" | "label";

export interface Decoded {
  readonly rows: number;
  /** In the order asked for; a label is its index into `labels`. */
  readonly columns: readonly (Int32Array | Float64Array | Uint8Array)[];
}

/** The bytes of the rows alone, without the file's header and trailer. */
export function copyBody(file: Uint8Array): Uint8Array {
  return file.subarray(COPY_HEADER_BYTES, file.length - 2);
}

/** Decodes a whole copy file of `types`. Throws RangeError where it holds anything else. */
export function decodeCopy(
  file: Uint8Array,
  types: readonly ColumnType[],
  labels: readonly string[],
): Decoded {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const starts = rowStarts(view, types.length);
  const codes = new Map(labels.map((label, code) => [label, code]));
  const text = new TextDecoder();
  const at = starts.map((start) => start + 2);
  const columns = types.map((type) => {
    if (type === "label") {
      return readLabels(at, view, (from, bytes) => {
        const label = text.decode(file.subarray(from, from + bytes));
        const code = codes.get(label);
        if (code === undefined) throw new RangeError(`copy file has label ${label}`);
        return code;
      });
    }
    return type === "integer" ? readIntegers(at, view) : readDoubles(at, view);
  });
  return { rows: starts.length, columns };
}

/** Where each row starts; all rows must have `fields` fields. */
function rowStarts(view: DataView, fields: number): Int32Array {
  const starts: number[] = [];
  let at = COPY_HEADER_BYTES;
  for (let count = view.getInt16(at); count !== -1; count = view.getInt16(at)) {
    if (count !== fields) throw new RangeError(`copy row has ${count} fields, not ${fields}`);
    starts.push(at);
    at += 2;
    for (let field = 0; field < count; field++) at += 4 + Math.max(0, view.getInt32(at));
  }
  return Int32Array.from(starts);
}

/** Each reader takes one field per row and moves `at` past it. */
function readIntegers(at: Int32Array, view: DataView): Int32Array {
  const column = new Int32Array(at.length);
  for (let row = 0; row < at.length; row++) {
    const from = at[row] ?? 0;
    checkLength(view.getInt32(from), 4);
    column[row] = view.getInt32(from + 4);
    at[row] = from + 8;
  }
  return column;
}

function readDoubles(at: Int32Array, view: DataView): Float64Array {
  const column = new Float64Array(at.length);
  for (let row = 0; row < at.length; row++) {
    const from = at[row] ?? 0;
    checkLength(view.getInt32(from), 8);
    column[row] = view.getFloat64(from + 4);
    at[row] = from + 12;
  }
  return column;
}

function readLabels(
  at: Int32Array,
  view: DataView,
  codeAt: (from: number, bytes: number) => number,
): Uint8Array {
  const column = new Uint8Array(at.length);
  for (let row = 0; row < at.length; row++) {
    const from = at[row] ?? 0;
    const bytes = view.getInt32(from);
    column[row] = codeAt(from + 4, bytes);
    at[row] = from + 4 + bytes;
  }
  return column;
}

function checkLength(bytes: number, expected: number): void {
  if (bytes !== expected) throw new RangeError(`copy field has ${bytes} bytes, not ${expected}`);
}
