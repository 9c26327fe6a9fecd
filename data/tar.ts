// The members of a tar archive (ustar and its relatives), read from a stream and written to files.
//
// Regular files only, known by the last part of their path, so that an archive cannot name a place
// to write to. Each header's checksum is verified.
import { open } from "node:fs/promises";
import { UserError } from "../schema/failure.ts";

const BLOCK = 512;

interface Header {
  readonly name: string;
  readonly bytes: number;
  readonly isFile: boolean;
}

/**
 * Writes those members to files for which `pathOf` names one.
 *
 * @param archive its name, for messages.
 * @param chunks the unpacked tar, in pieces of any size.
 * @returns the size of each member written, by its base name.
 * @throws UserError if the archive ends early or a header is damaged.
 */
export async function extractTar(
  archive: string,
  chunks: AsyncIterable<Uint8Array>,
  pathOf: (name: string) => string | null,
): Promise<ReadonlyMap<string, number>> {
  const take = pieces(chunks, () => new UserError(`${archive}: the tar archive ends early`));
  const written = new Map<string, number>();
  for (;;) {
    const header = parseHeader(archive, await whole(take, BLOCK));
    if (header === null) return written;
    const path = header.isFile ? pathOf(header.name) : null;
    const file = path === null ? null : await open(path, "w");
    try {
      for (let left = header.bytes; left > 0; ) {
        const piece = await take(left);
        await file?.writeFile(piece);
        left -= piece.length;
      }
    } finally {
      await file?.close();
    }
    if (file !== null) written.set(header.name, header.bytes);
    await whole(take, (BLOCK - (header.bytes % BLOCK)) % BLOCK);
  }
}

type Take = (most: number) => Promise<Uint8Array>;

/** The stream in pieces of at most what is asked, which is over 0; never empty. */
function pieces(chunks: AsyncIterable<Uint8Array>, endsEarly: () => Error): Take {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  return async (most) => {
    while (rest.length === 0) {
      const next = await iterator.next();
      if (next.done === true) throw endsEarly();
      rest = next.value;
    }
    const piece = rest.subarray(0, most);
    rest = rest.subarray(piece.length);
    return piece;
  };
}

async function whole(take: Take, bytes: number): Promise<Uint8Array> {
  const all = new Uint8Array(bytes);
  for (let filled = 0; filled < bytes; ) {
    const piece = await take(bytes - filled);
    all.set(piece, filled);
    filled += piece.length;
  }
  return all;
}

/** null at the block of zeros that ends an archive. */
function parseHeader(archive: string, block: Uint8Array): Header | null {
  if (block.every((byte) => byte === 0)) return null;
  const text = (from: number, to: number) =>
    new TextDecoder("latin1").decode(block.subarray(from, to)).replace(/\0.*$/s, "").trim();
  // The sum counts its own eight bytes as spaces.
  const sum = block.reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0);
  const bytes = Number.parseInt(text(124, 136) || "0", 8);
  if (Number.parseInt(text(148, 156), 8) !== sum || !Number.isSafeInteger(bytes)) {
    throw new UserError(`${archive}: damaged tar header`);
  }
  const type = text(156, 157);
  return { name: text(0, 100).replace(/^.*\//, ""), bytes, isFile: type === "" || type === "0" };
}
