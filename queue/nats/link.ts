// One connection to the broker, kept for ever: what both ends build on.
//
// Invariants: after the first connection nothing but close() or a lasting problem (a permission
// denied, another cluster's broker) ends it; then every call rejects with that reason. A request
// is answered, or rejected with BrokerAway, whatever becomes of the server.
import {
  Events,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  type Status,
  type Subscription,
} from "nats";
import { z } from "zod";
import { UserError } from "../../schema/failure.ts";
import { decodeJson, encodeJson, PAYLOAD_BYTES_MIN } from "../wire.ts";
import { type BackOff, dial, type Dialled } from "./dial.ts";
import { LastMessages, type StoredMessage } from "./last-messages.ts";
import { type Names, namesOf, type Role } from "./names.ts";
import { type Address, addressOf, DEFAULT_TIMES, type NatsOptions, prefixOf } from "./options.ts";
import type { QueueEvent, QueueTimes } from "./options.ts";
import {
  ApiError,
  BrokerAway,
  ERROR_CODES,
  isApiError,
  messageOf,
  notEnabled,
} from "./problems.ts";
import { notPermitted, QueueClosed, unreachable } from "./problems.ts";
import { Requests } from "./requests.ts";

const NOTHING = new Uint8Array();
const RETRY_MS = { first: 50, most: 2_000 };

const ApiAnswer = z.looseObject({
  error: z
    .looseObject({ err_code: z.number().default(0), description: z.string().default("") })
    .optional(),
});

export class Link {
  readonly names: Names;
  readonly times: QueueTimes;
  readonly server: string;
  readonly emit: (event: QueueEvent) => void;
  readonly inboxPrefix: string;
  readonly #connection: NatsConnection;
  readonly #backOff: BackOff;
  readonly #address: Address;
  readonly #requests: Requests;
  readonly #onReconnect = new Set<() => void>();
  readonly #onEnd = new Set<(error: Error) => void>();
  readonly #wakers = new Set<() => void>();
  readonly #last = new LastMessages((call, shape, body) => this.api(call, shape, body));
  #isConnected = true;
  #end: Error | null = null;

  /** Connects and makes sure that JetStream is there. Throws UserError. */
  static async open(options: NatsOptions, role: Role): Promise<Link> {
    const names = namesOf(prefixOf(options));
    const address = addressOf(options);
    const times = { ...DEFAULT_TIMES, ...options.times };
    const inboxPrefix = names.inbox(role);
    const { connectMs } = times;
    const dialled = await dial({ ...options, address, inboxPrefix, connectMs });
    const emit = options.onEvent ?? (() => undefined);
    const link = new Link(dialled, { names, address, times, inboxPrefix, emit });
    try {
      await link.#check();
      return link;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  private constructor(
    { connection, backOff }: Dialled,
    parts: Pick<Link, "names" | "times" | "inboxPrefix" | "emit"> & { readonly address: Address },
  ) {
    this.#connection = connection;
    this.#backOff = backOff;
    this.#address = parts.address;
    this.names = parts.names;
    this.times = parts.times;
    this.server = parts.address.label;
    this.emit = parts.emit;
    this.inboxPrefix = parts.inboxPrefix;
    this.#requests = new Requests(connection, parts.inboxPrefix, parts.times.requestMs);
    this.#watch().catch((error: unknown) => this.fail(new Error(messageOf(error))));
  }

  get isConnected(): boolean {
    return this.#isConnected && this.#end === null;
  }

  /** Bytes that one message may have, headers included. */
  get payloadBytesMax(): number {
    return this.#connection.info?.max_payload ?? PAYLOAD_BYTES_MIN;
  }

  /** Sends without knowing whether it arrived; nothing is sent while disconnected. */
  publish(
    subject: string,
    data: Uint8Array,
    options: { reply?: string; headers?: MsgHdrs } = {},
  ): void {
    if (this.isConnected) this.#connection.publish(subject, data, options);
  }

  subscribe(subject: string, take: (message: Msg) => void): Subscription {
    return this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) take(message);
      },
    });
  }

  /** Resolves once the server has handled all that was sent; at once while disconnected. */
  async flush(): Promise<void> {
    if (this.isConnected) await this.#connection.flush().catch(() => undefined);
  }

  /** One try. Rejects with BrokerAway where no answer came. */
  async request(subject: string, data: Uint8Array, headers: MsgHdrs | null = null): Promise<Msg> {
    this.check();
    if (!this.#isConnected) throw new BrokerAway("disconnected");
    return await this.#requests.send(subject, data, headers);
  }

  /** One call of JetStream's API. Rejects with ApiError where JetStream says no. */
  async api<Value>(call: string, shape: z.ZodType<Value>, body?: object): Promise<Value> {
    const data = body === undefined ? NOTHING : encodeJson(body);
    const answer = await this.request(`$JS.API.${call}`, data);
    return answerOf(call, shape, answer.data);
  }

  /** Stores a message in the stream of its subject. Rejects with ApiError where that says no. */
  async store(subject: string, data: Uint8Array, headers: MsgHdrs | null = null): Promise<void> {
    const answer = await this.request(subject, data, headers);
    answerOf(subject, ApiAnswer, answer.data);
  }

  /** @see LastMessages */
  last(stream: string, subject: string): Promise<StoredMessage | null> {
    return this.#last.on(stream, subject);
  }

  /** Tries until there is an answer of some kind; ends only with the link. */
  async retry<Value>(attempt: () => Promise<Value>): Promise<Value> {
    for (let delayMs = RETRY_MS.first; ; delayMs = Math.min(2 * delayMs, RETRY_MS.most)) {
      this.check();
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof BrokerAway)) throw error;
      }
      // Back after an outage, streams may take a moment to be there: short delays again.
      if (await this.pause(delayMs)) delayMs = RETRY_MS.first;
    }
  }

  /** Waits, but no longer than until `wake`: then it resolves to true. */
  pause(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isWoken: boolean): void => {
        clearTimeout(timer);
        this.#wakers.delete(wake);
        resolve(isWoken);
      };
      const wake = (): void => end(true);
      const timer = setTimeout(() => end(false), ms);
      this.#wakers.add(wake);
    });
  }

  /** Throws the reason if the link has ended. */
  check(): void {
    if (this.#end !== null) throw this.#end;
  }

  /** Ends all pauses: what was waited for may be there. */
  wake(): void {
    for (const wake of this.#wakers) wake();
  }

  onReconnect(action: () => void): void {
    this.#onReconnect.add(action);
  }

  onEnd(action: (error: Error) => void): void {
    this.#onEnd.add(action);
  }

  /** Ends everything with a lasting problem. */
  fail(error: Error): void {
    if (this.#end !== null) return;
    this.#end = error;
    this.#requests.close(error);
    for (const action of this.#onEnd) action(error);
    this.wake();
  }

  async close(): Promise<void> {
    await Promise.race([this.flush(), this.pause(1_000)]);
    this.fail(new QueueClosed());
    await this.#connection.close();
  }

  async #check(): Promise<void> {
    const startedMs = performance.now();
    await this.retry(async () => {
      try {
        await this.api("INFO", ApiAnswer);
      } catch (error) {
        const { notEnabledForAccount, notEnabled: off } = ERROR_CODES;
        const isAbsent = error instanceof BrokerAway && error.isNobody;
        if (isAbsent || isApiError(error, notEnabledForAccount, off)) throw notEnabled(this.server);
        const triedMs = performance.now() - startedMs;
        if (triedMs > this.times.connectMs) throw unreachable(this.server, error, triedMs);
        throw error;
      }
    });
    if (this.payloadBytesMax < PAYLOAD_BYTES_MIN) {
      throw new UserError(
        `${this.server}: max_payload is ${this.payloadBytesMax} bytes and a report needs up to ` +
          `${PAYLOAD_BYTES_MIN}: raise max_payload in the server's configuration`,
      );
    }
  }

  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) this.#heed(status);
  }

  #heed(status: Status): void {
    if (status.type === Events.Disconnect && this.#isConnected) {
      this.#isConnected = false;
      this.#requests.rejectAll(new BrokerAway("disconnected"));
      this.emit({ kind: "disconnected", server: this.server });
    } else if (status.type === Events.Reconnect) {
      this.#isConnected = true;
      this.#last.forget();
      this.#backOff.reset();
      for (const action of this.#onReconnect) action();
      this.wake();
      this.emit({ kind: "reconnected", server: this.server });
    } else if (status.permissionContext !== undefined) {
      const { operation, subject } = status.permissionContext;
      const error = notPermitted(operation, subject, {
        server: this.server,
        credentials: this.#address.credentials,
      });
      // Without a quarantine a bad message is only dropped; anything else cannot be done without.
      if (subject !== this.names.quarantined) this.fail(error);
      else this.emit({ kind: "trouble", message: error.message });
    }
  }
}

function answerOf<Value>(call: string, shape: z.ZodType<Value>, data: Uint8Array): Value {
  const general = decodeJson(ApiAnswer, data);
  if (!general.ok) throw new BrokerAway(`${call}: unintelligible answer: ${general.reason}`);
  const { error } = general.value;
  if (error !== undefined) {
    const refusal = new ApiError(call, error.err_code, error.description);
    const { noMetaLeader, notLeader } = ERROR_CODES;
    throw isApiError(refusal, noMetaLeader, notLeader) ? new BrokerAway(refusal.message) : refusal;
  }
  const value = shape.safeParse(general.value);
  if (!value.success) throw new Error(`${call}: unexpected answer: ${value.error.message}`);
  return value.data;
}
