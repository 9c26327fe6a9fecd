// Whose turn is it: weighted fair shares between studies, by stride scheduling.
//
// Each study has a clock of its own that runs slower the higher its weight; the study whose clock
// is furthest behind goes next. A study that joins starts at the present, and one that has nothing to
// give keeps up with it, so neither waits for the past of others nor has a past to catch up on.

/** Each step of priority doubles a study's share of the workers. */
export function weightOf(priority: number): number {
  return 2 ** Math.max(-30, Math.min(30, priority));
}

interface Runner {
  weight: number;
  clock: number;
}

export class FairTurns<Key> {
  readonly #runners = new Map<Key, Runner>();
  #present = 0;

  /** Adds a study, or gives it another weight. */
  set(key: Key, weight: number): void {
    const known = this.#runners.get(key);
    if (known !== undefined) known.weight = weight;
    else this.#runners.set(key, { weight, clock: this.#present });
  }

  remove(key: Key): void {
    this.#runners.delete(key);
  }

  /** The part of all that a study should get beside the others of `candidates`, which has it. */
  shareOf(key: Key, candidates: readonly Key[]): number {
    const weight = (one: Key): number => this.#runners.get(one)?.weight ?? 0;
    return weight(key) / candidates.reduce((sum, one) => sum + weight(one), 0);
  }

  /** The one of `candidates` that is furthest behind; undefined if none was set. */
  next(candidates: Iterable<Key>): Key | undefined {
    let best: { key: Key; clock: number } | undefined;
    const waiting = new Set(candidates);
    for (const [key, { clock }] of this.#runners) {
      if (waiting.has(key) && (best === undefined || clock < best.clock)) best = { key, clock };
    }
    if (best === undefined) return undefined;
    this.#present = Math.max(this.#present, best.clock);
    for (const [key, runner] of this.#runners) {
      if (!waiting.has(key)) runner.clock = Math.max(runner.clock, this.#present);
    }
    return best.key;
  }

  /** Moves a study's clock by what it was just given, in any unit common to all. */
  charge(key: Key, cost: number): void {
    const runner = this.#runners.get(key);
    if (runner !== undefined) runner.clock += cost / runner.weight;
  }
}
