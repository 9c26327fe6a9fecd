// Time as a parameter: real in programs, moved by hand in tests.

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `action` once after `delayMs`; returns what cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

export const realClock: Clock = {
  now: () => Date.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
