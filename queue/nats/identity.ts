// Whose subjects these are: one record per prefix names the cluster, its version and wire format.
//
// The coordinator claims the prefix for its database's cluster; a second database is refused. A
// worker learns the cluster here, stamps what it sends with it, and takes no job of another.
import { headers, type Msg, type MsgHdrs } from "nats";
import { UserError } from "../../schema/failure.ts";
import { readStamp, type Stamp, stampMismatch, stampText, WIRE_VERSION } from "../wire.ts";
import type { Link } from "./link.ts";
import { BrokerAway, ERROR_CODES, isApiError } from "./problems.ts";

const STAMP_HEADER = "Nearclone";
const NOTHING = new Uint8Array();

/** The header of every message that nearclone sends. */
export function stamped(stamp: Stamp): MsgHdrs {
  const made = headers();
  made.set(STAMP_HEADER, stampText(stamp));
  return made;
}

/** The stamp of a message, or null if it is not one of nearclone's. */
export function stampOf(message: Msg): Stamp | null {
  const text = message.headers?.get(STAMP_HEADER) ?? "";
  return text === "" ? null : readStamp(text);
}

/** The record of the prefix's cluster; null where no coordinator has been yet. */
async function recordOf(link: Link): Promise<Stamp | null> {
  const { orders, cluster } = link.names;
  const message = await link.last(orders, cluster);
  const [, text] = /^Nearclone: *(.*?)\r?$/m.exec(message?.headers ?? "") ?? [];
  return text === undefined ? null : readStamp(text);
}

/** The error that a stamp of another cluster or wire format is to the holder of `ours`, or null. */
export function foreignTo(link: Link, theirs: Stamp, ours: Stamp): UserError | null {
  const mismatch = stampMismatch(theirs, ours);
  if (mismatch === null) return null;
  return new UserError(`${link.server}, prefix "${link.names.prefix}": ${mismatch}`);
}

/** A worker's place in the cluster of its prefix, which it learns from the coordinator's record. */
export interface Membership {
  /** What it stamps its messages with; null before any coordinator has been there. */
  readonly stamp: Stamp | null;
  /** Resolves as soon as there is a record. Rejects if it is one to keep away from. */
  joined(): Promise<Stamp>;
}

const ASK_AGAIN_MS = 500;

/** Asks once for the record, later whenever needed. Throws UserError for a foreign wire format. */
export async function membershipOf(
  link: Link,
  who: Pick<Stamp, "sender" | "version">,
): Promise<Membership> {
  let stamp: Stamp | null = null;
  let joining: Promise<Stamp> | null = null;
  const ask = async (): Promise<Stamp | null> => {
    const record = await recordOf(link);
    if (record === null) return null;
    const own = { ...who, wire: WIRE_VERSION, cluster: stamp?.cluster ?? record.cluster };
    const foreign = foreignTo(link, { ...record, sender: `coordinator ${record.sender}` }, own);
    if (foreign !== null) throw foreign;
    stamp = own;
    return own;
  };
  const join = async (): Promise<Stamp> => {
    for (;;) {
      const found = await link.retry(ask);
      if (found !== null) return found;
      await link.pause(ASK_AGAIN_MS);
    }
  };
  // What the record says may have changed while nobody could tell us.
  link.onReconnect(() => {
    if (stamp !== null) link.retry(ask).catch((error: Error) => link.fail(error));
  });
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof BrokerAway)) throw error;
  }
  return {
    get stamp() {
      return stamp;
    },
    joined: () => (stamp === null ? (joining ??= join()) : Promise.resolve(stamp)),
  };
}

/** Whether the prefix belongs to another cluster than `stamp`'s. */
export async function isForeign(link: Link, stamp: Stamp): Promise<boolean> {
  try {
    const record = await recordOf(link);
    return record !== null && record.cluster !== stamp.cluster;
  } catch (error) {
    if (error instanceof BrokerAway && error.isNobody) return false;
    throw error;
  }
}

/**
 * Claims the prefix for `stamp`'s cluster, or makes sure that it has it. Resolves to true if jobs
 * that wait are in another wire format. Throws UserError if another cluster has the prefix.
 */
export async function claimPrefix(link: Link, stamp: Stamp): Promise<boolean> {
  const record = await recordOf(link);
  if (record === null) {
    await writeRecord(link, stamp, 0);
    return false;
  }
  if (record.cluster !== stamp.cluster) {
    throw new UserError(
      `${link.server}: prefix "${link.names.prefix}" belongs to cluster ${record.cluster}, not to ` +
        `${stamp.cluster}: choose another prefix, or replace the cluster if it is gone for good`,
    );
  }
  const isSame = record.wire === stamp.wire && record.version === stamp.version;
  if (!isSame) await writeRecord(link, stamp, null);
  return record.wire !== stamp.wire;
}

async function writeRecord(link: Link, stamp: Stamp, expectedLast: number | null): Promise<void> {
  const header = stamped(stamp);
  if (expectedLast !== null) {
    header.set("Nats-Expected-Last-Subject-Sequence", String(expectedLast));
  }
  try {
    await link.store(link.names.cluster, NOTHING, header);
  } catch (error) {
    if (!isApiError(error, ERROR_CODES.wrongLastSequence)) throw error;
    await claimPrefix(link, stamp); // somebody was faster: is it the same cluster?
  }
}
