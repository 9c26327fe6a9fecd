// The binary body of a heatmap: a JSON header, then cell values and marks as flat arrays.
//
// Little-endian: u32 magic, u32 header bytes, header (UTF-8 JSON, padded with spaces to 4 bytes),
// then for a delta u32 cell indices, then f32 values, then u8 marks, one of each per cell. Cells
// are row-major with y slowest. A million cells are 5 MB so, and need no parsing in the page.
import type { HeatmapHeader } from "./api.ts";

const MAGIC = 0x314d484e; // "NHM1"

/** Bits of a cell's mark: what stands behind its value, or in the place of one. */
export const MARK = {
  /** At least one of its points has a value. */
  value: 1,
  /** At least one point is not computed yet. */
  missing: 2,
  /** At least one point belongs to a dead job. */
  dead: 4,
  /** At least one point is a numeric failure: a row with a status other than ok. */
  numeric: 8,
} as const;

export interface HeatmapFrame {
  readonly header: HeatmapHeader;
  /** null: all cells, in order. Otherwise the cells that the arrays speak of. */
  readonly cells: Uint32Array | null;
  /** NaN where no point has a value. */
  readonly values: Float32Array;
  readonly marks: Uint8Array;
}

export function encodeFrame(frame: HeatmapFrame): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(frame.header));
  const headBytes = Math.ceil(json.length / 4) * 4;
  const { cells, values, marks } = frame;
  const cellBytes = cells === null ? 0 : cells.length * 4;
  const body = new Uint8Array(8 + headBytes + cellBytes + values.length * 4 + marks.length);
  const view = new DataView(body.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, headBytes, true);
  body.fill(0x20, 8, 8 + headBytes);
  body.set(json, 8);
  if (cells !== null) body.set(bytesOf(cells), 8 + headBytes);
  body.set(bytesOf(values), 8 + headBytes + cellBytes);
  body.set(marks, 8 + headBytes + cellBytes + values.length * 4);
  return body;
}

/** The inverse of `encodeFrame`, over views of `body`. Throws RangeError if it is no such body. */
export function decodeFrame(body: ArrayBuffer): HeatmapFrame {
  const view = new DataView(body);
  if (body.byteLength < 8 || view.getUint32(0, true) !== MAGIC) {
    throw new RangeError("not a heatmap body: expected the magic number NHM1");
  }
  const headBytes = view.getUint32(4, true);
  const text = new TextDecoder().decode(new Uint8Array(body, 8, headBytes));
  const header: HeatmapHeader = JSON.parse(text);
  const start = 8 + headBytes;
  const count = header.cells ?? header.columns * header.rows;
  const isDelta = header.cells !== null;
  const valueStart = start + (isDelta ? count * 4 : 0);
  return {
    header,
    cells: isDelta ? new Uint32Array(body, start, count) : null,
    values: new Float32Array(body, valueStart, count),
    marks: new Uint8Array(body, valueStart + count * 4, count),
  };
}

function bytesOf(array: Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
