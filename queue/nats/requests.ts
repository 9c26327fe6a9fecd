// Requests and their answers over one subscription, without a timer or a stack trace for each.
//
// The client's own `request` costs twice as much, and after a lost connection it waits for its
// timeout; here whatever is open then is rejected at once, so that it can be sent again.
import { createInbox, type Msg, type MsgHdrs, type NatsConnection } from "nats";
import { BrokerAway } from "./problems.ts";

interface Pending {
  readonly subject: string;
  readonly deadlineMs: number;
  readonly resolve: (answer: Msg) => void;
  readonly reject: (error: Error) => void;
}

const SWEEP_EVERY_MS = 200;

export class Requests {
  readonly #connection: NatsConnection;
  readonly #inbox: string;
  readonly #timeoutMs: number;
  readonly #sweeper: NodeJS.Timeout;
  /** By token, oldest first: with one timeout for all, also in order of their deadlines. */
  readonly #open = new Map<string, Pending>();
  #count = 0;

  constructor(connection: NatsConnection, inboxPrefix: string, timeoutMs: number) {
    this.#connection = connection;
    this.#inbox = createInbox(inboxPrefix);
    this.#timeoutMs = timeoutMs;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_EVERY_MS);
    this.#sweeper.unref();
    connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#answer(message);
      },
    });
  }

  /** The answer to one message. Rejects with BrokerAway where none came. */
  send(subject: string, data: Uint8Array, headers: MsgHdrs | null): Promise<Msg> {
    const token = (++this.#count).toString(36);
    const reply = `${this.#inbox}.${token}`;
    return new Promise((resolve, reject) => {
      const deadlineMs = performance.now() + this.#timeoutMs;
      this.#open.set(token, { subject, deadlineMs, resolve, reject });
      try {
        this.#connection.publish(subject, data, headers === null ? { reply } : { reply, headers });
      } catch (error) {
        this.#open.delete(token);
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  rejectAll(error: Error): void {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const { reject } of open) reject(error);
  }

  close(error: Error): void {
    clearInterval(this.#sweeper);
    this.rejectAll(error);
  }

  #answer(message: Msg): void {
    const token = message.subject.slice(this.#inbox.length + 1);
    const pending = this.#open.get(token);
    if (pending === undefined) return;
    this.#open.delete(token);
    if (message.data.length === 0 && message.headers?.code === 503) {
      pending.reject(new BrokerAway(`nobody answers on ${pending.subject}`, true));
    } else {
      pending.resolve(message);
    }
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const [token, { subject, deadlineMs, reject }] of this.#open) {
      if (deadlineMs > nowMs) return;
      this.#open.delete(token);
      reject(new BrokerAway(`no answer on ${subject} within ${this.#timeoutMs} ms`));
    }
  }
}
