// A run's state as bytes: everything that its next epoch depends on, and its curve so far.
//
// Layout, little-endian: magic, header length (uint32), JSON header, zero bytes up to a multiple of
// 8, the curve (float64), the state's arrays (float32), SHA-256 of all before. Order, windows and
// every other random choice of an epoch are functions of the run's seed and the epoch's number, so
// the number is all the random state there is.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { StateArrays } from "./state.ts";

export interface Checkpoint {
  /** What the run is: a checkpoint of another one is not taken up. */
  readonly run: string;
  /** Epochs done. */
  readonly epoch: number;
  /** The curve's rows, one after the other. */
  readonly curve: Float64Array;
  readonly arrays: StateArrays;
}

const MAGIC = new TextEncoder().encode("NCRUN001");
const DIGEST_BYTES = 32;
const Header = z.strictObject({
  run: z.string(),
  epoch: z.int().nonnegative(),
  curve: z.int().nonnegative(),
  arrays: z.array(z.int().nonnegative()),
});

export function encodeCheckpoint({ run, epoch, curve, arrays }: Checkpoint): Uint8Array {
  const lengths = arrays.map(({ length }) => length);
  const header = new TextEncoder().encode(
    JSON.stringify({ run, epoch, curve: curve.length, arrays: lengths }));
  const start = bodyStart(header.length);
  const end = start + 8 * curve.length + 4 * lengths.reduce((all, length) => all + length, 0);
  const bytes = new Uint8Array(end + DIGEST_BYTES);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint32(MAGIC.length, header.length, true);
  bytes.set(header, MAGIC.length + 4);
  bytes.set(bytesOf(curve), start);
  let at = start + 8 * curve.length;
  for (const array of arrays) {
    bytes.set(bytesOf(array), at);
    at += 4 * array.length;
  }
  bytes.set(digestOf(bytes.subarray(0, end)), end);
  return bytes;
}

/** The checkpoint, or null if the bytes are not a whole one. */
export function decodeCheckpoint(encoded: Uint8Array): Checkpoint | null {
  // At offset 0 of its own memory, so that arrays are aligned: a Buffer's slice is none.
  const bytes = Uint8Array.from(encoded);
  const end = bytes.length - DIGEST_BYTES;
  if (end < MAGIC.length + 4 || !MAGIC.every((byte, index) => bytes[index] === byte)) return null;
  if (!digestOf(bytes.subarray(0, end)).equals(bytes.subarray(end))) return null;
  const headerBytes = new DataView(bytes.buffer).getUint32(MAGIC.length, true);
  const text = new TextDecoder().decode(bytes.subarray(MAGIC.length + 4, MAGIC.length + 4 + headerBytes));
  const header = Header.safeParse(JSON.parse(text));
  if (!header.success) return null;
  const { run, epoch, curve, arrays } = header.data;
  const start = bodyStart(headerBytes);
  let at = start + 8 * curve;
  return {
    run,
    epoch,
    curve: new Float64Array(bytes.buffer, start, curve).slice(),
    arrays: arrays.map((length) => {
      const array = new Float32Array(bytes.buffer, at, length).slice();
      at += 4 * length;
      return array;
    }),
  };
}

function bodyStart(headerBytes: number): number {
  return Math.ceil((MAGIC.length + 4 + headerBytes) / 8) * 8;
}

function bytesOf(array: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
