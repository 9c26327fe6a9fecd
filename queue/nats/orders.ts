// Orders: the last word on each study, in pieces where it is larger than a message may be.
//
// `<prefix>.order.<study>` holds a head (digest, pieces); `<prefix>.order.<study>.<digest>.<i>` the
// deflated JSON. Pieces are stored before their head, so a head never points at nothing for long.
import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "zod";
import { type StudyKey, StudyOrder } from "../../schema/job.ts";
import { decodeJson, encodeJson, type Stamp } from "../wire.ts";
import { stamped } from "./identity.ts";
import type { Link } from "./link.ts";
import { BrokerAway, isApiError, messageOf } from "./problems.ts";

/** Bytes of an order's JSON: an axis may list AXIS_VALUES_MAX values of some 20 characters. */
export const ORDER_BYTES_MAX = 64 * 1024 * 1024;
const PIECES_MAX = 4_096;
/** What headers and subject may take of the payload limit. */
const ENVELOPE_BYTES = 2_048;
/** A head may be read a moment before the coordinator has made the orders stream anew. */
const LOOK_AGAIN = { times: 4, afterMs: 250 };

const Head = z.strictObject({
  digest: z.string().regex(/^[0-9a-f]{32}$/),
  pieces: z.int().min(1).max(PIECES_MAX),
});
type Head = z.infer<typeof Head>;

const digestOf = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex").slice(0, 32);

const pieceSubject = (
  link: Link,
  study: StudyKey,
  { digest, index }: { digest: string; index: number },
) => `${link.names.order(study)}.${digest}.${index}`;

/** An order as it is stored: its key, and its JSON deflated. */
export interface PackedOrder {
  readonly key: StudyKey;
  readonly bytes: Uint8Array;
}

/** @throws RangeError if the order is larger than any reader would take. */
export function packOrder(order: StudyOrder): PackedOrder {
  const json = encodeJson(order);
  if (json.length > ORDER_BYTES_MAX) {
    throw new RangeError(`order of ${order.key} has ${json.length} bytes, over ${ORDER_BYTES_MAX}`);
  }
  return { key: order.key, bytes: deflateRawSync(json) };
}

/** Stores an order for workers to find; what it replaces is removed. */
export async function announceOrder(link: Link, order: PackedOrder, stamp: Stamp): Promise<void> {
  const { key, bytes } = order;
  // A piece is read back as base64, four bytes for three.
  const size = Math.floor((link.payloadBytesMax * 3) / 4) - ENVELOPE_BYTES;
  const head = { digest: digestOf(bytes), pieces: Math.ceil(bytes.length / size) };
  const header = stamped(stamp);
  for (let index = 0; index < head.pieces; index++) {
    const piece = bytes.subarray(index * size, (index + 1) * size);
    const subject = pieceSubject(link, key, { digest: head.digest, index });
    await link.retry(() => link.store(subject, piece, header));
  }
  const former = await headOf(link, key);
  await link.retry(() => link.store(link.names.order(key), encodeJson(head), header));
  if (former !== null && former.digest !== head.digest) await removePieces(link, key, former);
}

async function removePieces(link: Link, study: StudyKey, { digest }: Head): Promise<void> {
  const filter = `${link.names.order(study)}.${digest}.*`;
  try {
    await link.api(`STREAM.PURGE.${link.names.orders}`, z.unknown(), { filter });
  } catch (error) {
    // They are of no use any more and take some room: not worth an error.
    if (!(error instanceof BrokerAway) && !isApiError(error)) throw error;
  }
}

/** The order of a study. Throws if none was announced, or what is there is not an order. */
export async function fetchOrder(link: Link, study: StudyKey): Promise<StudyOrder> {
  let reason = `no order was announced for study ${study}`;
  for (let time = 0; time < LOOK_AGAIN.times; time++) {
    if (time > 0) await link.pause(LOOK_AGAIN.afterMs);
    const head = await headOf(link, study);
    if (head === null) continue;
    const bytes = await piecesOf(link, study, head);
    const order = bytes === null ? null : decodeOrder(bytes);
    if (order?.ok === true && order.value.key === study) return order.value;
    reason = `order of study ${study}: ${order?.ok === false ? order.reason : "incomplete"}`;
  }
  throw new Error(reason);
}

async function headOf(link: Link, study: StudyKey): Promise<Head | null> {
  const { orders, order } = link.names;
  const message = await link.retry(() => link.last(orders, order(study)));
  if (message === null) return null;
  const head = decodeJson(Head, message.data);
  return head.ok ? head.value : null;
}

async function piecesOf(link: Link, study: StudyKey, head: Head): Promise<Uint8Array | null> {
  const pieces: Uint8Array[] = [];
  for (let index = 0; index < head.pieces; index++) {
    const subject = pieceSubject(link, study, { digest: head.digest, index });
    const piece = await link.retry(() => link.last(link.names.orders, subject));
    if (piece === null) return null;
    pieces.push(piece.data);
  }
  const bytes = Buffer.concat(pieces);
  return digestOf(bytes) === head.digest ? bytes : null;
}

function decodeOrder(bytes: Uint8Array) {
  try {
    return decodeJson(StudyOrder, inflateRawSync(bytes, { maxOutputLength: ORDER_BYTES_MAX }));
  } catch (error) {
    return { ok: false as const, reason: messageOf(error) };
  }
}
