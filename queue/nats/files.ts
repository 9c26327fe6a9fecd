// Data files on their way to workers: pieces in a stream of their own, stored before their head.
//
// `<prefix>.file.<sha256>` holds a head (bytes, pieces), `<prefix>.file.<sha256>.<i>` a piece. A file
// is named by its content, so one that is there is right, and offering it again costs one look.
import { z } from "zod";
import type { FileRecord } from "../../schema/data.ts";
import type { FilePieces } from "../port.ts";
import { decodeJson, encodeJson, type Stamp } from "../wire.ts";
import { stamped } from "./identity.ts";
import type { Link } from "./link.ts";
import { BrokerAway, ERROR_CODES, isApiError } from "./problems.ts";

/** What headers and subject may take of the payload limit. */
const ENVELOPE_BYTES = 2_048;
const PIECE_BYTES_MAX = 1024 * 1024;
/** Pieces under way at one time. */
const AHEAD = 4;

const Head = z.strictObject({ bytes: z.int().nonnegative(), pieces: z.int().nonnegative() });
type Head = z.infer<typeof Head>;

/** Bytes of a piece: it is read back as base64, four bytes for three. */
export function pieceBytesMax({ payloadBytesMax }: Pick<Link, "payloadBytesMax">): number {
  return Math.min(PIECE_BYTES_MAX, Math.floor((payloadBytesMax * 3) / 4) - ENVELOPE_BYTES);
}

async function headOf(link: Link, sha256: string): Promise<Head | null> {
  const { files, file } = link.names;
  const message = await link.last(files, file(sha256));
  if (message === null) return null;
  const head = decodeJson(Head, message.data);
  return head.ok ? head.value : null;
}

/** Stores a file for workers to find, unless it is there. Waits while the broker is away. */
export async function offerFile(
  link: Link,
  { sha256, bytes }: FileRecord,
  { pieces, stamp }: { readonly pieces: FilePieces; readonly stamp: Stamp },
): Promise<void> {
  if ((await link.retry(() => headOf(link, sha256))) !== null) return;
  const header = stamped(stamp);
  const size = pieceBytesMax(link);
  const subject = link.names.file(sha256);
  let count = 0;
  const under: Promise<void>[] = [];
  for await (const piece of inSizes(pieces(), size)) {
    const number = count++;
    under.push(link.retry(() => link.store(`${subject}.${number}`, piece, header)));
    if (under.length === AHEAD) await Promise.all(under.splice(0));
  }
  await Promise.all(under);
  await link.retry(() => link.store(subject, encodeJson({ bytes, pieces: count }), header));
}

/** Cuts what comes in pieces of any size into pieces of `size` bytes, the last one of what is left. */
async function* inSizes(pieces: AsyncIterable<Uint8Array>, size: number): AsyncIterable<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const piece of pieces) {
    rest = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
    while (rest.length >= size) {
      yield rest.subarray(0, size);
      rest = rest.subarray(size);
    }
  }
  if (rest.length > 0) yield rest;
}

/** Removes a file; nothing happens where it is not there. */
export async function dropFile(link: Link, sha256: string): Promise<void> {
  const { files, file } = link.names;
  for (const filter of [file(sha256), `${file(sha256)}.*`]) {
    try {
      await link.retry(() => link.api(`STREAM.PURGE.${files}`, z.unknown(), { filter }));
    } catch (error) {
      if (!isApiError(error, ERROR_CODES.streamNotFound)) throw error;
    }
  }
}

/** See WorkerQueue.file. The caller proves the content by its digest. */
export async function fetchFile(link: Link, sha256: string): Promise<AsyncIterable<Uint8Array> | null> {
  const head = await link.retry(async () => {
    try {
      return await headOf(link, sha256);
    } catch (error) {
      if (error instanceof BrokerAway && error.isNobody) return null; // no stream: nothing is offered
      throw error;
    }
  });
  return head === null ? null : piecesOf(link, sha256, head.pieces);
}

async function* piecesOf(link: Link, sha256: string, count: number): AsyncIterable<Uint8Array> {
  const { files, file } = link.names;
  for (let number = 0; number < count; number++) {
    const piece = await link.retry(() => link.last(files, `${file(sha256)}.${number}`));
    if (piece === null) throw new Error(`data file ${sha256.slice(0, 12)}: piece ${number} of ${count} is gone`);
    yield piece.data;
  }
}
