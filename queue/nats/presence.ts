// Who is there: announcements without storage, remembered by the coordinator until they lapse.
import type { Msg } from "nats";
import { Presence } from "../../schema/job.ts";
import { decodeJson, encodeJson, type Stamp, stampMismatch } from "../wire.ts";
import { stamped, stampOf } from "./identity.ts";
import type { Link } from "./link.ts";
import { quarantine } from "./quarantine.ts";

/** Says that a worker is there; lost while disconnected, since it is said again soon. */
export async function sayPresence(link: Link, presence: Presence, stamp: Stamp): Promise<void> {
  link.check();
  link.publish(link.names.presence, encodeJson(presence), { headers: stamped(stamp) });
  await link.flush();
}

/** A listener from now on; resolves to who was heard of within presenceLapseMs. */
export function hearPresences(link: Link, stamp: Stamp): () => Promise<readonly Presence[]> {
  const heard = new Map<string, { readonly presence: Presence; readonly atMs: number }>();
  link.subscribe(link.names.presence, (message) => {
    const presence = presenceIn(link, message, stamp);
    if (presence === null) return;
    heard.set(presence.worker, { presence, atMs: performance.now() });
  });
  return async () => {
    link.check();
    await link.flush();
    const sinceMs = performance.now() - link.times.presenceLapseMs;
    for (const [worker, { atMs }] of heard) if (atMs < sinceMs) heard.delete(worker);
    return [...heard.values()].map(({ presence }) => presence);
  };
}

function presenceIn(link: Link, message: Msg, ours: Stamp): Presence | null {
  const theirs = stampOf(message);
  const mismatch = theirs === null ? "presence without a stamp" : stampMismatch(theirs, ours);
  const decoded = mismatch === null ? decodeJson(Presence, message.data) : null;
  if (decoded?.ok === true) return decoded.value;
  const reason = mismatch ?? (decoded === null ? "" : `presence: ${decoded.reason}`);
  quarantine(link, message, { reason, stamp: ours });
  return null;
}
