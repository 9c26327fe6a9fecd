// Whether a consumer still sees its stream, from what the server says of both.
//
// After a crash a stream may hold again what was acknowledged, or have lost its end, so that the
// consumer is beyond it and skips what comes next; or the consumer delivers nothing at all. Each
// looks like a race for a moment, so only what is the same in several looks counts.
import type { Link } from "./link.ts";
import { ConsumerState, StreamState } from "./streams.ts";

/** Looks in a row that must agree, the coordinator's tendMs or more apart. */
const LOOKS = 3;

interface Suspicion {
  /** What must stay the same for the suspicion to last. */
  readonly sign: string;
  readonly looks: number;
  readonly atMs: number;
}

export class Soundness {
  readonly #link: Link;
  readonly #suspicions = new Map<string, Suspicion>();

  constructor(link: Link) {
    this.#link = link;
  }

  /** "lost" once `consumer` of `stream` has looked unsound in LOOKS looks. */
  async of(stream: string, consumer: string): Promise<"sound" | "suspect" | "lost"> {
    const sign = await this.#signOf(stream, consumer);
    const former = this.#suspicions.get(stream);
    const nowMs = performance.now();
    if (sign === null) {
      this.#suspicions.delete(stream);
      return "sound";
    }
    if (former?.sign !== sign) {
      this.#suspicions.set(stream, { sign, looks: 1, atMs: nowMs });
      return "suspect";
    }
    if (nowMs - former.atMs < this.#link.times.tendMs * 0.9) return "suspect";
    const looks = former.looks + 1;
    this.#suspicions.set(stream, { sign, looks, atMs: nowMs });
    if (looks < LOOKS) return "suspect";
    this.#suspicions.delete(stream);
    return "lost";
  }

  async #signOf(stream: string, consumer: string): Promise<string | null> {
    const look = () => this.#link.api(`CONSUMER.INFO.${stream}.${consumer}`, ConsumerState);
    const before = await look();
    const { state } = await this.#link.api(`STREAM.INFO.${stream}`, StreamState);
    const after = await look();
    if (state.messages === 0) return null;
    // The oldest message counts as acknowledged, and is there all the same.
    if (before.ack_floor.stream_seq >= state.first_seq) return `passed ${state.first_seq}`;
    if (before.num_pending !== after.num_pending) return null;
    if (before.num_ack_pending !== after.num_ack_pending) return null;
    // Nobody moved between the looks, and yet there are more messages than the consumer knows.
    if (state.messages > after.num_pending + after.num_ack_pending)
      return `short ${state.first_seq}`;
    // Messages are there, somebody waits for them, and nothing is delivered.
    const isDeaf = after.num_pending > 0 && before.num_waiting > 0 && after.num_waiting > 0;
    return isDeaf ? `deaf ${after.delivered.consumer_seq}` : null;
  }
}
