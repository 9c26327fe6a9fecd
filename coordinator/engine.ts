// Drives studies through a queue: publishes a bounded window of jobs, stores what comes back.
//
// The database decides what is done. Order: rows and job state in one transaction, then the queue
// is told. Every step costs O(batch), never O(study). While the database is away nothing is lost:
// reports stay in the queue, and the engine tries again.
//
// Invariant: what this process takes for published is what the database calls queued, except while
// an answer of the database is lost; then, and every RECONCILE_EVERY_MS anyhow, it is read again.
import { type Clock, pause } from "../queue/clock.ts";
import type { CoordinatorQueue, Received } from "../queue/port.ts";
import type { Attempt, Job, Presence, StudyKey, StudyOrder } from "../schema/job.ts";
import type { EngineEvent } from "./events.ts";
import { JobCosts } from "./job-costs.ts";
import { Reach } from "./reach.ts";
import { FairTurns, weightOf } from "./share.ts";
import { isAway } from "./store/away.ts";
import type { AgendaItem, Committed, Store } from "./store/port.ts";
import { PublishedJobs, Window } from "./window.ts";

/** Reports stored in one transaction. */
const REPORTS_MAX = 2_000;
/** How often changes by others are looked for: new studies, pauses, lost jobs, ended back-offs. */
const LOOK_EVERY_MS = 500;
const RECONCILE_EVERY_MS = 15_000;
/** How long reports of a former coordinator may keep jobs of its time from being published again. */
const OWED_MS = 3_000;
const RETRY_MS = { first: 250, most: 10_000 };

export interface EngineOptions {
  readonly store: Store;
  readonly queue: CoordinatorQueue;
  readonly clock: Clock;
  /** The one study to run; absent: all that are active. */
  readonly only?: StudyKey;
  /** Whether to return once no job is left, or to wait for more. */
  readonly untilSettled: boolean;
  /** Whether the queue may hold what an earlier process published. */
  readonly isQueueLasting: boolean;
  /** Whether jobs that fit no worker wait for one, as by default; else they are tried, and fail. */
  readonly mayWorkersJoin?: boolean;
  /** Workers that are there, as far as is known before any of them was heard. */
  readonly presencesAtFirst?: readonly Presence[];
  /** Stops; with `untilSettled`, after what is reported already is stored. */
  readonly stop: AbortSignal;
  readonly onCommit?: (committed: Committed) => void;
  /** Told who is there, about twice a second. */
  readonly onLook?: (presences: readonly Presence[], published: number) => Promise<void>;
  /** A study's order, before any of its jobs is published. */
  readonly onTakeUp?: (order: StudyOrder) => void;
  readonly tell: (event: EngineEvent) => void;
}

export class Engine {
  readonly #options: EngineOptions;
  /** Names of the studies that run. */
  readonly #active = new Map<StudyKey, string>();
  readonly #published = new PublishedJobs();
  readonly #turns = new FairTurns<StudyKey>();
  readonly #costs = new JobCosts();
  readonly #window: Window;
  readonly #reach: Reach;
  /** Studies whose last take found nothing planned; asked again after a look. */
  readonly #dry = new Set<StudyKey>();
  /** Jobs of a former coordinator, to be published again once its reports are in. */
  #owed: { jobs: Job[]; untilMs: number } = { jobs: [], untilMs: 0 };
  #lookAtMs = 0;
  #reconcileAtMs = 0;
  #isSettled = false;
  #isAway = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { clock, presencesAtFirst = [] } = options;
    this.#window = new Window(presencesAtFirst.reduce((sum, { slots }) => sum + slots, 0), clock.now());
    this.#reach = new Reach(clock.now(), presencesAtFirst);
  }

  /** Jobs that are published and not settled. */
  get published(): number {
    return this.#published.size;
  }

  /** The queue lost what it held: publish all again at the next look. */
  suspectLoss(): void {
    this.#owed = { jobs: this.#published.all(), untilMs: 0 };
    this.#lookAtMs = 0;
  }

  /** Runs until `stop` aborts, or, with `untilSettled`, until each job is done or dead. */
  async run(): Promise<void> {
    const { clock, stop, untilSettled } = this.#options;
    this.#reconcileAtMs = clock.now() + RECONCILE_EVERY_MS;
    for (;;) {
      if (stop.aborted && !untilSettled) return;
      if (clock.now() >= this.#lookAtMs && !stop.aborted) {
        await this.#patiently(() => this.#look());
        this.#lookAtMs = clock.now() + LOOK_EVERY_MS;
      }
      if (this.#isSettled) return;
      await this.#patiently(() => this.#fill());
      const received = await this.#receive();
      if (received.length > 0) {
        if (!(await this.#collect(received))) return;
      } else {
        this.#owed.untilMs = 0;
        if (stop.aborted) return;
      }
      await this.#publishOwed();
      if (this.#published.size === 0) this.#lookAtMs = 0; // perhaps that was all
    }
  }

  /** Takes up what others changed: studies that came, went, or got another priority. */
  async #look(): Promise<void> {
    const { store, queue, clock, only, untilSettled, onLook, tell } = this.#options;
    const agenda = (await store.agenda()).filter(({ key }) => only === undefined || key === only);
    const presences = await queue.presences();
    const wanted = new Map(agenda
      .filter(({ key, desired, isOpen }) => desired === "active" && (isOpen || this.#published.sizeOf(key) > 0))
      .map((item) => [item.key, item]));
    for (const key of this.#active.keys()) {
      if (!wanted.has(key)) await this.#leave(key, agenda.find((item) => item.key === key));
    }
    for (const [key, { priority }] of wanted) {
      if (!this.#active.has(key)) await this.#takeUp(key);
      this.#turns.set(key, weightOf(priority));
    }
    this.#dry.clear();
    this.#window.see(presences, clock.now());
    for (const event of this.#reach.see(presences, clock.now())) tell(event);
    if (clock.now() >= this.#reconcileAtMs) await this.#reconcile();
    this.#republish(this.#published.lost(presences, clock.now(), (key, presence) => this.#reach.isFreeFor(key, presence)), "slots are free and nothing comes in");
    await this.#publishOwed();
    await onLook?.(presences, this.#published.size);
    this.#isSettled = untilSettled && wanted.size === 0 && this.#published.size === 0;
  }

  async #takeUp(key: StudyKey): Promise<void> {
    const { store, queue, clock, isQueueLasting, mayWorkersJoin = true, tell, onTakeUp } = this.#options;
    const stored = await store.study(key);
    if (stored === null) return;
    await queue.announce(stored.order);
    if (mayWorkersJoin) this.#reach.add(stored.order);
    onTakeUp?.(stored.order);
    if (isQueueLasting) {
      const queued = await store.queued(key);
      this.#published.add(queued, clock.now());
      this.#owe(queued);
    } else {
      await store.resetQueued(key);
    }
    const { name } = stored.order.spec;
    this.#active.set(key, name);
    tell({ kind: "study taken up", study: key, name });
  }

  async #leave(key: StudyKey, item: AgendaItem | undefined): Promise<void> {
    const { store, queue, tell } = this.#options;
    const name = this.#active.get(key) ?? "";
    const isPaused = item !== undefined && item.desired !== "active";
    if (isPaused) {
      // What runs stays published, is finished and stored, and is not run again by a resume.
      const idle = await queue.withdraw(key);
      await store.returnJobs(key, idle.map(({ number }) => number));
    }
    this.#published.drop(key);
    this.#active.delete(key);
    this.#reach.remove(key);
    this.#turns.remove(key);
    if (isPaused) tell({ kind: "study released", study: key, name });
    else if (item === undefined) tell({ kind: "study complete", study: key, name });
  }

  /** Reads again which jobs are queued: an answer that was lost may have changed that. */
  async #reconcile(): Promise<void> {
    const { store, clock } = this.#options;
    for (const key of this.#active.keys()) {
      this.#owe(this.#published.reconcile(key, await store.queued(key), clock.now()));
    }
    this.#reconcileAtMs = clock.now() + RECONCILE_EVERY_MS;
  }

  #owe(jobs: readonly Job[]): void {
    if (jobs.length === 0) return;
    this.#owed.jobs.push(...jobs);
    this.#owed.untilMs = this.#options.clock.now() + OWED_MS;
  }

  /** Publishes again, unless it was settled in the meantime, what may be neither waiting nor run. */
  async #publishOwed(): Promise<void> {
    const { queue, clock } = this.#options;
    const { jobs, untilMs } = this.#owed;
    if (jobs.length === 0 || clock.now() < untilMs) return;
    this.#owed = { jobs: [], untilMs: 0 };
    const open = jobs.filter((job) => this.#published.has(job));
    if (open.length > 0) await queue.publish(open);
  }

  #republish(jobs: readonly Job[], why: string): void {
    if (jobs.length === 0) return;
    this.#options.tell({ kind: "republished", jobs: jobs.length, why });
    this.#published.add(jobs, this.#options.clock.now());
    this.#owed.jobs.push(...jobs);
    this.#owed.untilMs = 0;
  }

  /** Fills the window in fair turns, some jobs of one study at a time. */
  async #fill(): Promise<void> {
    const { store, queue, clock, stop } = this.#options;
    const most = (study: StudyKey): number => this.#reach.most(study);
    // What nobody can take at present is in nobody's way.
    if (this.#published.within(most) >= Math.max(1, this.#window.refillBelow)) return;
    while (!stop.aborted) {
      const used = this.#published.within(most);
      if (used >= this.#window.jobs) return;
      const waiting = [...this.#active.keys()].filter((one) =>
        !this.#dry.has(one) && this.#published.sizeOf(one) < most(one));
      const key = this.#turns.next(waiting);
      if (key === undefined) return;
      const room = Math.min(this.#window.jobs - used, most(key) - this.#published.sizeOf(key));
      // Several turns to a window, so that the jobs of studies mix and none waits for another's many.
      const share = waiting.length === 1 ? room : Math.ceil((room * this.#turns.shareOf(key, waiting)) / 2);
      const jobs = await store.takePlanned(key, share);
      this.#turns.charge(key, jobs.length * this.#costs.of(key));
      if (jobs.length < share) this.#dry.add(key);
      this.#published.add(jobs, clock.now());
      if (jobs.length > 0) await queue.publish(jobs);
    }
  }

  /** Stores reports; false once stopped while the database is away. */
  async #collect(received: readonly Received[]): Promise<boolean> {
    const { store, clock, tell, onCommit } = this.#options;
    const reports = received.map(({ report }) => report);
    const committed = await this.#patiently(() => store.commit(reports));
    if (committed === undefined) {
      // Interrupted while the database was away: the queue keeps them for the next start.
      await Promise.all(received.map((one) => one.refuse()));
      return false;
    }
    const { finished, dead, replanned, rejected, conflicts } = committed;
    const settled = this.#published.settle([...finished, ...dead, ...replanned]);
    this.#window.settle(settled, clock.now());
    this.#tellAttempts(reports.flatMap(({ attempt }) => attempt ?? []), dead);
    for (const { report: { job }, why } of rejected) {
      tell({ kind: "report rejected", study: job.study, job: job.number, why });
    }
    if (conflicts > 0) tell({ kind: "conflict", rows: conflicts });
    await Promise.all(received.map((one) => one.accept()));
    onCommit?.(committed);
    return true;
  }

  #tellAttempts(attempts: readonly Attempt[], dead: readonly Job[]): void {
    const isDead = (job: Job): boolean => dead.some(({ study, number }) => study === job.study && number === job.number);
    for (const attempt of attempts) {
      this.#costs.learn(attempt);
      this.#options.tell({ kind: "attempt", attempt, isDead: dead.length > 0 && isDead(attempt.job) });
    }
  }

  /** Reports, or [] when there are none for a while or `stop` aborts. */
  async #receive(): Promise<readonly Received[]> {
    const { queue, clock, stop } = this.#options;
    const timer = new AbortController();
    const end = (): void => timer.abort();
    const cancel = clock.after(LOOK_EVERY_MS, end);
    stop.addEventListener("abort", end, { once: true });
    if (stop.aborted) end();
    try {
      return await queue.receive(REPORTS_MAX, timer.signal);
    } finally {
      cancel();
      stop.removeEventListener("abort", end);
    }
  }

  /** Repeats `action` while the database is away; undefined once stopped. */
  async #patiently<T>(action: () => Promise<T>): Promise<T | undefined> {
    const { clock, stop, tell } = this.#options;
    for (let pauseMs = RETRY_MS.first; ; pauseMs = Math.min(RETRY_MS.most, 2 * pauseMs)) {
      try {
        const result = await action();
        if (this.#isAway) tell({ kind: "database back" });
        this.#isAway = false;
        return result;
      } catch (error) {
        if (!isAway(error)) throw error;
        // What was asked may have been done all the same.
        this.#reconcileAtMs = 0;
        this.#lookAtMs = 0;
        if (stop.aborted) return undefined;
        if (!this.#isAway) tell({ kind: "database away", why: error instanceof Error ? error.message : String(error) });
        this.#isAway = true;
        await pause(clock, pauseMs, stop);
      }
    }
  }
}
