// The worker's end of the queue over NATS.
import type { WorkerQueue } from "../port.ts";
import { pointsPerReport, stampMismatch } from "../wire.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoints.ts";
import { membershipOf, stampOf } from "./identity.ts";
import { Leases } from "./leases.ts";
import { Link } from "./link.ts";
import type { NatsOptions } from "./options.ts";
import { fetchFile } from "./files.ts";
import { fetchOrder } from "./orders.ts";
import { Outlet } from "./outlet.ts";
import { sayPresence } from "./presence.ts";
import { sizesIn } from "./sizes.ts";

/**
 * Connects a worker. It may come before any coordinator: leases then wait for one.
 * @throws UserError if the server cannot be used: unreachable, without JetStream, credentials or a
 *   permission missing, payload limit too low, or a coordinator of another wire format.
 */
export async function connectWorkerQueue(options: NatsOptions): Promise<WorkerQueue> {
  const link = await Link.open(options, "worker");
  try {
    const who = { sender: options.name, version: options.version };
    const membership = await membershipOf(link, who);
    const leases = new Leases(link, membership);
    const outlet = new Outlet(link, membership);
    link.subscribe(link.names.renewed, () => {
      link.wake();
      leases.reset();
    });
    link.subscribe(link.names.sizes, (message) => {
      const theirs = stampOf(message);
      const isOurs = theirs !== null && membership.stamp !== null && stampMismatch(theirs, membership.stamp) === null;
      const sizes = isOurs ? sizesIn(message.data) : null;
      if (sizes !== null) leases.see(sizes);
    });
    return {
      leaseMs: link.times.leaseMs,
      lease: (signal, room) => leases.lease(signal, room),
      retire: () => leases.retire(),
      saveCheckpoint: (job, bytes, signal) => saveCheckpoint(link, { job, bytes, signal }),
      loadCheckpoint: (job) => loadCheckpoint(link, job),
      file: (sha256) => fetchFile(link, sha256),
      order: (study) => fetchOrder(link, study),
      report: (report) => outlet.send(report),
      maxPoints: (metricCount) => pointsPerReport(link.payloadBytesMax, metricCount),
      announce: async (presence) => {
        // Without a coordinator there is nobody to hear it.
        if (membership.stamp !== null) await sayPresence(link, presence, membership.stamp);
      },
      close: async () => {
        await leases.close();
        await link.close();
      },
    };
  } catch (error) {
    await link.close();
    throw error;
  }
}
