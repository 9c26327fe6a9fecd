// Reports on their way in: pulled in batches as the collector asks for them.
//
// Invariants: at most as many reports are here or under way as the last `receive` asked for, and
// at most BATCH_BYTES_MAX bytes per request; a message that is not a report never leaves this file.
import type { Msg } from "nats";
import type { Received } from "../port.ts";
import { decodeReport, REPORT_BYTES_MAX, type Stamp, stampMismatch } from "../wire.ts";
import { stampOf } from "./identity.ts";
import type { Link } from "./link.ts";
import { Pulls } from "./pulls.ts";
import { quarantine } from "./quarantine.ts";

const BATCH_MAX = 1_000;
const BATCH_BYTES_MAX = 2 * REPORT_BYTES_MAX;
const utf8 = new TextEncoder();
const ACCEPTED = utf8.encode("+ACK");
const NEVER_AGAIN = utf8.encode("+TERM");
/** Refused is what a store that is away says, so not at once. */
const REFUSED = utf8.encode('-NAK {"delay": 500000000}');

export interface InletOptions {
  readonly stamp: Stamp;
  /** Stream or consumer are not there. */
  readonly missed: () => void;
}

export class Inlet {
  readonly #link: Link;
  readonly #stamp: Stamp;
  readonly #pulls: Pulls;
  #here: Received[] = [];
  #wanted = 0;
  readonly #waiting = new Set<() => void>();

  constructor(link: Link, { stamp, missed }: InletOptions) {
    this.#link = link;
    this.#stamp = stamp;
    this.#pulls = new Pulls(link, {
      stream: link.names.reports,
      consumer: link.names.collector,
      batchMax: BATCH_MAX,
      bytesMax: BATCH_BYTES_MAX,
      wanted: () => this.#wanted - this.#here.length,
      take: (message) => this.#take(message),
      missed,
    });
    link.onEnd(() => this.#wake());
  }

  async receive(most: number, signal: AbortSignal): Promise<readonly Received[]> {
    while (this.#here.length === 0) {
      this.#link.check();
      if (signal.aborted) {
        this.#wanted = 0;
        return [];
      }
      this.#wanted = most;
      this.#pulls.update();
      await this.#untilHere(signal);
      // What came in the same read of the socket is there too before this goes on.
      await new Promise(setImmediate);
    }
    const taken = this.#here.splice(0, most);
    this.#wanted = most; // the next batch comes while this one is being stored
    this.#pulls.update();
    return taken;
  }

  /** Asks anew; to be called when the consumer is new. */
  reset(): void {
    this.#pulls.reset();
  }

  async close(): Promise<void> {
    this.#wanted = 0;
    await this.#pulls.close();
    // The next collector has them at once, instead of after collectMs.
    for (const received of this.#here.splice(0)) await received.refuse();
    this.#wake();
  }

  #take(message: Msg): void {
    const reply = message.reply ?? "";
    const theirs = stampOf(message);
    const mismatch =
      theirs === null ? "report without a stamp" : stampMismatch(theirs, this.#stamp);
    const decoded = mismatch === null ? decodeReport(message.data) : null;
    if (decoded === null || !decoded.ok) {
      const reason = decoded === null || decoded.ok ? (mismatch ?? "") : decoded.reason;
      quarantine(this.#link, message, { reason, stamp: this.#stamp });
      this.#link.publish(reply, NEVER_AGAIN);
      return;
    }
    this.#here.push({
      report: decoded.value,
      accept: async () => this.#link.publish(reply, ACCEPTED),
      refuse: async () => this.#link.publish(reply, REFUSED),
    });
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  #untilHere(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    });
  }
}
