// Where messages go that cannot be used: a small stream of their own, with reason and sender.
import type { Msg } from "nats";
import type { Stamp } from "../wire.ts";
import { stamped, stampOf } from "./identity.ts";
import type { Link } from "./link.ts";
import { messageOf } from "./problems.ts";

/** What is kept of a message's payload. */
const KEPT_BYTES_MAX = 65_536;

/** Says that `message` is of no use and why, and keeps a copy of it. Never throws. */
export function quarantine(
  link: Link,
  message: Msg,
  { reason, stamp }: { readonly reason: string; readonly stamp: Stamp },
): void {
  const sender = stampOf(message)?.sender ?? "unknown";
  link.emit({ kind: "quarantined", subject: message.subject, sender, reason });
  const header = stamped(stamp);
  header.set("Nearclone-Subject", message.subject);
  header.set("Nearclone-Sender", sender);
  header.set("Nearclone-Reason", reason.replaceAll(/[^\u0020-\u007e]/g, "?"));
  const kept = message.data.subarray(0, KEPT_BYTES_MAX);
  link.store(link.names.quarantined, kept, header).catch((error: unknown) => {
    link.emit({ kind: "trouble", message: `quarantine: ${messageOf(error)}` });
  });
}
