// Prepared benches a thread keeps between jobs, most recently used first, bounded by bytes.
import type { Bench } from "./experiments/experiment.ts";

export class BenchCache {
  readonly #bytesMax: number;
  // A Map iterates in insertion order, so re-inserting on use keeps the oldest first.
  readonly #benches = new Map<string, Bench>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The bench of `key`, prepared now if it is not kept; the newest is kept whatever its size. */
  get(key: string, prepare: () => Bench): Bench {
    const kept = this.#benches.get(key);
    this.#benches.delete(key);
    // Make room before preparing: the old and the new bench together are the peak.
    if (kept === undefined) this.#evictTo(this.#bytesMax / 2);
    const bench = kept ?? prepare();
    this.#benches.set(key, bench);
    this.#evictTo(this.#bytesMax, key);
    return bench;
  }

  #evictTo(bytesMax: number, except?: string): void {
    let total = 0;
    for (const bench of this.#benches.values()) total += bench.bytes;
    for (const [key, bench] of this.#benches) {
      if (total <= bytesMax) return;
      if (key === except) continue;
      this.#benches.delete(key);
      total -= bench.bytes;
      bench.release?.();
    }
  }
}
