// A worker's reports on their way out: each is sent until the broker holds it.
//
// Invariants: `send` resolves only once the report is stored; what is on its way has at most
// BUFFER_BYTES_MAX bytes (one report more, and once more in the socket), so an absent broker or a
// full stream slows the worker down instead of filling its memory.
import type { Report } from "../../schema/job.ts";
import { encodeReport } from "../wire.ts";
import { type Membership, stamped } from "./identity.ts";
import type { Link } from "./link.ts";
import { BrokerAway, ERROR_CODES, isApiError } from "./problems.ts";

const BUFFER_BYTES_MAX = 32 * 1024 * 1024;
/** Stamp and protocol, at most. */
const ENVELOPE_BYTES = 512;

export class Outlet {
  readonly #link: Link;
  readonly #membership: Membership;
  readonly #queue: Array<() => void> = [];
  #bytes = 0;

  constructor(link: Link, membership: Membership) {
    this.#link = link;
    this.#membership = membership;
    link.onEnd(() => this.#admit());
  }

  async send(report: Report): Promise<void> {
    const stamp = this.#membership.stamp ?? (await this.#membership.joined());
    while (this.#bytes > BUFFER_BYTES_MAX) {
      this.#link.check();
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    }
    const bytes = encodeReport(report);
    const limit = this.#link.payloadBytesMax;
    if (bytes.length + ENVELOPE_BYTES > limit) {
      throw new RangeError(
        `report of ${bytes.length} bytes is over the server's max_payload of ${limit}: ` +
          "it has more than maxPoints points",
      );
    }
    this.#bytes += bytes.length;
    try {
      const header = stamped(stamp);
      await this.#link.retry(() => this.#store(report, bytes, header));
    } finally {
      this.#bytes -= bytes.length;
      this.#admit();
    }
  }

  async #store(
    report: Report,
    bytes: Uint8Array,
    header: ReturnType<typeof stamped>,
  ): Promise<void> {
    try {
      await this.#link.store(this.#link.names.report(report.job.study), bytes, header);
    } catch (error) {
      // A full stream empties as the collector goes on: as good as away.
      const { storeRefused, insufficientStorage } = ERROR_CODES;
      if (isApiError(error, storeRefused, insufficientStorage)) throw new BrokerAway(error.message);
      throw error;
    }
  }

  #admit(): void {
    for (const admit of this.#queue.splice(0)) admit();
  }
}
