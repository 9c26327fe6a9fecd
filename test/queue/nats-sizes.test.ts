// Large jobs over a broker that is upgraded, loses what it holds, or has idle workers asking.
import assert from "node:assert/strict";
import { AckPolicy, connect, DiscardPolicy, headers, nanos, RetentionPolicy } from "nats";
import { connectWorkerQueue } from "../../queue/nats.ts";
import { stampText, WIRE_VERSION } from "../../queue/wire.ts";
import { demandOf, demandOfSize, sizeOf } from "../../schema/demand.ts";
import { MemoryRoom } from "../../worker/room.ts";
import { asCoordinator, natsTest } from "../support/nats-test.ts";
import { commonOptions, freshPrefix, jobOf, openPair, runAll, SHORT_TIMES, STUDY, workUntil } from "../support/nats-pair.ts";
import { largeOrder } from "../support/orders.ts";

const order = largeOrder(16_000);
const size = sizeOf(demandOf(order));
const largeJob = (number: number) => ({ study: order.key, number });

natsTest("a stream and a consumer of before there were sizes are changed, and their jobs run", async ({ url }) => {
  const prefix = freshPrefix();
  const raw = await connect({ servers: url });
  const manager = await raw.jetstreamManager();
  const stream = `${prefix}-jobs`;
  await manager.streams.add({
    name: stream, subjects: [`${prefix}.job.*.*`], retention: RetentionPolicy.Workqueue, discard: DiscardPolicy.New,
    discard_new_per_subject: true, max_msgs_per_subject: 1, max_msgs: 200_000, max_bytes: 2 ** 27, max_msg_size: 4_096,
    duplicate_window: nanos(1_000), allow_direct: false,
  });
  await manager.consumers.add(stream, {
    durable_name: "workers", ack_policy: AckPolicy.Explicit, ack_wait: nanos(SHORT_TIMES.leaseMs), max_ack_pending: 100_000,
  });
  const header = headers();
  header.set("Nearclone", stampText({ wire: WIRE_VERSION, version: "0.0.9", cluster: "one", sender: "before" }));
  for (const number of [0, 1]) {
    await raw.jetstream().publish(`${prefix}.job.${STUDY}.${number}`, JSON.stringify(jobOf(number)), { headers: header });
  }
  // One of them is leased by a worker that does not come back.
  assert.notEqual(await (await raw.jetstream().consumers.get(stream, "workers")).next(), null);
  const options = commonOptions(url, prefix);
  const coordinator = await asCoordinator(options);
  const worker = await connectWorkerQueue(options);
  await coordinator.announce(order);
  await coordinator.publish([jobOf(1), largeJob(0)]);
  const got = new Set<string>();
  while (got.size < 3) {
    const held = await worker.lease(AbortSignal.timeout(10_000));
    assert.ok(held, JSON.stringify([...got]));
    got.add(`${held.job.study}/${held.job.number}`);
    await held.done();
  }
  assert.deepEqual(got, new Set([`${STUDY}/0`, `${STUDY}/1`, `${order.key}/0`]));
  const filters = (await manager.consumers.list(stream).next()).map(({ config }) => config.filter_subject);
  assert.deepEqual(new Set(filters), new Set([`${prefix}.job.*.*`, `${prefix}.large.${size}.*.*`]));
  for (const queue of [worker, coordinator]) await queue.close();
  await raw.close();
});

natsTest("large jobs whose consumer or stream vanishes under way all run", async ({ url }) => {
  const pair = await openPair(url);
  const raw = await connect({ servers: url });
  const manager = await raw.jetstreamManager();
  await pair.coordinator.announce(order);
  const stop = new AbortController();
  const working = workUntil(pair.worker, { slots: 3, signal: stop.signal });
  const stream = `${pair.prefix}-jobs`;
  const deletions: Array<Promise<boolean>> = [];
  await runAll(pair.coordinator, {
    count: 300,
    of: (number) => (number % 3 === 0 ? jobOf(number) : largeJob(number)),
    onStored: (stored) => {
      if (stored === 60) deletions.push(manager.consumers.delete(stream, `workers-${size}`));
      if (stored === 160) deletions.push(manager.streams.delete(stream));
    },
  });
  assert.deepEqual(await Promise.all(deletions), [true, true]);
  await pair.until((event) => event.kind === "recreated" && event.what === `${stream}.workers-${size}`);
  stop.abort();
  await working;
  await pair.close();
  await raw.close();
});

natsTest("requests that stay open for a minute keep no slot from a large job, and none is asked for twice", async ({ url }) => {
  const pair = await openPair(url, { times: { pullMs: 60_000, leaseMs: 20_000 } });
  const { hostBytes } = demandOfSize(size);
  const room = new MemoryRoom({ provider: "portable", memoryBytes: 2 * hostBytes, slots: 8, gpus: [] });
  const stop = new AbortController();
  const held: string[] = [];
  const waits = Array.from({ length: 8 }, async () => {
    const lease = await pair.worker.lease(stop.signal, room);
    if (lease !== null) held.push(`${lease.job.study} ${lease.job.number} ${lease.delivery}`);
  });
  await pair.coordinator.announce(order);
  await pair.coordinator.publish([0, 1, 2].map(largeJob));
  const end = performance.now() + 10_000;
  while (held.length < 2) {
    assert.ok(performance.now() < end, "the requests of before were not taken back");
    await new Promise(setImmediate);
  }
  await pair.coordinator.publish([0, 1, 2, 3].map(jobOf));
  stop.abort();
  await Promise.all(waits);
  // What came in the meantime is handed on; what nobody asked for waits untouched.
  const handed = await pair.worker.retire();
  assert.ok(held.length + handed.length <= 8);
  const other = await connectWorkerQueue(commonOptions(url, pair.prefix));
  for (let left = 7 - held.length - handed.length; left > 0; left--) {
    assert.equal((await other.lease(AbortSignal.timeout(10_000)))?.delivery, 1);
  }
  await other.close();
  await pair.close();
});
