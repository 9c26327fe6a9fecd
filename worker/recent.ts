// What was used last, by key: a worker lives for months, and what it has seen must not pile up.

/** A map of bounded size; what was used least recently goes first. */
export class Recent<Key, Value> {
  readonly #most: number;
  // A Map iterates in the order of insertion, so inserting again on use keeps the oldest first.
  readonly #values = new Map<Key, Value>();

  constructor(most: number) {
    this.#most = most;
  }

  /** The value of `key`, made now if it is not kept. */
  get(key: Key, make: () => Value): Value {
    const kept = this.#values.get(key);
    const value = kept ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#most) break;
      this.#values.delete(oldest);
    }
    return value;
  }

  /** Forgets `value`, unless another stands under its key by now. */
  drop(key: Key, value: Value): void {
    if (this.#values.get(key) === value) this.#values.delete(key);
  }
}
