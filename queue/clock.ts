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
    // Holds the process: who waits for a database to come back may have nothing else that does.
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};

/** A promise of the signal's abort that leaves no listener behind once forgotten. */
export function aborted(signal: AbortSignal): { happened: Promise<undefined>; forget: () => void } {
  let resolve: (nothing: undefined) => void = () => {};
  const happened = new Promise<undefined>((settle) => {
    resolve = settle;
  });
  const listener = (): void => resolve(undefined);
  if (signal.aborted) listener();
  else signal.addEventListener("abort", listener, { once: true });
  return { happened, forget: () => signal.removeEventListener("abort", listener) };
}

/** Waits for `ms`, or until `signal` aborts. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const ended = aborted(signal);
  let cancel = (): void => {};
  const passed = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve);
  });
  await Promise.race([passed, ended.happened]);
  cancel();
  ended.forget();
}
