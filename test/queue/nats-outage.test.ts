import assert from "node:assert/strict";
import test from "node:test";
import { connect } from "nats";
import { type NatsServer, skipWithoutNats, startNats } from "../support/nats.ts";
import {
  jobOf,
  type NatsPair,
  openPair,
  reportOf,
  runAll,
  STUDY,
  workUntil,
} from "../support/nats-pair.ts";
import { noopOrder } from "../support/orders.ts";

type Body = (server: NatsServer, pair: NatsPair) => Promise<void>;

/** A test with a server and a pair of its own, since it is not kind to them. */
function outage(title: string, body: Body): void {
  test(`nats: ${title}`, { skip: skipWithoutNats }, async () => {
    const server = await startNats();
    const pair = await openPair(server.url);
    try {
      await body(server, pair);
    } finally {
      await pair.close();
      await server.close();
    }
  });
}

async function administer(server: NatsServer) {
  const connection = await connect({ servers: server.url });
  return { connection, manager: await connection.jetstreamManager() };
}

outage("a server killed and started again in mid-stream loses no job", async (server, pair) => {
  const { worker, coordinator } = pair;
  const stop = new AbortController();
  const working = workUntil(worker, { slots: 4, signal: stop.signal });
  const restarts: Array<Promise<void>> = [];
  await runAll(coordinator, {
    count: 1_500,
    onStored: (stored) => {
      if (stored === 300 || stored === 900) restarts.push(server.stop().then(() => server.start()));
    },
  });
  await Promise.all(restarts);
  assert.equal(restarts.length, 2);
  assert.ok(pair.events.some(({ kind }) => kind === "reconnected"));
  stop.abort();
  assert.ok((await working) >= 1_500);
});

outage(
  "a server whose store was wiped gets streams, orders and jobs again",
  async (server, pair) => {
    const { worker, coordinator } = pair;
    const order = { ...noopOrder({ points: 3, perJob: 1 }), key: STUDY };
    await coordinator.announce(order);
    const stop = new AbortController();
    const working = workUntil(worker, { slots: 4, signal: stop.signal });
    const wipings: Array<Promise<void>> = [];
    await runAll(coordinator, {
      count: 600,
      onStored: (stored) => {
        if (stored !== 200) return;
        const wiping = server.stop().then(() => {
          server.wipe();
          return server.start();
        });
        wipings.push(wiping);
      },
    });
    await Promise.all(wipings);
    await pair.until((event) => event.kind === "recreated" && event.what.endsWith("-jobs"));
    assert.deepEqual(await worker.order(STUDY), order);
    stop.abort();
    await working;
  },
);

outage("consumers and streams that vanish under way come back", async (server, pair) => {
  const { worker, coordinator } = pair;
  const { connection, manager } = await administer(server);
  const stop = new AbortController();
  const working = workUntil(worker, { slots: 4, signal: stop.signal });
  const [jobs, reports] = [`${pair.prefix}-jobs`, `${pair.prefix}-reports`];
  const deletions: Array<Promise<unknown>> = [];
  await runAll(coordinator, {
    count: 800,
    onStored: (stored) => {
      if (stored === 100) deletions.push(manager.consumers.delete(jobs, "workers"));
      if (stored === 250) deletions.push(manager.consumers.delete(reports, "collector"));
      if (stored === 400) deletions.push(manager.streams.delete(jobs));
      if (stored === 550) deletions.push(manager.streams.delete(reports));
    },
  });
  assert.deepEqual(await Promise.all(deletions), [true, true, true, true]);
  for (const what of [`${jobs}.workers`, `${reports}.collector`, jobs, reports]) {
    await pair.until((event) => event.kind === "recreated" && event.what === what);
  }
  stop.abort();
  await working;
  await connection.close();
});

outage(
  "a consumer that lost sight of jobs does not keep them from workers",
  async (server, pair) => {
    const { worker, coordinator } = pair;
    const { connection, manager } = await administer(server);
    const other = noopOrder({ points: 2, perJob: 1 }).key;
    await coordinator.publish([jobOf(0), jobOf(1), { study: other, number: 0 }]);
    // What blinds the consumer of 2.9: it moves behind the last message, whoever's that is.
    await manager.streams.purge(`${pair.prefix}-jobs`, { filter: `${pair.prefix}.job.${other}.*` });
    const stop = new AbortController();
    const working = workUntil(worker, { slots: 2, signal: stop.signal });
    await runAll(coordinator, { count: 2 });
    stop.abort();
    await working;
    await connection.close();
  },
);

outage("a wait for a job outlives the server", async (server, pair) => {
  const { worker, coordinator } = pair;
  const waiting = worker.lease(AbortSignal.timeout(20_000));
  await server.stop();
  const publishing = coordinator.publish([jobOf(5)]);
  await server.start();
  await publishing;
  assert.equal((await waiting)?.job.number, 5);
});

outage(
  "reports made during an outage are kept within bounds, and delivered later",
  async (server, pair) => {
    const { worker, coordinator } = pair;
    const metrics = Object.fromEntries(
      "abcdefghij".split("").map((name) => [name, new Float64Array(10_000)]),
    );
    const block = { status: new Uint8Array(10_000), metrics };
    const numbers = Array.from({ length: 120 }, (_, number) => number);
    await worker.report(reportOf(jobOf(1_000)));
    await server.stop();
    const before = process.memoryUsage().arrayBuffers;
    const reporting = numbers.map((number) => worker.report({ ...reportOf(jobOf(number)), block }));
    await new Promise(setImmediate);
    // 97 MB in all, of which 32 MiB may be on their way, and once more in the socket.
    const grown = process.memoryUsage().arrayBuffers - before;
    assert.ok(grown < 75_000_000, `${grown} bytes`);
    await server.start();
    const got = new Set<number>();
    while (got.size < 121) {
      const some = await coordinator.receive(50, AbortSignal.timeout(10_000));
      assert.ok(some.length > 0, `${got.size} of 121 reports came`);
      for (const one of some) {
        got.add(one.report.job.number);
        await one.accept();
      }
    }
    await Promise.all(reporting);
  },
);

outage("closing while the server is away ends every call", async (server, pair) => {
  const { worker, coordinator } = pair;
  const waiting = worker.lease(AbortSignal.timeout(20_000));
  await server.stop();
  const calls = [
    worker.report(reportOf(jobOf(0))),
    worker.order(STUDY),
    coordinator.publish([jobOf(1)]),
  ];
  const receiving = coordinator.receive(1, AbortSignal.timeout(20_000));
  const ends = Promise.allSettled([...calls, receiving]);
  await Promise.all([worker.close(), coordinator.close()]);
  assert.equal(await waiting, null);
  for (const end of await ends) {
    assert.equal(end.status, "rejected");
    assert.match(String(end.status === "rejected" && end.reason), /queue is closed/);
  }
});
