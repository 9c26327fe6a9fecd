import assert from "node:assert/strict";
import test from "node:test";
import { progressLine, startProgress } from "../../../coordinator/face/progress.ts";
import { manualClock } from "../../support/manual-clock.ts";

function progressOn(isTerminal: boolean, alreadyDone = 0) {
  const clock = manualClock();
  const written: string[] = [];
  const progress = startProgress({
    total: 10_000,
    alreadyDone,
    unit: "points",
    clock,
    isTerminal,
    columns: 100,
    write: (text) => written.push(text),
  });
  return { clock, written, progress };
}

test("a log gets a plain line every few seconds, with rate and time left", () => {
  const { clock, written, progress } = progressOn(false);
  for (let second = 1; second <= 12; second++) {
    clock.advance(1000);
    progress.advance(second * 500);
  }
  assert.deepEqual(written, [
    "25%  2,500 of 10,000 points  500 points/s  15 s left\n",
    "50%  5,000 of 10,000 points  500 points/s  10 s left\n",
  ]);
});

test("a terminal's line is redrawn in place, ten times a second at most", () => {
  const { clock, written, progress } = progressOn(true);
  for (let i = 1; i <= 100; i++) {
    clock.advance(10);
    progress.advance(i);
  }
  assert.ok(written.length >= 9 && written.length <= 11, String(written.length));
  assert.ok(written.every((text) => text.startsWith("\r") && !text.includes("\n")));
  progress.say("hello");
  assert.ok(written.some((text) => text.endsWith("hello\n")));
  progress.finish();
});

test("what was done before counts as done, but not towards the rate", () => {
  const { clock, written, progress } = progressOn(false, 9_000);
  clock.advance(5_000);
  progress.advance(9_500);
  assert.equal(written[0], "95%  9,500 of 10,000 points  100 points/s  5 s left\n");
});

test("the rate is of late, not of the whole run", () => {
  const { clock, written, progress } = progressOn(false);
  for (let second = 1; second <= 60; second++) {
    clock.advance(1000);
    progress.advance(second <= 30 ? second : 30 + (second - 30) * 100);
  }
  assert.match(written.at(-1) ?? "", /100 points\/s/);
});

test("the bar is full at the end only, and the line fits its terminal", () => {
  const state = { unit: "points", isTerminal: true, perSecond: 1, total: 1000 };
  for (const columns of [30, 60, 100]) {
    for (const done of [0, 1, 500, 999, 1000]) {
      const line = progressLine({ ...state, done, columns });
      assert.ok(line.length < columns, line);
      if (columns === 100) assert.equal(/^━+ /.test(line), done === 1000, line);
    }
  }
});
