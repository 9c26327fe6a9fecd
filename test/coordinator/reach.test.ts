// Jobs that not every worker can take: how many are published, who waits for whom, what is told.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { Engine } from "../../coordinator/engine.ts";
import type { EngineEvent } from "../../coordinator/events.ts";
import { beyondReach, HEARD_AFTER_MS, Reach } from "../../coordinator/reach.ts";
import { openTestStore } from "../support/database.ts";
import { LOST_AFTER_MS, PublishedJobs } from "../../coordinator/window.ts";
import { memoryQueue } from "../../queue/memory.ts";
import { demandOf, demandOfSize, sizeOf } from "../../schema/demand.ts";
import { identityOf } from "../../schema/identity.ts";
import type { Job, Presence, StudyOrder } from "../../schema/job.ts";
import { PRESENCE_LAPSE_MS } from "../../schema/limits.ts";
import { type LightOptions, type LightWorker, lightWorker } from "../support/light-worker.ts";
import { manualClock } from "../support/manual-clock.ts";
import { largeOrder, noopOrder } from "../support/orders.ts";

const store = await openTestStore();
after(() => store.close());

const GIB = 2 ** 30;
const bytesOf = (order: StudyOrder): number => demandOfSize(sizeOf(demandOf(order))).hostBytes;

/** An engine and workers in a time that only `until` moves. */
function scene(orders: readonly StudyOrder[]) {
  const clock = manualClock();
  const queue = memoryQueue(clock);
  const events: EngineEvent[] = [];
  const stop = new AbortController();
  const engine = new Engine({
    store, queue: queue.coordinator, clock, untilSettled: false, isQueueLasting: true,
    stop: stop.signal, tell: (event) => events.push(event),
  });
  const there = new Set<LightWorker>();
  const running = engine.run();
  return {
    clock, events, engine,
    start: (options: Omit<LightOptions, "orders">): LightWorker => {
      const worker = lightWorker(queue.worker, { orders, ...options });
      there.add(worker);
      return worker;
    },
    /** Its presence lapses; what it runs goes on. */
    vanish: (worker: LightWorker) => there.delete(worker),
    /** Lets time pass until `isTrue`; fails after ten minutes of it. */
    until: async (isTrue: () => boolean | Promise<boolean>): Promise<void> => {
      for (let step = 0; !(await isTrue()); step++) {
        assert.ok(step < 6_000, JSON.stringify(events));
        for (const worker of there) await worker.announce();
        clock.advance(100);
        for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      }
    },
    end: async (): Promise<void> => {
      stop.abort();
      await running;
    },
  };
}

async function stored(order: StudyOrder): Promise<StudyOrder> {
  await store.ensureStudy(order, identityOf(order.spec, order.data));
  return order;
}
const jobsOf = async ({ key }: StudyOrder) => (await store.progress(key)).jobs;
const cancel = async (...orders: readonly StudyOrder[]): Promise<void> => {
  for (const { key } of orders) await store.setDesired(key, "cancelled");
};
const kindsOf = (events: readonly EngineEvent[], { key }: StudyOrder): string[] =>
  events.flatMap((event) => ("study" in event && event.study === key ? [event.kind] : []));

test("a study that fits nobody waits, told once and with no attempt, and begins when somebody comes", async () => {
  const [large, small] = [await stored(largeOrder(16_000, 6)), await stored(noopOrder({ points: 40, perJob: 1, seed: 71, name: "reach-1" }))];
  const { clock, events, start, until, end } = scene([large, small]);
  const narrow = start({ slots: 2, name: "narrow", memoryBytes: 2 * GIB });
  const startedMs = clock.now();
  await until(async () => (await jobsOf(small)).done === 40);
  await until(() => clock.now() > startedMs + 2 * HEARD_AFTER_MS);
  assert.deepEqual(await jobsOf(large), { planned: 6, queued: 0, done: 0, dead: 0 });
  assert.deepEqual(kindsOf(events, large), ["study taken up", "no worker large enough"]);
  const wide = start({ slots: 2, name: "wide", memoryBytes: bytesOf(large) });
  const cameMs = clock.now();
  await until(() => wide.ran.length > 0);
  assert.ok(clock.now() - cameMs <= 1_500, `${clock.now() - cameMs} ms from its coming to its first job`);
  await until(async () => (await jobsOf(large)).done === 6);
  await until(() => kindsOf(events, large).includes("study complete"));
  assert.deepEqual(kindsOf(events, large), ["study taken up", "no worker large enough", "worker large enough", "study complete"]);
  assert.ok(narrow.ran.every(({ study }) => study === small.key));
  assert.equal((await store.attempts(large.key, { limit: 100 })).length, 6);
  await end();
  await Promise.all([narrow.stop(), wide.stop()]);
});

test("no study starves behind one whose jobs few workers can take, nor behind what was left by one that went", async () => {
  const large = await stored(largeOrder(16_000, 50));
  const small = await stored(noopOrder({ points: 30, perJob: 1, seed: 72, name: "reach-2" }));
  const { clock, start, vanish, until, end, engine } = scene([large, small]);
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const isLarge = ({ study }: Job): boolean => study === large.key;
  const aSecond = (): Promise<void> => new Promise((resolve) => void clock.after(1_000, resolve));
  const wide = start({ slots: 8, name: "wide", memoryBytes: 8 * bytesOf(large), compute: ({ job }) => (isLarge(job) ? held : aSecond()) });
  await until(() => wide.ran.filter(isLarge).length === 8);
  const narrow = start({ slots: 1, name: "narrow", memoryBytes: GIB, compute: aSecond });
  // Eight run, and as many wait as a window has beyond slots: a quarter of them and two.
  await until(async () => (await jobsOf(small)).done >= 5 && (await jobsOf(large)).queued === 12);
  vanish(wide);
  await until(async () => (await jobsOf(small)).done === 30);
  assert.ok(engine.published >= 12, "what it left is still published, and in nobody's way");
  assert.deepEqual(await jobsOf(large), { planned: 38, queued: 12, done: 0, dead: 0 });
  await cancel(large);
  release();
  await end();
  await Promise.all([narrow.stop(), wide.stop()]);
});

test("a job counts as lost only where a worker with room for it is free", () => {
  const large = largeOrder(16_000, 4);
  const reach = new Reach(0);
  reach.add(large);
  const published = new PublishedJobs();
  const job = (number: number) => ({ study: large.key, number });
  published.add([job(0), job(1)], 0);
  const worker = (memoryBytes: number, running: readonly number[]): Presence => ({
    worker: "w", host: "h", version: "0", provider: "portable", slots: 4, memoryBytes, gpus: [], running: running.map(job),
  });
  const lostBeside = (presences: readonly Presence[]): number => {
    for (const nowMs of [0, LOST_AFTER_MS]) {
      const lost = published.lost(presences, nowMs, (study, presence) => reach.isFreeFor(study, presence));
      if (lost.length > 0) return lost.length;
    }
    return 0;
  };
  assert.equal(lostBeside([worker(bytesOf(large) - 1, [])]), 0, "too small");
  assert.equal(lostBeside([worker(1.9 * bytesOf(large), [0])]), 0, "no room beside what it runs");
  assert.equal(lostBeside([worker(2 * bytesOf(large), [0])]), 1);
});

test("who was there before a coordinator began to listen counts until everybody was heard", () => {
  const large = largeOrder(16_000, 4);
  const worker = (name: string, slots: number): Presence => ({
    worker: name, host: "h", version: "0", provider: "portable", slots, memoryBytes: 4 * bytesOf(large), gpus: [], running: [],
  });
  const reach = new Reach(0, [worker("a", 2), worker("b", 2)]);
  reach.add(large);
  const mostFor = (slots: number): number => (slots === 0 ? 0 : Math.ceil(slots + 2 + slots / 4));
  assert.deepEqual(reach.see([], 1), []);
  assert.equal(reach.most(large.key), mostFor(4));
  assert.deepEqual(reach.see([worker("b", 1)], 2), [], "what it says now is what counts");
  assert.equal(reach.most(large.key), mostFor(3));
  assert.deepEqual(reach.see([worker("a", 0), worker("b", 1)], 3), [], "its goodbye too");
  assert.equal(reach.most(large.key), mostFor(1));
  assert.deepEqual(reach.see([], HEARD_AFTER_MS).map(({ kind }) => kind), ["no worker large enough"]);
  assert.equal(reach.most(large.key), 0);
});

test("what a study waits for is named with host and device, and nothing where somebody has it", () => {
  const order = largeOrder(16_000);
  const { hostBytes, resident } = demandOfSize(sizeOf(demandOf(order)));
  assert.ok(resident !== null);
  const machine = (change: Partial<Presence>): Presence => ({
    worker: "w", host: "h", version: "0", provider: "openblas", slots: 1, memoryBytes: GIB, gpus: [], running: [], ...change,
  });
  assert.match(beyondReach(order, [machine({})]) ?? "",
    /^a job needs a worker with \d\S* GiB for it, or 0\.\d+ GiB and a GPU with \d\S* GiB$/);
  assert.equal(beyondReach(order, [machine({}), machine({ memoryBytes: hostBytes })]), null);
  const gpu = { name: "g", memoryBytes: resident.deviceBytes / 0.95 + 1, usedBytes: null, utilisation: null };
  assert.equal(beyondReach(order, [machine({ provider: "cuda", gpus: [gpu] })]), null);
  assert.notEqual(beyondReach(order, [machine({ provider: "cuda", gpus: [gpu, { ...gpu, memoryBytes: gpu.memoryBytes / 2 }] })]), null);
  assert.notEqual(beyondReach(order, [machine({ gpus: [gpu] })]), null, "a GPU that its provider does not use");
  assert.notEqual(beyondReach(order, [machine({ slots: 0, memoryBytes: hostBytes })]), null, "a worker that said goodbye");
  assert.equal(beyondReach(noopOrder({ points: 2, perJob: 1 }), []), null);
  assert.ok(PRESENCE_LAPSE_MS > HEARD_AFTER_MS);
});
