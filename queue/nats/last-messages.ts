// The last message on a subject of a stream.
//
// From the stream's leader and not by a direct get, which may be stale, and which 2.9 leaves
// unanswered where there is no stream. nats-server 2.9 panics where a message is asked of a stream
// that is being made, so a stream is first asked what it holds, once for each connection.
import { z } from "zod";
import { BrokerAway, ERROR_CODES, isApiError } from "./problems.ts";

const Found = z.looseObject({
  message: z.looseObject({
    seq: z.int().positive(),
    hdrs: z.base64().default(""),
    data: z.base64().default(""),
  }),
});

const Held = z.looseObject({ state: z.looseObject({ messages: z.int().nonnegative() }) });

export interface StoredMessage {
  readonly sequence: number;
  /** As in the protocol: a line each, after a first one that names the version. */
  readonly headers: string;
  readonly data: Uint8Array;
}

/** One call of JetStream's API. */
type Api = <Value>(call: string, shape: z.ZodType<Value>, body?: object) => Promise<Value>;

export class LastMessages {
  readonly #api: Api;
  /** Streams that were seen to hold messages. */
  readonly #holding = new Set<string>();

  constructor(api: Api) {
    this.#api = api;
  }

  /** Null where there is none. Rejects with BrokerAway where there is no stream. */
  async on(stream: string, subject: string): Promise<StoredMessage | null> {
    try {
      if (!(await this.#holds(stream))) return null;
      const { message } = await this.#api(`STREAM.MSG.GET.${stream}`, Found, { last_by_subj: subject });
      return {
        sequence: message.seq,
        headers: Buffer.from(message.hdrs, "base64").toString(),
        data: Buffer.from(message.data, "base64"),
      };
    } catch (error) {
      if (isApiError(error, ERROR_CODES.noMessage)) return null;
      if (isApiError(error, ERROR_CODES.streamNotFound)) throw new BrokerAway(error.message, true);
      throw error;
    }
  }

  /** For a new connection: streams may be made anew. */
  forget(): void {
    this.#holding.clear();
  }

  async #holds(stream: string): Promise<boolean> {
    if (this.#holding.has(stream)) return true;
    const { state } = await this.#api(`STREAM.INFO.${stream}`, Held);
    if (state.messages > 0) this.#holding.add(stream);
    return state.messages > 0;
  }
}
