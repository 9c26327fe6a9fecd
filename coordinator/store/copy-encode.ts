// Writes rows in Postgres' binary COPY format, from columns into one reusable buffer.
//
// Layout: an 11-byte signature, two zero 32-bit words, then per row a 16-bit field count and per
// field a 32-bit length and the bytes, big-endian; a field count of −1 ends it. Labels (enums) go
// last in a row, because their length varies and all other fields then lie at a fixed distance
// from the row's start. Every NaN is written as the same quiet NaN, so that equal results are
// equal in bits whatever computed them.

const SIGNATURE = Uint8Array.of(0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00);
export const COPY_HEADER_BYTES = SIGNATURE.length + 8;
const TRAILER_BYTES = 2;
const NAN_HIGH = 0x7ff80000;

/** A column's values, or one number that all rows share. */
export type FixedColumn =
  | { readonly type: "integer"; readonly values: Int32Array | Float64Array | number }
  | { readonly type: "double"; readonly values: Float64Array | number };

/** An enum column: each row's index into the labels. */
export interface LabelColumn {
  readonly codes: Uint8Array;
  readonly labels: readonly string[];
}

const FIELD_LENGTH_BYTES = 4;
const fieldBytes = (column: FixedColumn): number =>
  FIELD_LENGTH_BYTES + (column.type === "integer" ? 4 : 8);

/** A growing copy file. Its memory is kept from one `begin` to the next. */
export class CopyWriter {
  #bytes = new Uint8Array(1 << 20);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;

  /** Starts a new file; what `finish` gave before is overwritten. */
  begin(): void {
    this.#bytes.set(SIGNATURE);
    this.#bytes.fill(0, SIGNATURE.length, COPY_HEADER_BYTES);
    this.#end = COPY_HEADER_BYTES;
  }

  /** Appends `rows` rows: the fixed columns in order, then the label, if there is one. */
  append(rows: number, columns: readonly FixedColumn[], label?: LabelColumn): void {
    const labels = label?.labels.map((text) => new TextEncoder().encode(text)) ?? [];
    const longest = Math.max(0, ...labels.map((bytes) => bytes.length));
    const fixed = columns.reduce((sum, column) => sum + fieldBytes(column), 2);
    this.#reserve(rows * (fixed + FIELD_LENGTH_BYTES + longest) + TRAILER_BYTES);
    const starts = label === undefined
      ? this.#rowStarts(rows, fixed, columns.length)
      : this.#writeLabels(rows, fixed, columns.length + 1, label.codes, labels);
    let shift = 2;
    for (const column of columns) {
      if (column.type === "integer") this.#writeIntegers(starts, shift, column.values);
      else this.#writeDoubles(starts, shift, column.values);
      shift += fieldBytes(column);
    }
  }

  /** The file, complete: a view of the writer's memory, valid until the next `begin`. */
  finish(): Uint8Array {
    this.#reserve(TRAILER_BYTES);
    this.#view.setInt16(this.#end, -1);
    this.#end += TRAILER_BYTES;
    return this.#bytes.subarray(0, this.#end);
  }

  /** Where rows without a label start: all of them have one length. */
  #rowStarts(rows: number, fixed: number, fields: number): Int32Array {
    const starts = Int32Array.from({ length: rows }, (_, row) => this.#end + row * fixed);
    for (const at of starts) this.#view.setInt16(at, fields);
    this.#end += rows * fixed;
    return starts;
  }

  /** Writes what varies in length, and so finds where each row starts. */
  #writeLabels(
    rows: number,
    fixed: number,
    fields: number,
    codes: Uint8Array,
    labels: readonly Uint8Array[],
  ): Int32Array {
    const starts = new Int32Array(rows);
    let at = this.#end;
    for (let row = 0; row < rows; row++) {
      const text = labels[codes[row] ?? -1];
      if (text === undefined) throw new RangeError(`row ${row} has label ${codes[row]}`);
      starts[row] = at;
      this.#view.setInt16(at, fields);
      at += fixed;
      this.#view.setInt32(at, text.length);
      at += FIELD_LENGTH_BYTES;
      for (let i = 0; i < text.length; i++) this.#bytes[at + i] = text[i] ?? 0;
      at += text.length;
    }
    this.#end = at;
    return starts;
  }

  #writeIntegers(
    starts: Int32Array,
    shift: number,
    values: Int32Array | Float64Array | number,
  ): void {
    const view = this.#view;
    for (let row = 0; row < starts.length; row++) {
      const at = (starts[row] ?? 0) + shift;
      view.setInt32(at, 4);
      view.setInt32(at + 4, typeof values === "number" ? values : (values[row] ?? 0));
    }
  }

  #writeDoubles(starts: Int32Array, shift: number, values: Float64Array | number): void {
    const view = this.#view;
    for (let row = 0; row < starts.length; row++) {
      const at = (starts[row] ?? 0) + shift;
      const value = typeof values === "number" ? values : (values[row] ?? Number.NaN);
      view.setInt32(at, 8);
      if (Number.isNaN(value)) {
        view.setUint32(at + 4, NAN_HIGH);
        view.setUint32(at + 8, 0);
      } else view.setFloat64(at + 4, value);
    }
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + bytes));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
