import assert from "node:assert/strict";
import test, { after } from "node:test";
import { connect } from "nats";
import { connectWorkerQueue } from "../../queue/nats.ts";
import { examineQueue } from "../contract/queue.ts";
import { skipWithoutNats, startNats } from "../support/nats.ts";
import {
  commonOptions,
  jobOf,
  openPair,
  reportOf,
  runAll,
  SHORT_TIMES,
  workUntil,
} from "../support/nats-pair.ts";

if (skipWithoutNats !== false) test("nats", { skip: skipWithoutNats });
else await examineAll();

async function examineAll(): Promise<void> {
  const server = await startNats();
  after(() => server.close());

  examineQueue("nats", async () => {
    const pair = await openPair(server.url);
    return {
      ...pair,
      leaseMs: SHORT_TIMES.leaseMs,
      presenceLapseMs: SHORT_TIMES.presenceLapseMs,
      elapse: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      close: async () => {
        await pair.close();
        const trouble = pair.events.filter(({ kind }) => kind !== "disconnected");
        assert.deepEqual(trouble, [], "an undisturbed queue has nothing to say");
      },
    };
  });

  test("nats: 2,000 jobs through 4 slots run once each, and none is lost", async () => {
    const pair = await openPair(server.url, { times: { leaseMs: 20_000 } });
    const stop = new AbortController();
    const working = workUntil(pair.worker, { slots: 4, signal: stop.signal });
    assert.equal(await runAll(pair.coordinator, { count: 2_000 }), 0);
    stop.abort();
    assert.equal(await working, 2_000);
    await pair.close();
  });

  test("nats: a worker holds no job that none of its slots waits for", async () => {
    const pair = await openPair(server.url, { times: { leaseMs: 20_000 } });
    const idle = await connectWorkerQueue(commonOptions(server.url, pair.prefix));
    const signal = AbortSignal.timeout(10_000);
    const held = pair.worker.lease(signal);
    await pair.coordinator.publish([jobOf(0)]);
    assert.equal((await held)?.job.number, 0);
    await pair.coordinator.publish([jobOf(1), jobOf(2)]);
    const others = [await idle.lease(signal), await idle.lease(signal)];
    assert.deepEqual(
      others.map((lease) => lease?.job.number),
      [1, 2],
    );
    await idle.close();
    await pair.close();
  });

  test("nats: a wait given up in the moment a job comes leaves the job to others", async () => {
    const pair = await openPair(server.url, { times: { leaseMs: 20_000 } });
    const numbers = Array.from({ length: 40 }, (_, number) => number);
    const controllers = numbers.map(() => new AbortController());
    const waits = controllers.map(({ signal }) => pair.worker.lease(signal));
    const publishing = pair.coordinator.publish(numbers.map(jobOf));
    for (const [index, controller] of controllers.entries()) {
      if (index % 2 === 0) setImmediate(() => controller.abort());
    }
    const seen: number[] = [];
    for (const lease of await Promise.all(waits)) if (lease !== null) seen.push(lease.job.number);
    await publishing;
    while (seen.length < numbers.length) {
      const lease = await pair.worker.lease(AbortSignal.timeout(5_000));
      assert.ok(lease, `only ${seen.length} of ${numbers.length} jobs came`);
      seen.push(lease.job.number);
    }
    assert.deepEqual(
      seen.sort((a, b) => a - b),
      numbers,
    );
    await pair.close();
  });

  test("nats: a report sent twice arrives twice, and both leave the stream", async () => {
    const pair = await openPair(server.url);
    await Promise.all([1, 1, 2].map((number) => pair.worker.report(reportOf(jobOf(number)))));
    const numbers: number[] = [];
    while (numbers.length < 3) {
      for (const one of await pair.coordinator.receive(10, AbortSignal.timeout(5_000))) {
        numbers.push(one.report.job.number);
        await one.accept();
      }
    }
    assert.deepEqual(
      numbers.sort((a, b) => a - b),
      [1, 1, 2],
    );
    await pair.close();
    const raw = await connect({ servers: server.url });
    const streams = (await raw.jetstreamManager()).streams;
    assert.equal((await streams.info(`${pair.prefix}-reports`)).state.messages, 0);
    await raw.close();
  });

  test("nats: reporting waits while the stream is full, and nothing is lost", async () => {
    const pair = await openPair(server.url, { coordinator: { reportsBytesMax: 300_000 } });
    const metrics = { value: new Float64Array(10_000).fill(0.5) };
    const block = { status: new Uint8Array(10_000), metrics };
    let sent = 0;
    const sending = Array.from({ length: 12 }, async (_, number) => {
      await pair.worker.report({ ...reportOf(jobOf(number)), block });
      sent += 1;
    });
    await Promise.race(sending);
    const got = new Set<number>();
    while (got.size < 12) {
      // 90 kB each: no more than 3 fit, beside those that were accepted.
      assert.ok(sent <= got.size + 4, `${sent} sent, ${got.size} accepted`);
      for (const one of await pair.coordinator.receive(2, AbortSignal.timeout(10_000))) {
        got.add(one.report.job.number);
        await one.accept();
      }
    }
    await Promise.all(sending);
    await pair.close();
  });

  test("nats: reports that a closing collector did not take come to the next", async () => {
    const pair = await openPair(server.url, { times: { collectMs: 20_000 } });
    for (let number = 0; number < 20; number++) await pair.worker.report(reportOf(jobOf(number)));
    const [first] = await pair.coordinator.receive(10, AbortSignal.timeout(5_000));
    await first?.accept();
    await pair.coordinator.close();
    const next = await openPair(server.url, { prefix: pair.prefix });
    assert.ok((await next.coordinator.receive(10, AbortSignal.timeout(5_000))).length > 0);
    await next.close();
    await pair.worker.close();
  });
}
