// Jobs for free slots: each waiting `lease` stands for one message asked of the broker, no more:
// of small jobs by requests that stay open (pulls.ts), or of several sizes in turn (search.ts).
//
// Invariants: a message goes to a waiting lease at once or, where that was aborted meanwhile, to the
// next one or to `retire`: a job comes twice only if its holder fell silent. A lease that
// lapsed by the monotonic clock is never settled, since another worker may hold the job and the
// broker would take the late word for its holder's.
import { setMaxListeners } from "node:events";
import { type Msg, nanos } from "nats";
import { Job } from "../../schema/job.ts";
import { ANY_ROOM, type Lease, type Room } from "../port.ts";
import { decodeJson } from "../wire.ts";
import { foreignTo, type Membership, stampOf } from "./identity.ts";
import type { Link } from "./link.ts";
import { BrokerAway, messageOf } from "./problems.ts";
import { Pulls } from "./pulls.ts";
import { quarantine } from "./quarantine.ts";
import { Search } from "./search.ts";
import type { SizeInUse } from "./sizes.ts";

const utf8 = new TextEncoder();
const DONE = utf8.encode("+ACK");
const RENEW = utf8.encode("+WPI");
const NEVER_AGAIN = utf8.encode("+TERM");
/** A worker that may not take a job leaves it to others for this long. */
const FOREIGN_JOB_REST_MS = 5_000;
const SETTLE_AGAIN_MS = 250;

const later = (ms: number): Uint8Array => utf8.encode(`-NAK {"delay": ${nanos(ms)}}`);

interface Waiter {
  readonly room: Room;
  take(lease: Lease | null): void;
  fail(error: Error): void;
}

export class Leases {
  readonly #link: Link;
  readonly #pulls: Pulls;
  readonly #search: Search;
  readonly #membership: Membership;
  readonly #waiting: Waiter[] = [];
  readonly #held = new Set<() => void>();
  /** Came for a lease that was aborted before. */
  readonly #spare: Lease[] = [];
  #isRetired = false;
  #isRecalling = false;

  constructor(link: Link, membership: Membership) {
    this.#link = link;
    this.#membership = membership;
    this.#pulls = new Pulls(link, {
      stream: link.names.jobs,
      consumer: link.names.workers,
      batchMax: 1,
      bytesMax: null,
      wanted: () => (this.#isSearching() ? 0 : this.#waiting.length - this.#search.asked),
      take: (message) => this.#take(message),
      missed: () => undefined,
    });
    this.#search = new Search(link, {
      room: () => this.#waiting[0]?.room ?? null,
      wanted: () => this.#waiting.length - this.#pulls.asked,
      take: (message) => this.#take(message),
      changed: () => this.#update(),
    });
    link.onEnd((error) => {
      for (const waiter of this.#waiting.splice(0)) waiter.fail(error);
    });
    // Renewals that the outage swallowed are made up for at once.
    link.onReconnect(() => {
      for (const renew of this.#held) renew();
      this.#update();
    });
  }

  async lease(signal: AbortSignal, room: Room = ANY_ROOM): Promise<Lease | null> {
    this.#link.check();
    if (signal.aborted || this.#isRetired) return null;
    const [spare] = this.#spare.splice(0, 1);
    if (spare !== undefined) {
      room.take(spare.size);
      return spare;
    }
    setMaxListeners(0, signal); // one for all slots of a worker is what it is for
    return await new Promise((resolve, reject) => {
      const settle = (): void => {
        signal.removeEventListener("abort", abort);
        const index = this.#waiting.indexOf(waiter);
        if (index >= 0) this.#waiting.splice(index, 1);
      };
      const waiter: Waiter = {
        room,
        take: (lease) => {
          settle();
          if (lease !== null) room.take(lease.size);
          resolve(lease);
        },
        fail: (error) => {
          settle();
          reject(error);
        },
      };
      const abort = (): void => waiter.take(null);
      signal.addEventListener("abort", abort, { once: true });
      this.#membership.joined().then(
        () => {
          if (signal.aborted) return;
          if (this.#isRetired) return waiter.take(null);
          this.#waiting.push(waiter);
          this.#update();
        },
        (error: Error) => waiter.fail(error),
      );
    });
  }

  /** Asks anew; to be called when the consumer is new. */
  reset(): void {
    this.#pulls.reset();
    this.#search.reset();
    this.#update();
  }

  /** Takes note of the sizes of jobs that are there beyond small ones. */
  see(sizes: readonly SizeInUse[]): void {
    this.#search.see(sizes);
  }

  /** See WorkerQueue.retire. */
  async retire(): Promise<readonly Lease[]> {
    this.#isRetired = true;
    await Promise.all([this.#pulls.close(), this.#search.close()]);
    for (const waiter of this.#waiting.splice(0)) waiter.take(null);
    return this.#spare.splice(0);
  }

  async close(): Promise<void> {
    await this.retire();
  }

  #isSearching(): boolean {
    const [waiter] = this.#waiting;
    return waiter !== undefined && this.#search.isFor(waiter.room);
  }

  #update(): void {
    if (!this.#isSearching()) return this.#pulls.update();
    if (this.#pulls.asked === 0) return this.#search.update();
    // What stays open for seconds would keep slots from larger jobs for as long.
    if (this.#isRecalling) return;
    this.#isRecalling = true;
    this.#pulls.recall().finally(() => {
      this.#isRecalling = false;
      this.#search.update();
    }).catch((error: unknown) => this.#link.emit({ kind: "trouble", message: messageOf(error) }));
  }

  #take(message: Msg): void {
    const reply = message.reply ?? "";
    const ours = this.#membership.stamp;
    const theirs = stampOf(message);
    const job = decodeJson(Job, message.data);
    if (ours === null) return; // nobody can have asked yet
    if (theirs === null || !job.ok) {
      const reason = job.ok ? "job without a stamp" : `job: ${job.reason}`;
      this.#link.publish(reply, NEVER_AGAIN);
      return quarantine(this.#link, message, { reason, stamp: ours });
    }
    const foreign = foreignTo(this.#link, theirs, ours);
    if (foreign !== null) {
      this.#link.publish(reply, later(FOREIGN_JOB_REST_MS));
      return this.#link.fail(foreign);
    }
    const lease = this.#leaseOf(job.value, { reply, size: this.#link.names.sizeIn(message.subject) });
    const [waiter] = this.#waiting;
    if (waiter === undefined) this.#spare.push(lease);
    else waiter.take(lease);
  }

  #leaseOf(job: Job, { reply, size }: Pick<Lease, "size"> & { readonly reply: string }): Lease {
    const { leaseMs } = this.#link.times;
    let lapsesAtMs = performance.now() + leaseMs;
    let isOpen = true;
    const isHeld = (): boolean => isOpen && performance.now() < lapsesAtMs;
    const renew = (): void => {
      if (!isHeld()) this.#held.delete(renew);
      else if (this.#link.isConnected) {
        lapsesAtMs = performance.now() + leaseMs;
        this.#link.publish(reply, RENEW);
      }
    };
    const settle = async (word: Uint8Array): Promise<void> => {
      const wasHeld = isHeld();
      isOpen = false;
      this.#held.delete(renew);
      if (wasHeld) await this.#settle(reply, word, lapsesAtMs);
    };
    this.#held.add(renew);
    return { job, size, ...deliveryOf(reply), renew, done: () => settle(DONE) };
  }

  /** Says it until the broker confirms it; a lease that lapses meanwhile settles itself. */
  async #settle(reply: string, word: Uint8Array, lapsesAtMs: number): Promise<void> {
    while (performance.now() < lapsesAtMs) {
      try {
        await this.#link.request(reply, word);
        return;
      } catch (error) {
        if (!(error instanceof BrokerAway)) throw error;
        if (error.isNobody) return; // the stream is gone, and the lease with it
      }
      await this.#link.pause(SETTLE_AGAIN_MS);
    }
  }
}

/**
 * From a message's acknowledgement subject, old form or new: how often it has been delivered, and
 * when the stream took it in, to the microsecond as databases keep it.
 */
function deliveryOf(reply: string): Pick<Lease, "delivery" | "publishedAt"> {
  const words = reply.split(".");
  const first = words.length > 9 ? 6 : 4;
  const microseconds = Math.floor(Number(words[first + 3] ?? 0) / 1_000);
  return { delivery: Number(words[first] ?? 1), publishedAt: microseconds / 1_000 };
}
