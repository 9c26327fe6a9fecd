// Progress as server-sent events: small deltas, resumable, and one look at the database for all.
//
// Event ids are `boot.sequence`. A reader that comes back with one gets what it missed, or, after
// a restart or a long absence, a snapshot of everything. Nobody watching: nothing is asked.
import type { Progress } from "../../schema/api.ts";
import type { StudyKey } from "../../schema/job.ts";
import type { Clock } from "../../queue/clock.ts";
import type { Store } from "../store/port.ts";
import type { ProgressReader } from "./progress.ts";

const TICK_MS = 1_000;
/** A finished study can still change: a retry, a deletion. */
const FINISHED_EVERY_TICKS = 5;
const REMEMBERED_EVENTS = 500;

export interface HubEvent {
  readonly id: string;
  readonly event: "snapshot" | "progress" | "gone" | "trouble";
  readonly data: string;
}
type Listener = (event: HubEvent) => void;

export interface HubOptions {
  readonly store: Store;
  readonly progress: ProgressReader;
  readonly clock: Clock;
  readonly boot: string;
}

export class EventHub {
  readonly #options: HubOptions;
  readonly #listeners = new Set<Listener>();
  readonly #known = new Map<StudyKey, Progress>();
  #memory: HubEvent[] = [];
  #sequence = 0;
  #ticks = 0;
  #cancel: (() => void) | null = null;
  #isTicking = false;
  #inTrouble = false;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Events from `lastId` on go to `listener`, until the returned function is called. */
  async subscribe(lastId: string | undefined, listener: Listener): Promise<() => void> {
    const missed = lastId === undefined ? null : this.#since(lastId);
    if (missed === null || this.#listeners.size === 0) await this.#look(true).catch(() => {});
    if (missed === null) listener(this.#snapshot());
    else for (const event of this.#since(lastId ?? "") ?? []) listener(event);
    this.#listeners.add(listener);
    this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop();
    };
  }

  close(): void {
    this.#listeners.clear();
    this.#stop();
  }

  #since(lastId: string): HubEvent[] | null {
    const [boot, digits] = lastId.split(".");
    const from = Number(digits);
    const oldest = this.#sequence - this.#memory.length;
    if (boot !== this.#options.boot || !(from >= oldest && from <= this.#sequence)) return null;
    return this.#memory.slice(from - oldest);
  }

  #snapshot(): HubEvent {
    const data = { boot: this.#options.boot, studies: [...this.#known.values()] };
    return { id: this.#idNow(), event: "snapshot", data: JSON.stringify(data) };
  }

  #idNow(): string {
    return `${this.#options.boot}.${this.#sequence}`;
  }

  #start(): void {
    if (this.#cancel !== null) return;
    this.#cancel = this.#options.clock.after(TICK_MS, () => {
      this.#cancel = null;
      this.#tick().finally(() => {
        if (this.#listeners.size > 0) this.#start();
      }).catch(() => {});
    });
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  async #tick(): Promise<void> {
    if (this.#isTicking) return;
    this.#isTicking = true;
    try {
      await this.#look(this.#ticks++ % FINISHED_EVERY_TICKS === 0);
      this.#inTrouble = false;
    } catch {
      // The page shows that its numbers are old; what is wrong stands in the server's log.
      if (!this.#inTrouble) this.#tell("trouble", { detail: "the database does not answer" });
      this.#inTrouble = true;
    } finally {
      this.#isTicking = false;
    }
  }

  async #look(withFinished: boolean): Promise<void> {
    const studies = await this.#options.store.studies();
    const keys = new Set(studies.map(({ order }) => order.key));
    for (const key of this.#known.keys()) {
      if (keys.has(key)) continue;
      this.#known.delete(key);
      this.#tell("gone", { key });
    }
    for (const stored of studies) {
      const { key } = stored.order;
      const before = this.#known.get(key);
      if (before?.isFinished === true && !withFinished) continue;
      const progress = await this.#options.progress.of(stored);
      this.#known.set(key, progress);
      const changes = before === undefined ? progress : changesOf(before, progress);
      if (Object.keys(changes).length > 0) this.#tell("progress", { key, changes });
    }
  }

  #tell(event: HubEvent["event"], data: object): void {
    this.#sequence++;
    const told: HubEvent = { id: this.#idNow(), event, data: JSON.stringify(data) };
    this.#memory.push(told);
    if (this.#memory.length > REMEMBERED_EVENTS) this.#memory = this.#memory.slice(-REMEMBERED_EVENTS / 2);
    for (const listener of this.#listeners) listener(told);
  }
}

/** The fields of `after` that differ from `before`. */
function changesOf(before: Progress, after: Progress): Partial<Progress> {
  const was = new Map(Object.entries(before).map(([name, value]) => [name, JSON.stringify(value)]));
  return Object.fromEntries(
    Object.entries(after).filter(([name, value]) => was.get(name) !== JSON.stringify(value)));
}
