// Answers that many ask for at the same moment, made once.
//
// Pages that watch one study hear of a change by the same event and ask for the same things within
// milliseconds. A command of any of them empties it, so that nobody sees their own change late.

/** How long an answer is given to others too. */
const SHARE_MS = 250;

export class SharedAnswers<Answer> {
  readonly #now: () => number;
  /** In the order they were made. */
  readonly #made = new Map<string, { readonly atMs: number; readonly answer: Promise<Answer> }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What `make` gives, or gave under the same key less than SHARE_MS ago. An error is not shared on. */
  get(key: string, make: () => Promise<Answer>): Promise<Answer> {
    const atMs = this.#now();
    this.#dropUntil(atMs - SHARE_MS);
    const shared = this.#made.get(key);
    if (shared !== undefined) return shared.answer;
    const answer = make();
    this.#made.set(key, { atMs, answer });
    answer.catch(() => this.#made.delete(key));
    return answer;
  }

  clear(): void {
    this.#made.clear();
  }

  #dropUntil(ms: number): void {
    for (const [key, { atMs }] of this.#made) {
      if (atMs > ms) return;
      this.#made.delete(key);
    }
  }
}
