// Small data files in the official formats, written from the formats' definitions.
import { gzipSync } from "node:zlib";

/** An array of unsigned bytes in IDX format; the magic number follows from the sizes. */
export function idxBytes(sizes: readonly number[], data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header[2] = 8;
  header[3] = sizes.length;
  sizes.forEach((size, index) => header.writeUInt32BE(size, 4 + 4 * index));
  return Buffer.concat([header, data]);
}

/** Bytes that differ from place to place, so that a misplaced pixel shows. */
export function pattern(size: number, salt = 0): Uint8Array {
  const byte = (index: number) => (index * 7 + (index >> 5) * 13 + salt) % 256;
  return Uint8Array.from({ length: size }, (_, index) => byte(index));
}

/** CIFAR records: the label bytes of each, then 3,072 planar pixels. */
export function cifarBytes(labels: readonly (readonly number[])[]): Uint8Array {
  return Buffer.concat(labels.flatMap((own, row) => [Uint8Array.from(own), pattern(3072, row)]));
}

/** The four MNIST files with `train` and `test` rows, whose labels count 0 to 9 around. */
export function mnistFiles(train: number, test: number): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const [name, rows, salt] of [["train", train, 0], ["t10k", test, 101]] as const) {
    const labels = Uint8Array.from({ length: rows }, (_, row) => row % 10);
    files.set(`${name}-images-idx3-ubyte`, idxBytes([rows, 28, 28], pattern(rows * 784, salt)));
    files.set(`${name}-labels-idx1-ubyte`, idxBytes([rows], labels));
  }
  return files;
}

/** The same files, gzipped and named so. */
export function gzipped(files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  return new Map([...files].map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes)]));
}

export interface NpyShape {
  readonly descr: string;
  readonly shape: readonly number[];
  readonly isFortran?: boolean;
  readonly version?: 1 | 2 | 3;
}

/** A .npy file with that header and data. */
export function npyBytes(array: NpyShape, data: Uint8Array): Uint8Array {
  const { descr, shape, isFortran = false, version = 1 } = array;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const order = isFortran ? "True" : "False";
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${tuple}, }`;
  const prefix = version === 1 ? 10 : 12;
  const padded = `${text.padEnd(Math.ceil((prefix + text.length + 1) / 64) * 64 - prefix - 1)}\n`;
  const header = Buffer.alloc(prefix);
  header.write("\x93NUMPY", "latin1");
  header[6] = version;
  if (version === 1) header.writeUInt16LE(padded.length, 8);
  else header.writeUInt32LE(padded.length, 8);
  return Buffer.concat([header, Buffer.from(padded), data]);
}

/** A .npy file of float64 numbers, little-endian, C order. */
export function npyOf(shape: readonly number[], numbers: readonly number[]): Uint8Array {
  const data = Buffer.alloc(8 * numbers.length);
  numbers.forEach((number, index) => data.writeDoubleLE(number, 8 * index));
  return npyBytes({ descr: "<f8", shape }, data);
}
