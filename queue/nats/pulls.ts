// Requests for messages of one consumer, kept open for exactly as many as are wanted.
//
// Invariants: the messages asked for and not yet come are never more than `wanted()` said when
// they were asked for, so nothing waits in this process without somebody waiting for it; a request
// that the server lost, ended or never got is made again. Requests are alike, so a message counts
// against the oldest; a deadline corrects that count.
import { createInbox, nanos, type Msg, type Subscription } from "nats";
import { encodeJson } from "../wire.ts";
import type { Link } from "./link.ts";

export interface PullOptions {
  readonly stream: string;
  readonly consumer: string;
  /** Messages of one request. */
  readonly batchMax: number;
  /** Bytes of one request; null for no limit. */
  readonly bytesMax: number | null;
  /** Messages wanted now, those asked for already included. */
  wanted(): number;
  take(message: Msg): void;
  /** The consumer or its stream is not there; called once per failed request. */
  missed(): void;
}

interface Pull {
  left: number;
  readonly deadlineMs: number;
}

const BACK_OFF_MS = { first: 50, most: 2_000 };
/** How much later than the server the client thinks that a request has ended. */
const SLACK_MS = 2_000;
/** Ends of a request that are nothing to worry about, by status code and a part of the text. */
const USUAL_ENDS = [/^404/, /^408/, /^409 .*maxbytes/i];

export class Pulls {
  readonly #link: Link;
  readonly #options: PullOptions;
  readonly #subject: string;
  #inbox: string;
  #subscription: Subscription;
  readonly #open = new Map<string, Pull>();
  readonly #sweeper: NodeJS.Timeout;
  #count = 0;
  #failures = 0;
  #backOff: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(link: Link, options: PullOptions) {
    this.#link = link;
    this.#options = options;
    this.#subject = `$JS.API.CONSUMER.MSG.NEXT.${options.stream}.${options.consumer}`;
    this.#inbox = createInbox(link.inboxPrefix);
    this.#subscription = link.subscribe(`${this.#inbox}.*`, (message) => this.#take(message));
    this.#sweeper = setInterval(() => this.#sweep(), 500);
    this.#sweeper.unref();
    link.onReconnect(() => this.reset());
  }

  /**
   * Asks anew, because what was asked may be lost: of a former connection, or of a consumer that
   * was not there (2.9 leaves that unanswered). What still comes of it is taken.
   */
  reset(): void {
    this.#open.clear();
    this.#failures = 0;
    this.update();
  }

  /** To be called whenever `wanted()` grew. */
  update(): void {
    if (this.#isClosed || this.#backOff !== null || !this.#link.isConnected) return;
    const wanted = this.#options.wanted();
    const { asked } = this;
    // Of large requests rather one than many that ask for a few.
    if (this.#options.batchMax > 1 && asked > wanted / 2) return;
    let missing = wanted - asked;
    while (missing > 0) {
      const batch = Math.min(missing, this.#options.batchMax);
      this.#ask(batch);
      missing -= batch;
    }
  }

  /** Messages asked for that have neither come nor been refused. */
  get asked(): number {
    let asked = 0;
    for (const { left } of this.#open.values()) asked += left;
    return asked;
  }

  /**
   * Takes back what is asked for; what comes of it in the meantime is taken. The server drops a
   * request when nobody listens for its answer any more.
   */
  async recall(): Promise<void> {
    if (this.#isClosed || !this.#link.isConnected) return;
    const former = this.#subscription;
    const recalled = [...this.#open.keys()];
    this.#inbox = createInbox(this.#link.inboxPrefix);
    this.#subscription = this.#link.subscribe(`${this.#inbox}.*`, (message) => this.#take(message));
    await Promise.race([former.drain(), this.#link.pause(1_000)]);
    for (const token of recalled) this.#open.delete(token);
  }

  /** Ends asking; what is under way still reaches `take` before this resolves. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    if (this.#backOff !== null) clearTimeout(this.#backOff);
    if (this.#link.isConnected) {
      await Promise.race([this.#subscription.drain(), this.#link.pause(1_000)]);
    }
  }

  #ask(batch: number): void {
    const { bytesMax } = this.#options;
    const expiresMs = this.#link.times.pullMs;
    const token = (++this.#count).toString(36);
    this.#open.set(token, { left: batch, deadlineMs: performance.now() + expiresMs + SLACK_MS });
    const limit = bytesMax === null ? {} : { max_bytes: bytesMax };
    const request = encodeJson({ batch, expires: nanos(expiresMs), ...limit });
    this.#link.publish(this.#subject, request, { reply: `${this.#inbox}.${token}` });
  }

  #take(message: Msg): void {
    if (message.reply?.startsWith("$JS.ACK.") === true) {
      this.#failures = 0;
      this.#countOne();
      this.#options.take(message);
    } else {
      this.#end(message.subject.slice(this.#inbox.length + 1), message);
    }
    this.update();
  }

  #countOne(): void {
    for (const [token, pull] of this.#open) {
      pull.left--;
      if (pull.left === 0) this.#open.delete(token);
      return;
    }
  }

  #end(token: string, { headers }: Msg): void {
    this.#open.delete(token);
    const status = `${headers?.code ?? 0} ${headers?.description ?? ""}`;
    if (USUAL_ENDS.some((end) => end.test(status))) return;
    const delayMs = Math.min(BACK_OFF_MS.first * 2 ** this.#failures++, BACK_OFF_MS.most);
    this.#backOff ??= setTimeout(() => {
      this.#backOff = null;
      this.update();
    }, delayMs);
    this.#options.missed();
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const [token, { deadlineMs }] of this.#open) {
      if (deadlineMs <= nowMs) this.#open.delete(token);
    }
    this.update();
  }
}
