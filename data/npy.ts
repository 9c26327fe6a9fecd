// NumPy's .npy format, versions 1 to 3: a header that describes one array, then its numbers.
//
// Little and big endian, C and Fortran order, booleans, integers of 8 to 64 bits, float32 and
// float64. Everything comes out in C order. A 64-bit integer that a float64 cannot hold exactly is
// refused rather than rounded.
import { UserError } from "../schema/failure.ts";
import type { NamedBytes } from "./files.ts";

/** Numbers as they are kept in memory: bytes as bytes, float32 as such, all else as float64. */
export type Values = Uint8Array | Float32Array | Float64Array;

export interface NumberArray {
  readonly shape: readonly number[];
  /** In C order: the last index runs fastest. */
  readonly values: Values;
}

interface Header {
  readonly type: string;
  readonly isBigEndian: boolean;
  readonly isFortran: boolean;
  readonly shape: readonly number[];
  readonly dataStart: number;
}

type Reader = (bytes: ArrayBuffer, name: string) => Values;

const widen =
  (view: (bytes: ArrayBuffer) => ArrayLike<number>): Reader =>
  (bytes) =>
    Float64Array.from(view(bytes));

const READERS: Readonly<Record<string, Reader>> = {
  b1: (bytes) => new Uint8Array(bytes),
  u1: (bytes) => new Uint8Array(bytes),
  i1: widen((bytes) => new Int8Array(bytes)),
  u2: widen((bytes) => new Uint16Array(bytes)),
  i2: widen((bytes) => new Int16Array(bytes)),
  u4: widen((bytes) => new Uint32Array(bytes)),
  i4: widen((bytes) => new Int32Array(bytes)),
  u8: (bytes, name) => exact(new BigUint64Array(bytes), name),
  i8: (bytes, name) => exact(new BigInt64Array(bytes), name),
  f4: (bytes) => new Float32Array(bytes),
  f8: (bytes) => new Float64Array(bytes),
};

const PLATFORM_IS_BIG_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

/** @throws UserError on anything but a whole .npy file of a type above. */
export function parseNpy(file: NamedBytes): NumberArray {
  const { name, content } = file;
  const header = parseHeader(file);
  const read = READERS[header.type];
  if (read === undefined) {
    const types = Object.keys(READERS).join(", ");
    throw new UserError(`${name}: type ${header.type}: expected one of ${types}`);
  }
  const size = header.shape.reduce((product, extent) => product * extent, 1);
  const needed = header.dataStart + size * widthOf(header.type);
  if (content.length !== needed) {
    const problem = content.length < needed ? "truncated" : "too long";
    throw new UserError(
      `${name}: ${problem}: shape (${header.shape.join(", ")}) of type ${header.type} needs ` +
        `${needed} bytes, got ${content.length}`,
    );
  }
  const values = read(nativeBytes(content.subarray(header.dataStart), header), name);
  return { shape: header.shape, values: header.isFortran ? inC(values, header.shape) : values };
}

function widthOf(type: string): number {
  return Number(type.slice(1));
}

function parseHeader({ name, content }: NamedBytes): Header {
  const magic = String.fromCharCode(...content.subarray(0, 6));
  if (magic !== "\x93NUMPY" || content.length < 12) {
    throw new UserError(`${name}: not a .npy file: expected it to start with \\x93NUMPY`);
  }
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const version = content[6] ?? 0;
  if (version < 1 || version > 3) {
    throw new UserError(`${name}: .npy version ${version}: expected 1, 2 or 3`);
  }
  const textStart = version === 1 ? 10 : 12;
  const dataStart =
    textStart + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  const text = new TextDecoder().decode(content.subarray(textStart, dataStart));
  const descr = /['"]descr['"]\s*:\s*['"]([<>|=]?)(\w+)['"]/.exec(text);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text);
  const shape = /['"]shape['"]\s*:\s*\(([\d,L\s]*)\)/.exec(text);
  if (descr === null || order === null || shape === null || content.length < dataStart) {
    throw new UserError(
      `${name}: header ${JSON.stringify(text.trim().slice(0, 120))}: expected descr of one plain ` +
        "type, fortran_order and shape",
    );
  }
  return {
    type: descr[2] ?? "",
    isBigEndian: descr[1] === ">",
    isFortran: order[1] === "True",
    shape: [...(shape[1] ?? "").matchAll(/\d+/g)].map(Number),
    dataStart,
  };
}

/** A copy of the data in this machine's byte order, aligned for any typed array. */
function nativeBytes(data: Uint8Array, header: Header): ArrayBuffer {
  const copy = new ArrayBuffer(data.length);
  const buffer = Buffer.from(copy);
  buffer.set(data);
  if (header.isBigEndian === PLATFORM_IS_BIG_ENDIAN) return copy;
  const width = widthOf(header.type);
  if (width === 2) buffer.swap16();
  if (width === 4) buffer.swap32();
  if (width === 8) buffer.swap64();
  return copy;
}

function exact(integers: BigInt64Array | BigUint64Array, name: string): Float64Array {
  const values = new Float64Array(integers.length);
  for (let index = 0; index < values.length; index++) {
    const value = Number(integers[index]);
    if (!Number.isSafeInteger(value)) {
      throw new UserError(
        `${name}: element ${index}: ${integers[index]}: expected integers below 2^53 in size`,
      );
    }
    values[index] = value;
  }
  return values;
}

/** From Fortran order, where the first index runs fastest, to C order. */
function inC(values: Values, shape: readonly number[]): Values {
  const strides: number[] = [];
  let stride = 1;
  for (const extent of shape) {
    strides.push(stride);
    stride *= extent;
  }
  const ordered = values.slice();
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < values.length; to++) {
    ordered[to] = values[from]!;
    // Counts the index up in C order and keeps `from` at its place in Fortran order.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= index[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return ordered;
}
