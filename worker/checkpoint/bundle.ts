// The checkpoints of one job's runs as one value: what travels is a job's, and a job may have several.
//
// Layout, little-endian: header length (uint32), JSON header (names and lengths), the checkpoints one
// after the other. Each holds its own digest.
import { z } from "zod";

export interface NamedCheckpoint {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const Header = z.array(z.strictObject({ name: z.string(), bytes: z.int().nonnegative() }));
const LENGTH_BYTES = 4;

export function bundle(checkpoints: readonly NamedCheckpoint[]): Uint8Array {
  const entries = checkpoints.map(({ name, bytes }) => ({ name, bytes: bytes.length }));
  const header = Buffer.from(JSON.stringify(entries));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(header.length);
  return Buffer.concat([length, header, ...checkpoints.map(({ bytes }) => bytes)]);
}

/** What `bundle` put together; null if the bytes are no such thing. */
export function unbundle(bytes: Uint8Array): NamedCheckpoint[] | null {
  if (bytes.length < LENGTH_BYTES) return null;
  const start = LENGTH_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (start > bytes.length) return null;
  const header = Header.safeParse(jsonIn(bytes.subarray(LENGTH_BYTES, start)));
  if (!header.success) return null;
  const ends = header.data.map(() => 0);
  let at = start;
  header.data.forEach((entry, index) => (ends[index] = at += entry.bytes));
  if (at !== bytes.length) return null;
  return header.data.map(({ name, bytes: length }, index) =>
    ({ name, bytes: bytes.subarray((ends[index] ?? 0) - length, ends[index]) }));
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
