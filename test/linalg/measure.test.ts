// The speed test of a provider, on a clock of our own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { measureProvider } from "../../worker/linalg/measure.ts";
import { createPortable } from "../../worker/linalg/portable.ts";

/** A clock that is `stepMs` later each time it is read. */
function ticking(stepMs: number): { now: () => number; reads: () => number } {
  let count = 0;
  return { now: () => stepMs * count++, reads: () => count };
}

test("speeds are operations over the time of one run, in 10⁹ a second", () => {
  const clock = ticking(50);
  const speed = measureProvider(createPortable(), 300, clock.now);
  // Each verb stops after order 64, as a run of the next would take eight times 50 ms.
  const perMs = 64 ** 3 / 1e6 / 50;
  const close = (value: number, factor: number): void =>
    assert.ok(Math.abs(value / (factor * perMs) - 1) < 1e-12, `${value}, ${factor}`);
  close(speed.gemmGflops, 2);
  close(speed.choleskyGflops, 1 / 3);
  close(speed.tridiagonaliseGflops, 4 / 3);
});

test("a budget is kept to, however slow the machine", () => {
  const clock = ticking(1_000);
  measureProvider(createPortable(), 3_000, clock.now);
  assert.ok(clock.reads() <= 24, `${clock.reads()} seconds`);
});
