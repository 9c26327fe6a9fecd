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
import { type JobSize, SMALL } from "../../schema/demand.ts";
import type { Sizes } from "./sizes.ts";
import { type Look, Soundness, type Watched } from "./soundness.ts";
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
  readonly limits: StreamSizes;
  /** Of jobs: each has a consumer, and is told how many jobs there are. */
  readonly sizes: Sizes;
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
  /** Consumers that were looked for. */
  readonly #seen = new Set<string>();
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
    const { stamp, limits } = this.#options;
    const orders = await this.#keep(ordersStream(names, limits));
    if (orders === "missing") return; // workers could not make sense of jobs without them
    const isOldFormat = await claimPrefix(this.#link, stamp);
    if (orders === "made") await this.#options.reannounce();
    if (isOldFormat) {
      await removeStream(this.#link, names.jobs);
      await this.#link.pause(REMAKE_AFTER_MS);
    }
    await this.#keep(quarantineStream(names, limits));
    await this.#keep(filesStream(names, limits));
    await this.#keep(checkpointsStream(names, limits));
    await this.#keepWith(reportsStream(names, limits), [reportConsumer(names, times)]);
    const sizes: readonly JobSize[] = [SMALL, ...this.#options.sizes.known];
    await this.#keepWith(jobsStream(names, limits), sizes.map((size) => jobConsumer(names, times, size)));
  }

  async #keepWith(stream: StreamWanted, consumers: readonly ConsumerWanted[]): Promise<void> {
    const kept = await this.#keep(stream);
    if (kept === "missing") return;
    const made: ConsumerWanted[] = [];
    let areThere = true;
    for (const consumer of consumers) {
      const what = `${stream.name}.${consumer.durable_name}`;
      const isNew = !this.#seen.has(what);
      this.#seen.add(what);
      // One that never was, or whose stream is new, has no namesake that could be on its way out.
      if (kept === "made" || isNew) this.#missing.set(what, Number.NEGATIVE_INFINITY);
      const found = await this.#consume(stream.name, consumer);
      if (found !== "there") areThere = false;
      if (found === "made") made.push(consumer);
      if (found === "made" && !isNew) this.#say(what);
    }
    // Requests stay open at the first one only, see search.ts.
    if (consumers[0] !== undefined && made.includes(consumers[0])) this.#options.renewed();
    if (areThere) await this.#examine(stream.name, consumers);
    else if (made.length > 0) this.nudge();
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

  async #consume(stream: string, wanted: ConsumerWanted): Promise<"there" | "made" | "missing"> {
    const what = `${stream}.${wanted.durable_name}`;
    const found = await hasConsumer(this.#link, stream, wanted);
    if (found === "there") {
      this.#missing.delete(what);
      return "there";
    }
    if (found === "removed") this.#missing.set(what, performance.now());
    if (found === "removed" && this.#isFirst) await this.#link.pause(REMAKE_AFTER_MS);
    if (!this.#isTimeToMake(what)) return "missing";
    await makeConsumer(this.#link, stream, wanted);
    return "made";
  }

  async #examine(stream: string, consumers: readonly ConsumerWanted[]): Promise<void> {
    const isJobs = stream === this.#link.names.jobs;
    const lookMs = performance.now();
    const { soundness, counts } = await this.#soundness.of(stream, consumers.map(watched));
    if (isJobs) this.#count(counts, lookMs);
    if (soundness === "sound" && !isJobs) this.#heals = 0;
    if (soundness !== "lost") return;
    const [first] = consumers;
    this.#link.emit({ kind: "healed", what: `${stream}.${first?.durable_name ?? ""}` });
    if (first === undefined || isJobs || ++this.#heals > HEALS_MAX) return await this.renew(stream);
    await this.#link.api(`CONSUMER.DELETE.${stream}.${first.durable_name}`, z.unknown());
    await makeConsumer(this.#link, stream, first);
    this.#options.renewed();
  }

  #count(counts: Look["counts"], lookMs: number): void {
    const { sizes } = this.#options;
    sizes.counted(new Map(sizes.known.flatMap((size) => {
      const count = counts.get(this.#link.names.workersOf(size));
      return count === undefined ? [] : [[size, count] as const];
    })), lookMs);
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

/** Filters end in wildcards for study and number; a consumer without one sees all. */
function watched({ durable_name, filter_subject = "" }: ConsumerWanted): Watched {
  const start = filter_subject.replace(/\*\.\*$/, "");
  return { name: durable_name, isOf: (subject) => subject.startsWith(start) };
}
