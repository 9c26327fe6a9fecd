// Drops the checkpoints that lie in the queue once nobody will go on from them: a job's when its rows
// are stored, a study's when it is complete or cancelled. A dead job's stay, for the attempts that it
// may still get, until the queue lets them lapse.
import type { CoordinatorQueue } from "../queue/port.ts";
import type { StudyKey, StudyOrder } from "../schema/job.ts";
import { trainsNetworks } from "../schema/study.ts";
import type { Committed, Store } from "./store/port.ts";

export interface CheckpointDropsOptions {
  readonly queue: Pick<CoordinatorQueue, "dropCheckpoints">;
  readonly store: Pick<Store, "agenda">;
  /** Told of what failed; what is left then lapses. */
  readonly trouble: (error: unknown) => void;
}

export class CheckpointDrops {
  readonly #options: CheckpointDropsOptions;
  /** Studies whose jobs leave checkpoints: others need no look. */
  readonly #trained = new Set<StudyKey>();
  /** Cancelled studies whose checkpoints are dropped. */
  readonly #cancelled = new Set<StudyKey>();

  constructor(options: CheckpointDropsOptions) {
    this.#options = options;
  }

  add({ key, spec }: StudyOrder): void {
    if (trainsNetworks(spec)) this.#trained.add(key);
    this.#cancelled.delete(key);
  }

  settle({ finished }: Pick<Committed, "finished">): void {
    for (const { study, number } of finished) if (this.#trained.has(study)) this.#drop(study, number);
  }

  complete(key: StudyKey): void {
    if (this.#trained.has(key)) this.#drop(key);
  }

  /** Looks which studies were cancelled; those that are only paused go on later. */
  async refresh(): Promise<void> {
    for (const { key, desired } of await this.#options.store.agenda()) {
      if (desired !== "cancelled" || this.#cancelled.has(key)) continue;
      this.#cancelled.add(key);
      this.#drop(key);
    }
  }

  #drop(key: StudyKey, number?: number): void {
    this.#options.queue.dropCheckpoints(key, number).catch(this.#options.trouble);
  }
}
