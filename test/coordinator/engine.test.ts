// The engine against a real store and an in-process queue: lost answers, takeovers, pauses, turns.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { Engine, type EngineOptions } from "../../coordinator/engine.ts";
import type { EngineEvent } from "../../coordinator/events.ts";
import { openTestStore } from "../support/database.ts";
import type { Store } from "../../coordinator/store/port.ts";
import { realClock } from "../../queue/clock.ts";
import { memoryQueue } from "../../queue/memory.ts";
import { identityOf } from "../../schema/identity.ts";
import type { Job, StudyOrder } from "../../schema/job.ts";
import { lightWorker } from "../support/light-worker.ts";
import { noopOrder } from "../support/orders.ts";

const store = await openTestStore();
after(() => store.close());
let made = 0;

/** A stored study of `jobs` jobs of two points. */
async function stored(jobs: number): Promise<StudyOrder> {
  const order = noopOrder({ points: 2 * jobs, perJob: 2, seed: 9_000 + made++, name: `engine-${made}` });
  await store.ensureStudy(order, identityOf(order.spec, null));
  return order;
}

const settledOf = async ({ key }: StudyOrder) => (await store.progress(key)).jobs;

function engineOn(queue: ReturnType<typeof memoryQueue>, change: Partial<EngineOptions>) {
  const events: EngineEvent[] = [];
  const stop = new AbortController();
  const engine = new Engine({
    store, queue: queue.coordinator, clock: realClock, untilSettled: true, isQueueLasting: true,
    stop: stop.signal, tell: (event) => events.push(event), ...change,
  });
  return { engine, events, stop };
}

/** The store, whose calls of `method` do what they are asked to and then fail, some of the time. */
function forgetful(method: "commit" | "takePlanned", failsAt: (call: number) => boolean): Store {
  let calls = 0;
  const lose = async <T>(done: Promise<T>): Promise<T> => {
    const result = await done;
    if (failsAt(calls++)) throw Object.assign(new Error("the answer was lost"), { code: "ECONNRESET" });
    return result;
  };
  return {
    ...store,
    ...(method === "commit"
      ? { commit: (reports) => lose(store.commit(reports)) } satisfies Partial<Store>
      : { takePlanned: (key, limit) => lose(store.takePlanned(key, limit)) } satisfies Partial<Store>),
  };
}

/** Lets timers and sockets have their turn, as computing in a thread would. */
const nextTurn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

const repeated = (ran: readonly Job[]): number => ran.length - new Set(ran.map(({ number }) => number)).size;

for (const method of ["commit", "takePlanned"] as const) {
  test(`a study ends, and no job runs twice, where answers to ${method} are lost`, async () => {
    const order = await stored(60);
    const queue = memoryQueue(realClock);
    const worker = lightWorker(queue.worker, { slots: 2, orders: [order] });
    const { engine, events } = engineOn(queue, { only: order.key, store: forgetful(method, (call) => call % 3 === 1) });
    await engine.run();
    await worker.stop();
    assert.equal((await settledOf(order)).done, 60);
    assert.equal(repeated(worker.ran), 0);
    assert.ok(events.some(({ kind }) => kind === "database away"));
    assert.ok(events.some(({ kind }) => kind === "database back"));
  });
}

test("a coordinator that takes over runs nothing again that waits, runs or is reported", async () => {
  const order = await stored(40);
  const queue = memoryQueue(realClock);
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const worker = lightWorker(queue.worker, {
    slots: 4, orders: [order],
    compute: async ({ job }) => {
      if (job.number >= 12) await held;
    },
  });
  const first = engineOn(queue, { only: order.key });
  const running = first.engine.run();
  while (worker.ran.length < 16) await new Promise(setImmediate);
  first.stop.abort();
  await running;
  const second = engineOn(queue, { only: order.key });
  const again = second.engine.run();
  release();
  await again;
  await worker.stop();
  assert.equal((await settledOf(order)).done, 40);
  assert.equal(repeated(worker.ran), 0);
});

test("a pause publishes no more, keeps what runs, and a resume runs it once", async () => {
  const order = await stored(30);
  const queue = memoryQueue(realClock);
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const worker = lightWorker(queue.worker, { slots: 3, orders: [order], compute: () => held });
  const { engine, events, stop } = engineOn(queue, { only: order.key, untilSettled: false });
  const running = engine.run();
  while (worker.ran.length < 3) await new Promise(setImmediate);
  await store.setDesired(order.key, "paused");
  while (!events.some(({ kind }) => kind === "study released")) await new Promise((r) => { setImmediate(r); });
  assert.equal(engine.published, 0);
  release();
  while ((await settledOf(order)).done < 3) await new Promise(setImmediate);
  assert.equal(worker.ran.length, 3);
  assert.equal((await store.progress(order.key)).jobs.planned, 27);
  await store.setDesired(order.key, "active");
  while ((await settledOf(order)).done < 30) await new Promise(setImmediate);
  stop.abort();
  await running;
  await worker.stop();
  assert.equal(repeated(worker.ran), 0);
});

test("what runs over a pause and its end is not run again", async () => {
  const order = await stored(12);
  const queue = memoryQueue(realClock);
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const worker = lightWorker(queue.worker, { slots: 3, orders: [order], compute: () => held });
  const { engine, events, stop } = engineOn(queue, { only: order.key, untilSettled: false });
  const running = engine.run();
  const until = async (kind: string, times: number): Promise<void> => {
    while (events.filter((event) => event.kind === kind).length < times) await new Promise(setImmediate);
  };
  while (worker.ran.length < 3) await new Promise(setImmediate);
  const toldRunning = engine.published;
  await store.setDesired(order.key, "paused");
  await until("study released", 1);
  await store.setDesired(order.key, "active");
  await until("study taken up", 2);
  while (engine.published < toldRunning) await new Promise(setImmediate);
  release();
  while ((await settledOf(order)).done < 12) await new Promise(setImmediate);
  stop.abort();
  await running;
  await worker.stop();
  assert.equal(repeated(worker.ran), 0);
});

test("an engine that is stopped returns while reports keep coming, and keeps none of them", async () => {
  const order = await stored(400);
  const queue = memoryQueue(realClock);
  const worker = lightWorker(queue.worker, { slots: 2, orders: [order], compute: nextTurn });
  const { engine, stop } = engineOn(queue, { only: order.key, untilSettled: false });
  const running = engine.run();
  while (worker.ran.length < 50) await new Promise(setImmediate);
  stop.abort();
  await running;
  const { done } = await settledOf(order);
  assert.ok(done < 400, `${done} done`);
  const second = engineOn(queue, { only: order.key });
  await second.engine.run();
  await worker.stop();
  assert.equal((await settledOf(order)).done, 400);
  assert.equal(repeated(worker.ran), 0);
});

test("what the queue lost is published again as soon as that is suspected", async () => {
  const order = await stored(10);
  const queue = memoryQueue(realClock);
  const six = {
    worker: "w", host: "h", version: "0", provider: "light", slots: 6, memoryBytes: 1e9, gpus: [], running: [],
  };
  const { engine, stop } = engineOn(queue, { only: order.key, presencesAtFirst: [six] });
  const running = engine.run();
  while (engine.published < 10) await new Promise(setImmediate);
  await queue.coordinator.withdraw(order.key);
  engine.suspectLoss();
  const worker = lightWorker(queue.worker, { slots: 2, orders: [order] });
  await running;
  await worker.stop();
  stop.abort();
  assert.equal((await settledOf(order)).done, 10);
});

test("studies share the workers by priority, whatever the size of their jobs", async () => {
  const [low, high] = [await stored(600), await stored(600)];
  await store.setPriority(high.key, 1);
  const queue = memoryQueue(realClock);
  const worker = lightWorker(queue.worker, { slots: 8, orders: [low, high], compute: nextTurn });
  const { engine, stop } = engineOn(queue, { untilSettled: false });
  const running = engine.run();
  const count = (order: StudyOrder): number => worker.ran.filter(({ study }) => study === order.key).length;
  while (worker.ran.length < 450) await new Promise(setImmediate);
  const share = count(high) / (count(high) + count(low));
  stop.abort();
  await running;
  await worker.stop();
  assert.ok(Math.abs(share - 2 / 3) < 0.1, `${share} of the jobs are of the one that should have two thirds`);
});
