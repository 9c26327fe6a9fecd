import assert from "node:assert/strict";
import test from "node:test";
import { memoryQueue } from "../../queue/memory.ts";
import type { Received } from "../../queue/port.ts";
import { emptyBlock } from "../../schema/column.ts";
import { type Job, type Report, WORKER_LOST } from "../../schema/job.ts";
import { LEASE_MS, REPORT_POINTS_MAX } from "../../schema/limits.ts";
import type { ComputePool } from "../../worker/pool.ts";
import { serve } from "../../worker/serve.ts";
import type { Answer, Measured } from "../../worker/task.ts";
import { manualClock } from "../support/manual-clock.ts";
import { noopOrder } from "../support/orders.ts";

const order = noopOrder({ points: 100, perJob: 1 });
const job = (number: number): Job => ({ study: order.key, number });

/** A worker on a queue of its own, with a pool whose answers the test gives. */
function setUp(measure: (number: number) => Promise<Answer<Measured>>, threads = 1,
  maxPoints?: (metricCount: number) => number) {
  const clock = manualClock();
  const { worker, coordinator } = memoryQueue(clock);
  const stop = new AbortController();
  const kill = new AbortController();
  const pool: ComputePool = {
    threads,
    hello: { provider: "portable", detail: "", rejected: [] },
    measure: (_, number) => measure(number),
    close: async () => {},
  };
  const warnings: string[] = [];
  const start = (): Promise<void> =>
    serve({
      queue: maxPoints === undefined ? worker : { ...worker, maxPoints }, pool, worker: "w1", host: "h", version: "0", memoryBytes: 1e9, clock,
      stop: stop.signal, kill: kill.signal, warn: (message) => warnings.push(message),
    });
  const collect = async (count: number): Promise<Report[]> => {
    const got: Received[] = [];
    while (got.length < count) {
      got.push(...(await coordinator.receive(count - got.length, AbortSignal.timeout(5000))));
    }
    for (const one of got) await one.accept();
    return got.map(({ report }) => report);
  };
  return { clock, worker, coordinator, stop, kill, start, collect, warnings };
}

function measured(points: number): Answer<Measured> {
  const block = emptyBlock(points, ["hash"]);
  block.metrics["hash"]?.forEach((_, i, column) => (column[i] = i));
  return { ok: true, value: { block, provider: "portable", timings: { prepareMs: 1, measureMs: 2 } } };
}

test("a job's rows arrive in parts that cover it once, the attempt with the last", async () => {
  const points = 2 * REPORT_POINTS_MAX + 7;
  const { coordinator, stop, start, collect } = setUp(async () => measured(points));
  await coordinator.announce(order);
  await coordinator.publish([job(4)]);
  const serving = start();
  const reports = await collect(3);
  stop.abort();
  await serving;
  assert.deepEqual(reports.map(({ offset }) => offset), [0, REPORT_POINTS_MAX, 2 * REPORT_POINTS_MAX]);
  const values = reports.flatMap(({ block }) => [...(block?.metrics["hash"] ?? [])]);
  assert.deepEqual(values, Array.from({ length: points }, (_, i) => i));
  assert.deepEqual(reports.map(({ attempt }) => attempt?.outcome ?? null), [
    null, null, { kind: "done", points },
  ]);
});

test("a failure is reported with its code, and the next job still runs", async () => {
  const failure = { kind: "resource", code: "out_of_memory", message: "no" } as const;
  const { coordinator, stop, start, collect } = setUp(async (number) =>
    number === 0 ? { ok: false, failure } : measured(1));
  await coordinator.announce(order);
  await coordinator.publish([job(0), job(1)]);
  const serving = start();
  const [failed, done] = await collect(2);
  stop.abort();
  await serving;
  assert.deepEqual(failed?.attempt?.outcome, { kind: "failed", failure });
  assert.equal(failed?.block, null);
  assert.equal(done?.attempt?.outcome.kind, "done");
});

test("stopping finishes the job in flight and takes no other", async () => {
  let finish: (answer: Answer<Measured>) => void = () => {};
  let begun = (): void => {};
  const started = new Promise<void>((resolve) => (begun = resolve));
  const { coordinator, stop, start, collect } = setUp(() => {
    begun();
    return new Promise((resolve) => (finish = resolve));
  });
  await coordinator.announce(order);
  await coordinator.publish([job(0), job(1)]);
  const serving = start();
  await started;
  stop.abort();
  finish(measured(1));
  await serving;
  const reports = await collect(1);
  assert.deepEqual(reports.map((report) => report.job.number), [0]);
});

test("killing hands the running job on, so that it can be published again", async () => {
  let begun = (): void => {};
  const started = new Promise<void>((resolve) => (begun = resolve));
  const setup = setUp(() => {
    begun();
    return new Promise(() => {});
  });
  await setup.coordinator.announce(order);
  await setup.coordinator.publish([job(0)]);
  const serving = setup.start();
  await started;
  setup.kill.abort();
  setup.stop.abort();
  await serving;
  const [report] = await setup.collect(1);
  assert.deepEqual([report?.block, report?.attempt?.outcome], [null, { kind: "interrupted" }]);
  setup.clock.advance(LEASE_MS + 1); // the lease is over: nothing lapses
  assert.deepEqual(await setup.coordinator.receive(1, AbortSignal.abort()), []);
});

test("a long job keeps its lease", async () => {
  let finish: (answer: Answer<Measured>) => void = () => {};
  let calls = 0;
  let begun = (): void => {};
  const started = new Promise<void>((resolve) => (begun = resolve));
  const { clock, coordinator, stop, start, collect } = setUp(() => {
    calls++;
    begun();
    return new Promise((resolve) => (finish = resolve));
  }, 2);
  await coordinator.announce(order);
  await coordinator.publish([job(0)]);
  const serving = start();
  await started;
  for (let i = 0; i < 5; i++) {
    clock.advance(LEASE_MS * 0.9);
    await new Promise(setImmediate);
  }
  finish(measured(1));
  const [report] = await collect(1);
  stop.abort();
  await serving;
  assert.equal(calls, 1);
  assert.equal(report?.attempt?.delivery, 1);
});

test("a job whose study is not announced yet waits for it, with a warning", async () => {
  const { clock, coordinator, stop, start, warnings, collect } = setUp(async () => measured(1));
  await coordinator.publish([job(0)]);
  const serving = start();
  while (warnings.length === 0) await new Promise(setImmediate);
  await coordinator.announce(order);
  clock.advance(2000);
  const [report] = await collect(1);
  stop.abort();
  await serving;
  assert.match(warnings.join("\n"), new RegExp(order.key));
  assert.deepEqual([report?.attempt?.outcome.kind, report?.attempt?.delivery], ["done", 1]);
});

test("a job whose study nobody announces fails after a while, and the slot goes on", async () => {
  const { clock, coordinator, stop, start, collect } = setUp(async () => measured(1));
  await coordinator.publish([job(0)]);
  const serving = start();
  const found: Report[] = [];
  const failed = collect(1).then((reports) => found.push(...reports));
  while (found.length === 0) {
    clock.advance(1000);
    await new Promise(setImmediate);
  }
  await failed;
  const [report] = found;
  stop.abort();
  await serving;
  assert.equal(report?.attempt?.outcome.kind, "failed");
});

test("a job that somebody else fell silent with is not run but reported as lost", async () => {
  let calls = 0;
  const { clock, worker, coordinator, stop, start, collect } = setUp(async () => {
    calls++;
    return measured(1);
  });
  await coordinator.announce(order);
  await coordinator.publish([job(3)]);
  const silent = await worker.lease(AbortSignal.timeout(1000));
  const serving = start();
  clock.advance(LEASE_MS + 1);
  const [report] = await collect(1);
  stop.abort();
  await serving;
  assert.equal(calls, 0);
  assert.equal(report?.attempt?.publishedAt, silent?.publishedAt);
  assert.equal(report?.attempt?.outcome.kind === "failed" && report.attempt.outcome.failure.code, WORKER_LOST);
});

test("reports have as many points as the queue takes of so many metrics", async () => {
  const metrics = ["a", "b", "c"];
  const { coordinator, stop, start, collect } = setUp(async () => ({
    ok: true,
    value: { block: emptyBlock(25, metrics), provider: "portable", timings: { prepareMs: 0, measureMs: 0 } },
  }), 1, (count) => 30 / count);
  await coordinator.announce(order);
  await coordinator.publish([job(0)]);
  const serving = start();
  const reports = await collect(3);
  stop.abort();
  await serving;
  assert.deepEqual(reports.map(({ block }) => block?.status.length), [10, 10, 5]);
});
