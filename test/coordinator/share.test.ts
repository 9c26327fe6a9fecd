import assert from "node:assert/strict";
import test from "node:test";
import { FairTurns, weightOf } from "../../coordinator/share.ts";
import { LOST_AFTER_MS, PublishedJobs, Window } from "../../coordinator/window.ts";
import type { Job, Presence } from "../../schema/job.ts";
import { LEASE_MS } from "../../schema/limits.ts";
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
  worker: "w", host: "h", version: "0", provider: "portable", slots, memoryBytes: 4e9, gpus: [], running: running.map(job),
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
  assert.deepEqual(published.all().map(({ number }) => number), [0, 2]);
  assert.deepEqual(published.reconcile(key, [job(2), job(3)], 9), [job(3)]);
  assert.deepEqual([published.size, published.has(job(0)), published.has(job(3))], [2, false, true]);
  published.drop(key);
  assert.equal(published.size, 0);
});

test("long jobs wait behind few others: the window is the slots and a few more", () => {
  const window = new Window();
  assert.equal(window.jobs, 2);
  window.see([{ ...worker(8, []), worker: "a" }, { ...worker(8, []), worker: "b" }], 0);
  assert.equal(window.jobs, 22);
  assert.ok(window.refillBelow > 16, "no slot waits for the next refill");
});

test("short jobs wait in as many as are done in some seconds", () => {
  const window = new Window();
  window.see([worker(2, [])], 0);
  for (let ms = 0; ms <= 20_000; ms += 100) window.settle(100, ms);
  assert.ok(Math.abs(window.jobs / 2000 - 1) < 0.01, `${window.jobs} at 1,000 jobs a second`);
  for (let ms = 20_100; ms <= 60_000; ms += 100) window.settle(0, ms);
  assert.equal(window.jobs, 5);
});

test("a dead worker's slots count while it may hold leases, those of a restart until others are heard", () => {
  const window = new Window(6, 0);
  assert.equal(window.jobs, 10);
  window.see([worker(4, [])], 1_000);
  assert.equal(window.jobs, 7);
  window.see([], 1_000 + LEASE_MS);
  assert.equal(window.jobs, 7);
  window.see([], 1_001 + LEASE_MS);
  assert.equal(window.jobs, 2);
});

test("a study that had nothing to give does not catch up on it", () => {
  const turns = new FairTurns<string>();
  turns.set("busy", 1);
  turns.set("dry", 1);
  for (let i = 0; i < 1000; i++) turns.charge(turns.next(["busy"]) ?? "", 1);
  const taken: string[] = [];
  for (let i = 0; i < 10; i++) {
    const key = turns.next(["busy", "dry"]) ?? "";
    taken.push(key);
    turns.charge(key, 1);
  }
  const dry = taken.filter((key) => key === "dry").length;
  assert.ok(Math.abs(dry - 5) <= 1, taken.join(" "));
});
