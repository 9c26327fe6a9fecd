// A clock that stands still until a test moves it.
import type { Clock } from "../../queue/clock.ts";

export interface ManualClock extends Clock {
  /** Moves time forward, running what falls due in order. */
  advance(ms: number): void;
}

export function manualClock(startMs = 1_000_000): ManualClock {
  let nowMs = startMs;
  let due: Array<{ atMs: number; action: () => void }> = [];
  return {
    now: () => nowMs,
    after(delayMs, action) {
      const entry = { atMs: nowMs + delayMs, action };
      due.push(entry);
      return () => {
        due = due.filter((other) => other !== entry);
      };
    },
    advance(ms) {
      const end = nowMs + ms;
      for (;;) {
        const next = due.filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined) break;
        due = due.filter((other) => other !== next);
        nowMs = next.atMs;
        next.action();
      }
      nowMs = end;
    },
  };
}
