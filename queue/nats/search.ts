// A worker's way to jobs while large ones are about: it asks one size after the other.
//
// A slot may not be asked for twice, and a request cannot be taken back without risk. So where jobs
// of several sizes may be had, one question at a time is open, and is answered at once: for one job
// of the largest size that fits first, and last for small ones, with some patience and for all slots
// that wait. Where only small ones are to be had, which is the common case, this rests, and requests
// stay open for seconds (pulls.ts).
import { createInbox, type Msg, nanos, type Subscription } from "nats";
import { type JobSize, largestFirst, SMALL } from "../../schema/demand.ts";
import type { Room } from "../port.ts";
import { encodeJson } from "../wire.ts";
import type { Link } from "./link.ts";
import type { SizeInUse } from "./sizes.ts";

/** How long small jobs are waited for before larger ones are asked for again. */
const PATIENCE_MS = 100;

export interface SearchOptions {
  /** The room of those who wait for a job; null where nobody does. */
  room(): Room | null;
  /** How many wait of whom nobody else was asked. */
  wanted(): number;
  take(message: Msg): void;
  /** It rests again, or has an answer: others may ask. */
  changed(): void;
}

interface Question {
  readonly token: string;
  /** Jobs that are still to come. */
  left: number;
  /** To be called once no more will come. */
  readonly end: () => void;
}

export class Search {
  readonly #link: Link;
  readonly #options: SearchOptions;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  #sizes: readonly SizeInUse[] = [];
  #count = 0;
  #open: Question | null = null;
  #isRunning = false;
  #isClosed = false;

  constructor(link: Link, options: SearchOptions) {
    this.#link = link;
    this.#options = options;
    this.#inbox = createInbox(link.inboxPrefix);
    this.#subscription = link.subscribe(`${this.#inbox}.*`, (message) => this.#hear(message));
    // What was asked of a former connection has no answer.
    link.onReconnect(() => this.reset());
  }

  /** Asks anew, because what was asked may be lost: see Pulls.reset. */
  reset(): void {
    this.#open?.end();
  }

  /** Jobs that are asked for and neither come nor refused. */
  get asked(): number {
    return this.#open?.left ?? 0;
  }

  /** Whether jobs of more sizes than small ones are there for whoever has this room. */
  isFor(room: Room): boolean {
    return this.#sizes.some(({ size }) => room.fitOf(size) !== "never");
  }

  /** Takes note of the sizes in use. */
  see(sizes: readonly SizeInUse[]): void {
    this.#sizes = [...sizes].sort((a, b) => largestFirst(a.size, b.size));
    this.#options.changed();
  }

  /** To be called whenever somebody waits. */
  update(): void {
    if (this.#isRunning || this.#roomToFill() === null) return;
    this.#isRunning = true;
    this.#run().finally(() => {
      this.#isRunning = false;
      this.#options.changed();
    }).catch(() => undefined);
  }

  /** Ends asking; what is under way still reaches `take` before this resolves. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#link.isConnected) {
      await Promise.race([this.#subscription.drain(), this.#link.pause(1_000)]);
    }
    this.#open?.end();
  }

  #roomToFill(): Room | null {
    if (this.#isClosed || !this.#link.isConnected) return null;
    const room = this.#options.room();
    return room !== null && this.#options.wanted() > 0 && this.isFor(room) ? room : null;
  }

  async #run(): Promise<void> {
    for (let room = this.#roomToFill(); room !== null; room = this.#roomToFill()) {
      await this.#round(room);
    }
  }

  /** Asks for one large job, or else for small ones. */
  async #round(room: Room): Promise<void> {
    for (const { size, isWaiting } of this.#sizes) {
      const fit = room.fitOf(size);
      if (fit === "now" && (await this.#ask(size, { most: 1, patienceMs: 0 })) > 0) return;
      // Nothing smaller then, or there would never be room for it.
      if (fit === "later" && isWaiting) return await this.#rest();
    }
    const most = Math.min(this.#options.wanted(), room.free(SMALL));
    if (most < 1) return await this.#rest();
    const askedMs = performance.now();
    const jobs = await this.#ask(SMALL, { most, patienceMs: PATIENCE_MS });
    // Refused at once, where the consumer is not there: no reason to ask without end.
    if (jobs === 0 && performance.now() - askedMs < PATIENCE_MS / 2) await this.#rest();
  }

  async #rest(): Promise<void> {
    await this.#link.pause(PATIENCE_MS);
  }

  /** How many jobs came; the server says when no more are there. */
  #ask(size: JobSize, { most, patienceMs }: { readonly most: number; readonly patienceMs: number }): Promise<number> {
    const { names, times } = this.#link;
    const token = (++this.#count).toString(36);
    return new Promise((resolve) => {
      const question: Question = {
        token,
        left: most,
        end: () => {
          clearTimeout(timer);
          this.#open = null;
          resolve(most - question.left);
        },
      };
      const timer = setTimeout(question.end, patienceMs + times.requestMs);
      this.#open = question;
      const wait = patienceMs === 0 ? { no_wait: true } : { expires: nanos(patienceMs) };
      const subject = `$JS.API.CONSUMER.MSG.NEXT.${names.jobs}.${names.workersOf(size)}`;
      this.#link.publish(subject, encodeJson({ batch: most, ...wait }), { reply: `${this.#inbox}.${token}` });
    });
  }

  #hear(message: Msg): void {
    const open = this.#open;
    if (message.reply?.startsWith("$JS.ACK.") === true) {
      // A job's subject is its own, so it counts for the one question that is open.
      if (open !== null) open.left--;
      this.#options.take(message);
      if (open?.left === 0) open.end();
    } else if (open !== null && message.subject === `${this.#inbox}.${open.token}`) open.end();
  }
}
