// The coordinator's end of the queue over NATS.
import { demandOf, sizeOf } from "../../schema/demand.ts";
import type { Job, StudyKey } from "../../schema/job.ts";
import { UserError } from "../../schema/failure.ts";
import type { CoordinatorQueue } from "../port.ts";
import { type Stamp, WIRE_VERSION } from "../wire.ts";
import { dropCheckpoints } from "./checkpoints.ts";
import { dropFile, offerFile } from "./files.ts";
import { Inlet } from "./inlet.ts";
import { publishJobs, withdrawJobs } from "./jobs.ts";
import { Link } from "./link.ts";
import type { NatsOptions } from "./options.ts";
import { announceOrder, type PackedOrder, packOrder } from "./orders.ts";
import { hearPresences } from "./presence.ts";
import { Sizes } from "./sizes.ts";
import { CHECKPOINTS_BYTES_MAX, REPORTS_BYTES_MAX } from "./streams.ts";
import { Tender } from "./tend.ts";

export interface CoordinatorOptions extends NatsOptions {
  /** The database's identity: a word of letters, digits, "_" and "-". */
  readonly cluster: string;
  /** Copies of each stream in a NATS cluster: 1, 3 or 5. */
  readonly replicas?: number;
  /** Removes what another cluster has under the prefix, for one that is gone for good. */
  readonly replaceCluster?: boolean;
  /** Bytes of reports that may wait for the collector before workers wait. */
  readonly reportsBytesMax?: number;
  /** Bytes of checkpoints that the broker keeps; the server sets them aside. */
  readonly checkpointsBytesMax?: number;
}

/**
 * Connects the coordinator, makes the streams and claims the prefix for its cluster.
 * @throws UserError as `connectWorkerQueue`, and if another cluster has the prefix.
 */
export async function connectCoordinatorQueue(
  options: CoordinatorOptions,
): Promise<CoordinatorQueue> {
  const { cluster, name, version, replicas = 1, reportsBytesMax = REPORTS_BYTES_MAX } = options;
  const { checkpointsBytesMax = CHECKPOINTS_BYTES_MAX } = options;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(cluster)) {
    throw new UserError(`cluster "${cluster}": expected up to 64 letters, digits, "_" and "-"`);
  }
  const link = await Link.open(options, "coordinator");
  try {
    const stamp: Stamp = { wire: WIRE_VERSION, version, cluster, sender: name };
    /** All that were announced, for a stream that must be made anew. */
    const orders = new Map<StudyKey, PackedOrder>();
    const sizes = new Sizes(link, stamp);
    let inlet: Inlet | null = null;
    const tender = new Tender(link, {
      stamp,
      limits: { replicas, reportsBytesMax, checkpointsBytesMax },
      sizes,
      reannounce: async () => {
        for (const order of orders.values()) await announceOrder(link, order, stamp);
      },
      renewed: () => {
        link.wake();
        inlet?.reset();
        link.publish(link.names.renewed, new Uint8Array());
      },
    });
    if (options.replaceCluster === true) await tender.clearForeign();
    await tender.start();
    const reports = new Inlet(link, { stamp, missed: () => tender.nudge() });
    inlet = reports;
    const presences = hearPresences(link, stamp);
    await link.flush();
    return {
      announce: async (order) => {
        const packed = packOrder(order);
        orders.set(order.key, packed);
        await announceOrder(link, packed, stamp);
        const size = sizeOf(demandOf(order));
        if (size !== sizes.of(order.key)) await withdrawJobs(link, order.key, size);
        if (sizes.add(order.key, size)) tender.nudge();
      },
      offerFile: (file, pieces) => offerFile(link, file, { pieces, stamp }),
      dropFile: (sha256) => dropFile(link, sha256),
      dropCheckpoints: (study, number) => dropCheckpoints(link, study, number),
      publish: (jobs) => publish(link, jobs, { stamp, tender, sizes }),
      withdraw: (study) => withdrawJobs(link, study),
      receive: (most, signal) => reports.receive(most, signal),
      presences,
      close: async () => {
        await tender.close();
        await reports.close();
        await link.close();
      },
    };
  } catch (error) {
    await link.close();
    throw error;
  }
}

async function publish(
  link: Link,
  jobs: readonly Job[],
  { stamp, tender, sizes }: { readonly stamp: Stamp; readonly tender: Tender; readonly sizes: Sizes },
): Promise<void> {
  const publication = { stamp, sizeOf: (study: StudyKey) => sizes.of(study) };
  const lost = await publishJobs(link, jobs, publication);
  if (lost.length > 0) {
    // The server refuses to store what it does not hold: nothing but a new stream mends that.
    await link.retry(() => tender.renew(link.names.jobs));
    await publishJobs(link, jobs, publication);
  }
  sizes.published(jobs);
}
