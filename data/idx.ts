// The IDX format of MNIST and its relatives: a big-endian header, then unsigned bytes.
//
// Images (magic 2051): count, height, width, then row-major pixels. Labels (2049): count, labels.
import { UserError } from "../schema/failure.ts";
import type { NamedBytes } from "./files.ts";

const IMAGES_MAGIC = 2051;
const LABELS_MAGIC = 2049;
const KINDS = new Map([
  [IMAGES_MAGIC, "an images file?"],
  [LABELS_MAGIC, "a labels file?"],
]);

export interface IdxImages {
  readonly rows: number;
  readonly height: number;
  readonly width: number;
  /** (rows, height, width), 0 to 255; a view of the file's bytes. */
  readonly pixels: Uint8Array;
}

/** @throws UserError on a wrong magic number or size. */
export function parseIdxImages(file: NamedBytes): IdxImages {
  const [rows = 0, height = 0, width = 0] = header(file, IMAGES_MAGIC, 3);
  if (rows * height * width === 0) {
    throw new UserError(`${file.name}: ${rows} images of ${height}×${width}: expected some pixels`);
  }
  const pixels = body(file, 16, rows * height * width, `${rows} images of ${height}×${width}`);
  return { rows, height, width, pixels };
}

/** Labels as stored, (rows). @throws UserError on a wrong magic number or size. */
export function parseIdxLabels(file: NamedBytes): Uint8Array {
  const [rows = 0] = header(file, LABELS_MAGIC, 1);
  return body(file, 8, rows, `${rows} labels`);
}

/** The sizes after the magic number. */
function header({ name, content }: NamedBytes, magic: number, sizes: number): number[] {
  const needed = 4 + 4 * sizes;
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const found = content.length < 4 ? magic : view.getUint32(0);
  if (found !== magic) {
    const guess = KINDS.get(found);
    const hint = guess === undefined ? "" : ` (${guess})`;
    throw new UserError(`${name}: expected magic ${magic}, got ${found}${hint}`);
  }
  if (content.length < needed) {
    throw new UserError(
      `${name}: ${content.length} bytes: expected an IDX header of ${needed} bytes and data`,
    );
  }
  return Array.from({ length: sizes }, (_, index) => view.getUint32(4 + 4 * index));
}

function body(file: NamedBytes, start: number, size: number, what: string): Uint8Array {
  const { name, content } = file;
  if (content.length !== start + size) {
    const problem = content.length < start + size ? "truncated" : "too long";
    throw new UserError(
      `${name}: ${problem}: ${what} need ${start + size} bytes, got ${content.length}`,
    );
  }
  return content.subarray(start);
}
