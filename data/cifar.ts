// The binary format of CIFAR-10 and CIFAR-100: records of label bytes and 3,072 planar pixels.
//
// CIFAR-10 has one label byte, CIFAR-100 a coarse and a fine one; then 1,024 red, 1,024 green and
// 1,024 blue bytes, each plane row-major, 32×32. A file may hold any whole number of records.
import { UserError } from "../schema/failure.ts";
import type { NamedBytes } from "./files.ts";

const PLANE = 32 * 32;
export const CIFAR_PIXELS = 3 * PLANE;

/** What the label bytes of a record mean, in order. */
export interface CifarLabel {
  readonly name: string;
  readonly classes: number;
}
export const CIFAR10_LABELS: readonly CifarLabel[] = [{ name: "label", classes: 10 }];
export const CIFAR100_LABELS: readonly CifarLabel[] = [
  { name: "coarse label", classes: 20 },
  { name: "fine label", classes: 100 },
];

export interface CifarRecords {
  readonly rows: number;
  /** One array (rows) for each label byte. */
  readonly labels: readonly Uint8Array[];
  /** (rows, 32, 32, 3), channel last, 0 to 255. */
  readonly pixels: Uint8Array;
}

/** @throws UserError on a part of a record, an empty file, or a label out of range. */
export function parseCifar(file: NamedBytes, kinds: readonly CifarLabel[]): CifarRecords {
  const { name, content } = file;
  const record = kinds.length + CIFAR_PIXELS;
  const rows = content.length / record;
  if (!Number.isInteger(rows) || rows === 0) {
    throw new UserError(
      `${name}: ${content.length} bytes: expected a whole number of records of ${record} bytes`,
    );
  }
  const labels = kinds.map((kind, index) => {
    const column = Uint8Array.from({ length: rows }, (_, row) => content[row * record + index]!);
    const wrong = column.findIndex((label) => label >= kind.classes);
    if (wrong < 0) return column;
    throw new UserError(
      `${name}: record ${wrong}: ${kind.name} ${column[wrong]}: expected 0 to ${kind.classes - 1}`,
    );
  });
  const pixels = new Uint8Array(rows * CIFAR_PIXELS);
  for (let row = 0; row < rows; row++) {
    const start = row * record + kinds.length;
    interleave(content.subarray(start, start + CIFAR_PIXELS), pixels, row * CIFAR_PIXELS);
  }
  return { rows, labels, pixels };
}

/** Three planes into one run of (red, green, blue) triples. */
function interleave(planes: Uint8Array, into: Uint8Array, at: number): void {
  for (let pixel = 0; pixel < PLANE; pixel++) {
    into[at++] = planes[pixel]!;
    into[at++] = planes[PLANE + pixel]!;
    into[at++] = planes[2 * PLANE + pixel]!;
  }
}
