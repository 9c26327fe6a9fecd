// The coordinator of a cluster: waits until it leads, then runs the database's active studies.
//
// Invariants: only the leader publishes; who loses the lead stops publishing and queues for it
// again. Nothing here ends the process but `stop`, a problem that only a person can mend (a
// UserError), or a bug.
import { type Clock, pause } from "../queue/clock.ts";
import { connectCoordinatorQueue, type NatsOptions, type QueueEvent } from "../queue/nats.ts";
import type { CoordinatorQueue } from "../queue/port.ts";
import { UserError } from "../schema/failure.ts";
import type { Presence } from "../schema/job.ts";
import { CheckpointDrops } from "./checkpoint-drops.ts";
import type { ClusterEvent } from "./cluster-events.ts";
import { Engine } from "./engine.ts";
import { FileOffers } from "./file-offers.ts";
import { isThere } from "./is-there.ts";
import { type Leadership, lead } from "./leader.ts";
import { isAway } from "./store/away.ts";
import type { Committed, Store } from "./store/port.ts";

export interface ClusterOptions {
  readonly store: Store;
  readonly databaseUrl: string;
  readonly nats: Omit<NatsOptions, "onEvent">;
  /** Copies of each stream where the broker is a cluster itself. */
  readonly replicas: number;
  /** Takes the prefix from another database's cluster, which is gone for good. */
  readonly replaceCluster: boolean;
  readonly clock: Clock;
  readonly stop: AbortSignal;
  readonly tell: (event: ClusterEvent) => void;
  readonly onCommit: (committed: Committed) => void;
  /** Told twice a second or so while leading. */
  readonly onLook: (presences: readonly Presence[], published: number) => void;
}

/** Files are looked after this often, and at once when the queue says that it lost something. */
const REFRESH_EVERY_MS = 30_000;
/** Workers that were silent for this long are forgotten. */
const WORKER_KEPT_MS = 7 * 86_400_000;
const FORGET_EVERY_MS = 3_600_000;
const ASK_AGAIN_MS = 1_000;

/** Runs until `stop` aborts. Throws UserError for what a person must mend. */
export async function coordinate(options: ClusterOptions): Promise<void> {
  const { databaseUrl, clock, stop, tell } = options;
  await tryBroker(options);
  while (!stop.aborted) {
    const leadership = await lead(databaseUrl, {
      clock,
      stop,
      onWait: () => tell({ kind: "standby" }),
      onAway: (why) => tell({ kind: "database away", why }),
    });
    if (leadership === null) return;
    try {
      await new Term(options, leadership).run();
    } finally {
      await leadership.release();
    }
    if (!stop.aborted) tell({ kind: "lead lost" });
  }
}

/** What is wrong with the broker is said at the start, not when this coordinator comes to lead. */
async function tryBroker({ nats, store, replicas, replaceCluster, tell }: ClusterOptions): Promise<void> {
  const cluster = await store.cluster();
  const onEvent = (event: QueueEvent): void => tell({ kind: "queue", event });
  const queue = await connectCoordinatorQueue({ ...nats, replicas, replaceCluster, cluster, onEvent });
  await queue.close();
}

/** What is looked after beside the jobs of a term, and the workers that it begins with. */
interface Looked {
  readonly offers: FileOffers;
  readonly drops: CheckpointDrops;
  readonly presencesAtFirst: readonly Presence[];
}

/** One time in the lead. */
class Term {
  readonly #options: ClusterOptions;
  readonly #over = new AbortController();
  readonly #workers = new Map<string, Presence>();
  #forgetAtMs = 0;
  #refresh: () => void = () => {};
  #engine: Engine | null = null;

  constructor(options: ClusterOptions, { lost }: Leadership) {
    this.#options = options;
    for (const signal of [options.stop, lost]) {
      if (signal.aborted) this.#over.abort();
      signal.addEventListener("abort", () => this.#over.abort(), { once: true });
    }
  }

  async run(): Promise<void> {
    const { nats, replicas, store } = this.#options;
    const cluster = await this.#patiently(() => store.cluster());
    if (cluster === null) return;
    const onEvent = (event: QueueEvent): void => this.#heed(event);
    const queue = await this.#insistently(() => connectCoordinatorQueue({ ...nats, replicas, cluster, onEvent }));
    if (queue === null) return;
    try {
      await this.#lead(queue);
    } finally {
      this.#over.abort();
      await queue.close();
    }
  }

  async #lead(queue: CoordinatorQueue): Promise<void> {
    const { store, clock, tell } = this.#options;
    const presencesAtFirst = await this.#patiently(() => recentPresences(store, clock.now()));
    if (presencesAtFirst === null) return;
    const offers = new FileOffers({
      queue,
      files: store.files,
      onMissing: (study, { path, sha256 }) => tell({ kind: "file missing", study, path, sha256 }),
    });
    const drops = new CheckpointDrops({
      queue, store, trouble: (error) => this.#trouble("dropping checkpoints", error),
    });
    const engine = this.#engineFor(queue, { offers, drops, presencesAtFirst });
    this.#engine = engine;
    tell({ kind: "leading" });
    await this.#patiently(() => withdrawIdle(store, queue));
    await Promise.all([
      this.#keepOffered(offers, drops),
      engine.run().finally(() => this.#over.abort()),
    ]);
  }

  #engineFor(queue: CoordinatorQueue, { offers, drops, presencesAtFirst }: Looked): Engine {
    const { store, clock, tell, onCommit } = this.#options;
    return new Engine({
      store,
      queue,
      clock,
      presencesAtFirst,
      untilSettled: false,
      isQueueLasting: true,
      stop: this.#over.signal,
      onCommit: (committed) => {
        drops.settle(committed);
        onCommit(committed);
      },
      onTakeUp: (order) => {
        offers.add(order);
        drops.add(order);
        this.#refresh();
      },
      onLook: (presences, published) => this.#note(presences, published),
      tell: (event) => {
        if (event.kind === "study released" || event.kind === "study complete") {
          offers.remove(event.study).catch((error: unknown) => this.#trouble("taking files back", error));
        }
        if (event.kind === "study complete") drops.complete(event.study);
        if (event.kind === "study released") {
          drops.refresh().catch((error: unknown) => this.#trouble("dropping checkpoints", error));
        }
        tell(event);
      },
    });
  }

  /** Keeps the table of workers, and tells who came and went. */
  async #note(presences: readonly Presence[], published: number): Promise<void> {
    const { store, clock, tell, onLook } = this.#options;
    const there = presences.filter(({ slots }) => slots > 0);
    onLook(there, published);
    const known = new Map(this.#workers);
    this.#workers.clear();
    const heard: Presence[] = [];
    for (const presence of there) {
      const former = known.get(presence.worker);
      if (former === undefined) tell({ kind: "worker joined", presence });
      // An announcement is an object of its own: the same one was not heard again.
      if (former !== presence) heard.push(presence);
      known.delete(presence.worker);
      this.#workers.set(presence.worker, presence);
    }
    for (const goodbye of presences.filter(({ slots }) => slots === 0)) {
      if (!known.delete(goodbye.worker)) continue;
      heard.push(goodbye);
      tell({ kind: "worker left", presence: goodbye });
    }
    for (const presence of known.values()) tell({ kind: "worker lost", presence });
    await store.announce(heard);
    if (clock.now() < this.#forgetAtMs) return;
    this.#forgetAtMs = clock.now() + FORGET_EVERY_MS;
    await store.forgetWorkers(WORKER_KEPT_MS);
  }

  #heed(event: QueueEvent): void {
    this.#options.tell({ kind: "queue", event });
    if (event.kind !== "recreated" && event.kind !== "healed") return;
    this.#engine?.suspectLoss();
    this.#refresh();
  }

  /** Offers files again every while, and drops what cancelled studies left, until the term is over. */
  async #keepOffered(offers: FileOffers, drops: CheckpointDrops): Promise<void> {
    const { clock } = this.#options;
    const over = this.#over.signal;
    while (!over.aborted) {
      const due = new AbortController();
      this.#refresh = () => due.abort();
      await offers.refresh().catch((error: unknown) => this.#trouble("offering files", error));
      await drops.refresh().catch((error: unknown) => this.#trouble("dropping checkpoints", error));
      await pause(clock, REFRESH_EVERY_MS, AbortSignal.any([over, due.signal]));
    }
  }

  #trouble(what: string, error: unknown): void {
    if (this.#over.signal.aborted) return;
    const message = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    this.#options.tell({ kind: "queue", event: { kind: "trouble", message } });
  }

  /** Repeats `connect`, which worked before, whatever is wrong; null once the term is over. */
  async #insistently<Value>(connect: () => Promise<Value>): Promise<Value | null> {
    while (!this.#over.signal.aborted) {
      try {
        return await connect();
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        this.#trouble("connecting", error);
      }
      await pause(this.#options.clock, ASK_AGAIN_MS, this.#over.signal);
    }
    return null;
  }

  /** Repeats `action` while the database is away; null once the term is over. */
  async #patiently<Value>(action: () => Promise<Value>): Promise<Value | null> {
    const { clock, tell } = this.#options;
    while (!this.#over.signal.aborted) {
      try {
        return await action();
      } catch (error) {
        if (!isAway(error)) throw error;
        tell({ kind: "database away", why: error instanceof Error ? error.message : String(error) });
      }
      await pause(clock, ASK_AGAIN_MS, this.#over.signal);
    }
    return null;
  }
}

/** Workers that the coordinator before this one heard of just now. */
async function recentPresences(store: Store, nowMs: number): Promise<Presence[]> {
  return (await store.workers()).filter((row) => isThere(row, nowMs)).map(({ presence }) => presence);
}

/** What was published of studies that were paused or cancelled while nobody led. */
async function withdrawIdle(store: Store, queue: CoordinatorQueue): Promise<void> {
  for (const { key, desired } of await store.agenda()) {
    if (desired === "active") continue;
    const idle = await queue.withdraw(key);
    await store.returnJobs(key, idle.map(({ number }) => number));
  }
}
