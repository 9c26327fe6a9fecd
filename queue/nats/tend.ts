// Keeps streams and consumers there and sound, whatever happens to the server's disk.
//
// Every round makes what is gone anew, checks that the prefix is still this cluster's, and looks
// for consumers that lost sight of their stream. The reports' consumer is then made anew, which
// delivers all that is left. The stream of jobs is made anew itself: most of what a crash leaves
// in it was done, and the coordinator knows what was not.
//
// What is gone is made anew after a moment only: 2.9 removes the files of a stream or consumer
// while it already says that there is none; one made in that time loses its files and is deaf.
import { z } from "zod";
import { UserError } from "../../schema/failure.ts";
import type { Stamp } from "../wire.ts";
import { claimPrefix, isForeign } from "./identity.ts";
import type { Link } from "./link.ts";
import { BrokerAway, isApiError, messageOf } from "./problems.ts";
import { Soundness } from "./soundness.ts";
import {
  checkpointsStream,
  type ConsumerWanted,
  filesStream,
  hasConsumer,
  hasStream,
  jobConsumer,
  jobsStream,
  makeConsumer,
  makeStream,
  ordersStream,
  quarantineStream,
  removeStream,
  reportConsumer,
  reportsStream,
  type StreamSizes,
  type StreamWanted,
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
  /** Since when a stream or consumer has been found missing. */
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

  /** Removes the streams of another cluster, if it is another's that are there. */
  async clearForeign(): Promise<void> {
    const { orders, jobs, reports, files, checkpoints, quarantine } = this.#link.names;
    if (!(await isForeign(this.#link, this.#options.stamp))) return;
    for (const stream of [jobs, reports, orders, files, checkpoints, quarantine])
      await removeStream(this.#link, stream);
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
    if (isOldFormat) await removeStream(this.#link, names.jobs);
    await this.#keep(quarantineStream(names, sizes));
    await this.#keep(filesStream(names, sizes));
    await this.#keep(checkpointsStream(names, sizes));
    await this.#keepWith(reportConsumer(names, times), reportsStream(names, sizes));
    await this.#keepWith(jobConsumer(names, times), jobsStream(names, sizes));
  }

  async #keepWith(consumer: ConsumerWanted, stream: StreamWanted): Promise<void> {
    const kept = await this.#keep(stream);
    if (kept === "missing") return;
    // A stream that is new has no consumer that could still be on its way out.
    const what = `${stream.name}.${consumer.durable_name}`;
    if (kept === "made") this.#missing.set(what, Number.NEGATIVE_INFINITY);
    await this.#consume(stream.name, consumer);
  }

  async #keep(wanted: StreamWanted): Promise<"there" | "made" | "missing"> {
    const { name } = wanted;
    if (await hasStream(this.#link, wanted)) {
      this.#missing.delete(name);
      return "there";
    }
    if (!this.#isTimeToMake(name)) return "missing";
    await makeStream(this.#link, wanted);
    this.#say(name);
    return "made";
  }

  async #consume(stream: string, wanted: ConsumerWanted): Promise<void> {
    const what = `${stream}.${wanted.durable_name}`;
    if (await hasConsumer(this.#link, stream, wanted)) {
      this.#missing.delete(what);
      return await this.#examine(stream, wanted);
    }
    if (!this.#isTimeToMake(what)) return;
    await makeConsumer(this.#link, stream, wanted);
    this.#say(what);
    this.#options.renewed();
  }

  async #examine(stream: string, wanted: ConsumerWanted): Promise<void> {
    const what = `${stream}.${wanted.durable_name}`;
    const isJobs = stream === this.#link.names.jobs;
    const soundness = await this.#soundness.of(stream, wanted.durable_name);
    if (soundness === "sound" && !isJobs) this.#heals = 0;
    if (soundness !== "lost") return;
    this.#link.emit({ kind: "healed", what });
    if (isJobs || ++this.#heals > HEALS_MAX) return await this.renew(stream);
    await this.#link.api(`CONSUMER.DELETE.${what}`, z.unknown());
    await makeConsumer(this.#link, stream, wanted);
    this.#options.renewed();
  }

  /** Whether what is missing has been so for long enough, or nothing was there before. */
  #isTimeToMake(what: string): boolean {
    const nowMs = performance.now();
    const sinceMs = this.#missing.get(what) ?? nowMs;
    const waitMs = this.#isFirst ? 0 : sinceMs + REMAKE_AFTER_MS - nowMs;
    if (waitMs <= 0) return this.#missing.delete(what) || true;
    if (!this.#missing.has(what)) setTimeout(() => this.nudge(), waitMs + 1).unref();
    this.#missing.set(what, sinceMs);
    return false;
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
