// NumPy's .npz: a zip archive of .npy members, stored or deflated, with or without zip64.
//
// Read here rather than by a library because each member's CRC-32 is checked: a flipped bit in a
// stored member would otherwise become a wrong number in silence.
import { crc32, inflateRawSync } from "node:zlib";
import { UserError } from "../schema/failure.ts";
import type { NamedBytes } from "./files.ts";

const END_RECORD = 0x06054b50;
const END_RECORD_64 = 0x06064b50;
const END_LOCATOR_64 = 0x07064b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const FULL_32 = 0xffffffff;

interface Member {
  readonly name: string;
  readonly isEncrypted: boolean;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly headerStart: number;
}

/**
 * One array of an archive, as the bytes of its .npy file.
 *
 * @param member its name, with or without `.npy`; may be null where the archive holds one array.
 * @throws UserError if there is no such member, or the archive is truncated or corrupt.
 */
export function openNpzMember(file: NamedBytes, member: string | null): NamedBytes {
  try {
    const arrays = directory(file).filter(({ name }) => name.endsWith(".npy"));
    const wanted = arrays.filter(({ name }) => member === null || bare(name) === bare(member));
    const [found] = wanted;
    if (found === undefined || wanted.length > 1) {
      const names = arrays.map(({ name }) => bare(name)).join(", ");
      const asked = member === null ? "which array?" : `no array ${bare(member)}`;
      throw new UserError(`${file.name}: ${asked}: expected ${file.name}#NAME, one of ${names}`);
    }
    return { name: `${file.name}#${bare(found.name)}`, content: unpack(file, found) };
  } catch (error) {
    // A DataView read past the end is how a cut archive shows itself.
    if (error instanceof RangeError) throw corrupt(file, "truncated");
    throw error;
  }
}

/** A member's array name. */
function bare(name: string): string {
  return name.replace(/\.npy$/, "");
}

function corrupt(file: NamedBytes, why: string): UserError {
  return new UserError(`${file.name}: not a whole zip archive: ${why}`);
}

function viewOf({ content }: NamedBytes): DataView {
  return new DataView(content.buffer, content.byteOffset, content.length);
}

/** The archive's central directory. */
function directory(file: NamedBytes): Member[] {
  const view = viewOf(file);
  let { entries, start } = findDirectory(file, view);
  const members: Member[] = [];
  for (; entries > 0; entries--) {
    if (view.getUint32(start, true) !== DIRECTORY_ENTRY) throw corrupt(file, "bad directory");
    const nameBytes = view.getUint16(start + 28, true);
    const extraBytes = view.getUint16(start + 30, true);
    const commentBytes = view.getUint16(start + 32, true);
    const nameStart = start + 46;
    const name = new TextDecoder().decode(file.content.subarray(nameStart, nameStart + nameBytes));
    members.push({
      name,
      isEncrypted: (view.getUint16(start + 8, true) & 1) === 1,
      method: view.getUint16(start + 10, true),
      crc: view.getUint32(start + 16, true),
      ...sizes(view, start, { from: nameStart + nameBytes, bytes: extraBytes }),
    });
    start = nameStart + nameBytes + extraBytes + commentBytes;
  }
  return members;
}

function findDirectory(file: NamedBytes, view: DataView): { entries: number; start: number } {
  // The end record is last but for a comment of at most 65,535 bytes.
  let end = view.byteLength - 22;
  const first = Math.max(0, end - 0xffff);
  while (end >= first && view.getUint32(end, true) !== END_RECORD) end--;
  if (end < first) throw corrupt(file, "no end record: truncated, or not a zip");
  const entries = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  if (entries !== 0xffff && start !== FULL_32) return { entries, start };
  if (view.getUint32(end - 20, true) !== END_LOCATOR_64) throw corrupt(file, "no zip64 locator");
  const record = Number(view.getBigUint64(end - 12, true));
  if (view.getUint32(record, true) !== END_RECORD_64) throw corrupt(file, "no zip64 end record");
  return {
    entries: Number(view.getBigUint64(record + 32, true)),
    start: Number(view.getBigUint64(record + 48, true)),
  };
}

/** Sizes and place of a member: 32 bits each, or 64 in the extra field where those are full. */
function sizes(view: DataView, entry: number, extra: { from: number; bytes: number }) {
  const short = [24, 20, 42].map((at) => view.getUint32(entry + at, true));
  let at = extra.from;
  const end = extra.from + extra.bytes;
  while (at + 4 <= end && view.getUint16(at, true) !== 1) at += 4 + view.getUint16(at + 2, true);
  let next = at + 4;
  const [bytes = 0, packedBytes = 0, headerStart = 0] = short.map((value) => {
    if (value !== FULL_32 || next + 8 > end) return value;
    next += 8;
    return Number(view.getBigUint64(next - 8, true));
  });
  return { bytes, packedBytes, headerStart };
}

function unpack(file: NamedBytes, member: Member): Uint8Array {
  const view = viewOf(file);
  const { headerStart: at, method } = member;
  if (view.getUint32(at, true) !== LOCAL_HEADER) throw corrupt(file, "bad local header");
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  const packed = file.content.subarray(start, start + member.packedBytes);
  if (member.isEncrypted || (method !== 0 && method !== 8)) {
    const how = member.isEncrypted ? "encrypted" : `packed by method ${method}`;
    throw new UserError(`${file.name}#${member.name}: ${how}: expected stored or deflated`);
  }
  const content = method === 0 ? packed : inflated(file, member, packed);
  if (content.length !== member.bytes || crc32(content) !== member.crc) {
    throw corrupt(file, `${member.name} does not match its checksum`);
  }
  return content;
}

function inflated(file: NamedBytes, member: Member, packed: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, member.bytes) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw corrupt(file, `${member.name} does not inflate (${why})`);
  }
}
