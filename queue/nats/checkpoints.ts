// Checkpoints of training jobs on their way to whoever gets the job next: in pieces, in one of two
// places, the head last.
//
// `<prefix>.checkpoint.<study>.<job>.<a|b>` holds a head (digest, bytes, pieces), and below it
// `.<i>` a piece. What is saved overwrites the place that does not hold the newest head, so the one
// before stays whole until the new one is, and a job takes no more than twice its size.
//
// Two workers that for a while hold the same job may mix their pieces: the digest finds that out,
// and the other place is read instead. Nothing here is worth waiting for: a broker that is away or
// full keeps nothing, and the run goes on.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Job, StudyKey } from "../../schema/job.ts";
import { CHECKPOINT_BYTES_MAX } from "../../schema/limits.ts";
import { tooLarge } from "../checkpoint-size.ts";
import type { Kept } from "../port.ts";
import { decodeJson, encodeJson } from "../wire.ts";
import { pieceBytesMax } from "./files.ts";
import type { Link } from "./link.ts";
import { BrokerAway, ERROR_CODES, isApiError, messageOf } from "./problems.ts";

const PLACES = ["a", "b"] as const;
type Place = (typeof PLACES)[number];
/** Pieces under way at one time. */
const AHEAD = 4;
const LOAD_TRIES = 3;
const LOAD_AGAIN_MS = 250;

const Head = z.strictObject({
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(0).max(CHECKPOINT_BYTES_MAX),
  pieces: z.int().min(0).max(CHECKPOINT_BYTES_MAX),
});

interface Found extends z.infer<typeof Head> {
  readonly place: Place;
  readonly sequence: number;
}

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The heads of a job that can be read, the newest first. */
async function headsOf(link: Link, job: Job): Promise<Found[]> {
  const found: Found[] = [];
  for (const place of PLACES) {
    const message = await link.last(link.names.checkpoints, `${link.names.checkpoint(job)}.${place}`);
    const head = message === null ? null : decodeJson(Head, message.data);
    if (message !== null && head?.ok === true) found.push({ ...head.value, place, sequence: message.sequence });
  }
  return found.sort((one, other) => other.sequence - one.sequence);
}

export interface Saving {
  readonly job: Job;
  readonly bytes: Uint8Array;
  readonly signal: AbortSignal;
}

/** See WorkerQueue.saveCheckpoint. */
export async function saveCheckpoint(link: Link, saving: Saving): Promise<Kept> {
  const { bytes } = saving;
  const refusal = tooLarge(bytes);
  if (refusal !== null) return refusal;
  try {
    const digest = digestOf(bytes);
    const [newest] = await headsOf(link, saving.job);
    if (newest?.digest === digest) return { ok: true };
    return await store(link, saving, { digest, place: newest?.place === "a" ? "b" : "a" });
  } catch (error) {
    return { ok: false, why: messageOf(error) };
  }
}

async function store(
  link: Link,
  { job, bytes, signal }: Saving,
  { digest, place }: { readonly digest: string; readonly place: Place },
): Promise<Kept> {
  const subject = `${link.names.checkpoint(job)}.${place}`;
  const size = pieceBytesMax(link);
  const pieces = Math.ceil(bytes.length / size);
  for (let first = 0; first < pieces; first += AHEAD) {
    if (signal.aborted) return { ok: false, why: "given up" };
    const numbers = Array.from({ length: Math.min(AHEAD, pieces - first) }, (_, index) => first + index);
    await Promise.all(numbers.map((number) =>
      link.store(`${subject}.${number}`, bytes.subarray(number * size, (number + 1) * size))));
  }
  if (signal.aborted) return { ok: false, why: "given up" };
  await link.store(subject, encodeJson({ digest, bytes: bytes.length, pieces }));
  return { ok: true };
}

/** See WorkerQueue.loadCheckpoint. */
export async function loadCheckpoint(link: Link, job: Job): Promise<Uint8Array | null> {
  for (let time = 1; ; time++) {
    try {
      for (const head of await headsOf(link, job)) {
        const bytes = await read(link, job, head);
        if (bytes !== null) return bytes;
      }
      return null;
    } catch (error) {
      if (!(error instanceof BrokerAway)) throw error;
      if (error.isNobody || time === LOAD_TRIES) return null;
    }
    await link.pause(LOAD_AGAIN_MS);
  }
}

/** null for what is not what its head says. */
async function read(link: Link, job: Job, { place, pieces, bytes, digest }: Found): Promise<Uint8Array | null> {
  const subject = `${link.names.checkpoint(job)}.${place}`;
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let number = 0; number < pieces; number++) {
    const piece = await link.last(link.names.checkpoints, `${subject}.${number}`);
    if (piece === null) return null;
    parts.push(piece.data);
    length += piece.data.length;
    if (length > bytes) return null;
  }
  const whole = Buffer.concat(parts);
  return digestOf(whole) === digest ? whole : null;
}

/** See CoordinatorQueue.dropCheckpoints. */
export async function dropCheckpoints(link: Link, study: StudyKey, number?: number): Promise<void> {
  const { checkpoints, checkpoint, checkpointsOf } = link.names;
  const filter = `${number === undefined ? checkpointsOf(study) : checkpoint({ study, number })}.>`;
  try {
    await link.retry(() => link.api(`STREAM.PURGE.${checkpoints}`, z.unknown(), { filter }));
  } catch (error) {
    if (!isApiError(error, ERROR_CODES.streamNotFound)) throw error;
  }
}
