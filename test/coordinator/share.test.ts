import assert from "node:assert/strict";
import test from "node:test";
import { FairTurns, weightOf } from "../../coordinator/share.ts";
import { LOST_AFTER_MS, PublishedJobs, windowJobs } from "../../coordinator/window.ts";
import type { Job, Presence } from "../../schema/job.ts";
import { noopOrder } from "../support/orders.ts";

function turnsTaken(weights: Record<string, number>, rounds: number): Record<string, number> {
  const turns = new FairTurns<string>();
  for (const [key, weight] of Object.entries(weights)) turns.set(key, weight);
  const taken: Record<string, number> = {};
  for (let i = 0; i < rounds; i++) {
    const key = turns.next(Object.keys(weights)) ?? "none";
    taken[key] = (taken[key] ?? 0) + 1;
    turns.charge(key, 1);
  }
  return taken;
}

test("studies of one weight take turns evenly", () => {
  assert.deepEqual(turnsTaken({ a: 1, b: 1, c: 1 }, 300), { a: 100, b: 100, c: 100 });
});

test("each step of priority doubles the share", () => {
  const taken = turnsTaken({ low: weightOf(0), high: weightOf(2) }, 1000);
  assert.deepEqual(taken, { low: 200, high: 800 });
});

test("a study that joins late gets its share from now on, and no more", () => {
  const turns = new FairTurns<string>();
  turns.set("old", 1);
  for (let i = 0; i < 1000; i++) turns.charge(turns.next(["old"]) ?? "", 1);
  turns.set("new", 1);
  const taken = { old: 0, new: 0 };
  for (let i = 0; i < 100; i++) {
    const key = turns.next(["old", "new"]) === "old" ? "old" : "new";
    taken[key]++;
    turns.charge(key, 1);
  }
  assert.ok(Math.abs(taken.old - taken.new) <= 2, JSON.stringify(taken));
});

test("only candidates are chosen", () => {
  const turns = new FairTurns<string>();
  turns.set("a", 1);
  assert.equal(turns.next([]), undefined);
  assert.equal(turns.next(["b"]), undefined);
});

const key = noopOrder({ points: 10, perJob: 1 }).key;
const job = (number: number): Job => ({ study: key, number });
const worker = (slots: number, running: readonly number[]): Presence => ({
  worker: "w", host: "h", version: "0", provider: "portable", slots, running: running.map(job),
});

test("jobs are lost once slots stayed free while they neither ran nor were reported", () => {
  const published = new PublishedJobs();
  published.add([job(0), job(1), job(2)], 0);
  published.settle([job(0)]);
  const presences = [worker(2, [1])];
  assert.deepEqual(published.lost(presences, 1), []);
  assert.deepEqual(published.lost(presences, LOST_AFTER_MS), []);
  assert.deepEqual(published.lost(presences, LOST_AFTER_MS + 1), [job(2)]);
  assert.deepEqual(published.lost(presences, LOST_AFTER_MS + 2), [], "they get their time again");
});

test("nothing is lost while results come in, though no job is ever seen running", () => {
  const published = new PublishedJobs();
  published.add([job(0), job(1), job(2), job(3)], 0);
  const presences = [worker(2, [])];
  for (const number of [0, 1, 2]) {
    const nowMs = (number + 1) * LOST_AFTER_MS;
    assert.deepEqual(published.lost(presences, nowMs - 1), []);
    published.settle([job(number)]);
  }
  assert.deepEqual(published.lost(presences, 4 * LOST_AFTER_MS), [], "the wait starts anew");
  assert.deepEqual(published.lost(presences, 5 * LOST_AFTER_MS), [job(3)]);
});

test("nothing is lost while every slot is busy, or while there is no worker", () => {
  const published = new PublishedJobs();
  published.add([job(0), job(1), job(2)], 0);
  for (const presences of [[worker(2, [0, 1])], []]) {
    assert.deepEqual(published.lost(presences, 1), []);
    assert.deepEqual(published.lost(presences, 10 * LOST_AFTER_MS), []);
  }
});

test("published jobs are counted once, per study and in all", () => {
  const published = new PublishedJobs();
  published.add([job(0), job(1)], 0);
  published.add([job(1), job(2)], 5);
  assert.equal(published.size, 3);
  published.settle([job(1), job(9)]);
  assert.equal(published.sizeOf(key), 2);
  assert.deepEqual(published.drop(key), [0, 2]);
  assert.equal(published.size, 0);
});

test("the window grows with the slots there are", () => {
  assert.equal(windowJobs([]), 512);
  assert.equal(windowJobs([worker(1000, []), worker(500, [])]), 4500);
});
