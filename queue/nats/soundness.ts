// Whether a stream's consumers still see all of it, from what the server says of both.
//
// After a crash a stream may hold again what was acknowledged, or have lost its end, so that the
// consumer is beyond it and skips what comes next; or the consumer delivers nothing at all. Each
// looks like a race for a moment, so only what is the same in several looks counts.
import { z } from "zod";
import type { Link } from "./link.ts";
import { ERROR_CODES, isApiError } from "./problems.ts";
import { ConsumerState, StreamState } from "./streams.ts";

/** A consumer and what it sees of the stream: all, or the subjects that it is filtered by. */
export interface Watched {
  readonly name: string;
  isOf(subject: string): boolean;
}

/** How much of a stream's consumers' messages waits for somebody, and how much is leased. */
export type Counts = ReadonlyMap<string, { readonly waiting: number; readonly leased: number }>;

export interface Look {
  /** "lost" once the stream has looked unsound in LOOKS looks. */
  readonly soundness: "sound" | "suspect" | "lost";
  readonly counts: Counts;
}

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

  /** Looks at a stream all of whose messages are for one of `consumers`. */
  async of(stream: string, consumers: readonly Watched[]): Promise<Look> {
    const { sign, counts } = await this.#signOf(stream, consumers);
    return { soundness: this.#judge(stream, sign), counts };
  }

  #judge(stream: string, sign: string | null): Look["soundness"] {
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

  async #signOf(
    stream: string,
    consumers: readonly Watched[],
  ): Promise<{ sign: string | null; counts: Counts }> {
    const look = () => Promise.all(consumers.map(async (consumer) => {
      const state = await this.#link.api(`CONSUMER.INFO.${stream}.${consumer.name}`, ConsumerState);
      return { consumer, state };
    }));
    const before = await look();
    const { state } = await this.#link.api(`STREAM.INFO.${stream}`, StreamState);
    const after = await look();
    const counts = new Map(after.map((one) =>
      [one.consumer.name, { waiting: one.state.num_pending, leased: one.state.num_ack_pending }]));
    if (state.messages === 0) return { sign: null, counts };
    // The oldest message counts as acknowledged, and is there all the same.
    const passing = before.filter((one) => one.state.ack_floor.stream_seq >= state.first_seq);
    const first = consumers.length === 1 || passing.length === 0 ? null : await this.#subjectAt(stream, state.first_seq);
    if (passing.some(({ consumer }) => consumers.length === 1 || (first !== null && consumer.isOf(first)))) {
      return { sign: `passed ${state.first_seq}`, counts };
    }
    const isSame = (one: ConsumerState, other: ConsumerState | undefined): boolean =>
      one.num_pending === other?.num_pending && one.num_ack_pending === other.num_ack_pending;
    if (!before.every((one, index) => isSame(one.state, after[index]?.state))) return { sign: null, counts };
    // Nobody moved between the looks, and yet there are more messages than the consumers know.
    const known = after.reduce((sum, one) => sum + one.state.num_pending + one.state.num_ack_pending, 0);
    if (state.messages > known) return { sign: `short ${state.first_seq}`, counts };
    // Messages are there, somebody waits for them, and nothing is delivered.
    const deaf = after.find((one, index) =>
      one.state.num_pending > 0 && (before[index]?.state.num_waiting ?? 0) > 0 && one.state.num_waiting > 0);
    return { sign: deaf === undefined ? null : `deaf ${deaf.consumer.name} ${deaf.state.delivered.consumer_seq}`, counts };
  }

  /** The subject of a message; null if it is gone by now. */
  async #subjectAt(stream: string, sequence: number): Promise<string | null> {
    const Found = z.looseObject({ message: z.looseObject({ subject: z.string() }) });
    try {
      return (await this.#link.api(`STREAM.MSG.GET.${stream}`, Found, { seq: sequence })).message.subject;
    } catch (error) {
      if (isApiError(error, ERROR_CODES.noMessage)) return null;
      throw error;
    }
  }
}
