// A least-recently-used cache bounded by bytes: what one job has computed and the next may need.

interface Entry<Value> {
  readonly value: Value;
  readonly bytes: number;
}

/** Keeps values up to a number of bytes together, and always the one asked for last. */
export class ByteCache<Value> {
  readonly #bytesMax: number;
  readonly #entries = new Map<string, Entry<Value>>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The value under `key`, made if it is not there; what was used longest ago makes room. */
  get(key: string, make: () => Entry<Value>): Value {
    const found = this.#entries.get(key);
    if (found !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, found);
      return found.value;
    }
    const entry = make();
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    this.#evict(key);
    return entry.value;
  }

  #evict(kept: string): void {
    for (const [key, { bytes }] of this.#entries) {
      if (this.#bytes <= this.#bytesMax || key === kept) return;
      this.#entries.delete(key);
      this.#bytes -= bytes;
    }
  }
}
