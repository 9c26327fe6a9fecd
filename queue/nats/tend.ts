// Keeps streams and consumers there and sound, whatever happens to the server's disk.
//
// Every round makes what is gone anew, checks that the prefix is still this cluster's, and looks
// for consumers that lost sight of their stream. The reports' consumer is then made anew, which
// delivers all that is left. The stream of jobs is made anew itself: most of what a crash leaves in
// it was done, and the coordinator knows what was not.
//
// A stream that is gone is made anew after a moment only: 2.9 removes its files while it already
// says that there is none, and a stream made in that time loses them too and delivers nothing.
import { z } from "zod";
import { UserError } from "../../schema/failure.ts";
import type { Stamp } from "../wire.ts";
import { claimPrefix } from "./identity.ts";
import type { Link } from "./link.ts";
import { BrokerAway, isApiError, messageOf } from "./problems.ts";
import { Soundness } from "./soundness.ts";
import {
  type ConsumerWanted, ensureConsumer, hasStream, jobConsumer, jobsStream, makeStream, ordersStream,
  quarantineStream, removeStream, reportConsumer, reportsStream, type StreamSizes, type StreamWanted,
  unusable,
} from "./streams.ts";

const REMAKE_AFTER_MS = 1_000;
/** Times that the reports' consumer is renewed in a row before its stream is given up. */
const HEALS_MAX = 2;

export interface TenderOptions {
  readonly stamp: Stamp;
  readonly sizes: StreamSizes;
  /** Announces all orders again; called when their stream is new. */
  reannounce(): Promise<void>;
  /** Consumers are new: whoever waits for one should ask it again. */
  renewed(): void;
}

export class Tender {
  readonly #link: Link;
  readonly #options: TenderOptions;
  readonly #soundness: Soundness;
  /** Since when a stream has been found missing. */
  readonly #missing = new Map<string, number>();
  #heals = 0;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #isAgain = false;
  #isFirst = true;

  constructor(link: Link, options: TenderOptions) {
    this.#link = link;
    this.#options = options;
    this.#soundness = new Soundness(link);
  }

  /** The first round, whose errors are the caller's; later rounds then follow by themselves. */
  async start(): Promise<void> {
    try {
      await this.#link.retry(() => this.#round());
    } catch (error) {
      throw isApiError(error) ? unusable(this.#link, error) : error;
    }
    this.#isFirst = false;
    this.#timer = setInterval(() => this.nudge(), this.#link.times.tendMs);
    this.#timer.unref();
    this.#link.onReconnect(() => this.nudge());
  }

  /** Asks for a round now, because something was missed. */
  nudge(): void {
    if (this.#timer === null || !this.#link.isConnected) return;
    this.#isAgain = true;
    this.#running ??= this.#rounds().finally(() => {
      this.#running = null;
    });
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#running;
  }

  async #rounds(): Promise<void> {
    while (this.#isAgain && this.#timer !== null) {
      this.#isAgain = false;
      try {
        await this.#round();
      } catch (error) {
        if (error instanceof UserError) this.#link.fail(error);
        else if (!(error instanceof BrokerAway) && this.#link.isConnected) {
          this.#link.emit({ kind: "trouble", message: messageOf(error) });
        }
      }
    }
  }

  async #round(): Promise<void> {
    const { names, times } = this.#link;
    const { stamp, sizes } = this.#options;
    const orders = await this.#keep(ordersStream(names, sizes));
    if (orders === "missing") return; // workers could not make sense of jobs without them
    const isOldFormat = await claimPrefix(this.#link, stamp);
    if (orders === "made") await this.#options.reannounce();
    await this.#keep(quarantineStream(names, sizes));
    if ((await this.#keep(reportsStream(names, sizes))) !== "missing") {
      await this.#consume(names.reports, reportConsumer(names, times));
    }
    if ((await this.#keep(jobsStream(names, sizes))) !== "missing") {
      if (isOldFormat) await this.#link.api(`STREAM.PURGE.${names.jobs}`, z.unknown());
      await this.#consume(names.jobs, jobConsumer(names, times));
    }
  }

  async #keep(wanted: StreamWanted): Promise<"there" | "made" | "missing"> {
    const { name } = wanted;
    if (await hasStream(this.#link, wanted)) {
      this.#missing.delete(name);
      return "there";
    }
    const nowMs = performance.now();
    const sinceMs = this.#missing.get(name) ?? nowMs;
    this.#missing.set(name, sinceMs);
    const waitMs = this.#isFirst ? 0 : sinceMs + REMAKE_AFTER_MS - nowMs;
    if (waitMs > 0) {
      setTimeout(() => this.nudge(), waitMs + 1).unref();
      return "missing";
    }
    await makeStream(this.#link, wanted);
    this.#missing.delete(name);
    this.#say(name);
    return "made";
  }

  async #consume(stream: string, wanted: ConsumerWanted): Promise<void> {
    const what = `${stream}.${wanted.durable_name}`;
    if (await ensureConsumer(this.#link, stream, wanted)) {
      this.#say(what);
      return this.#options.renewed();
    }
    const isJobs = stream === this.#link.names.jobs;
    const soundness = await this.#soundness.of(stream, wanted.durable_name);
    if (soundness === "sound" && !isJobs) this.#heals = 0;
    if (soundness !== "lost") return;
    this.#link.emit({ kind: "healed", what });
    if (isJobs || ++this.#heals > HEALS_MAX) return await this.renew(stream);
    await this.#link.api(`CONSUMER.DELETE.${what}`, z.unknown());
    await ensureConsumer(this.#link, stream, wanted);
    this.#options.renewed();
  }

  /** Removes a stream, for a later round to make it anew. */
  async renew(stream: string): Promise<void> {
    await removeStream(this.#link, stream);
    this.nudge();
  }

  #say(what: string): void {
    if (!this.#isFirst) this.#link.emit({ kind: "recreated", what });
  }
}
