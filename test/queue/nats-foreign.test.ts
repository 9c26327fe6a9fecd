import assert from "node:assert/strict";
import { connect, headers, type NatsConnection } from "nats";
import { connectCoordinatorQueue, connectWorkerQueue } from "../../queue/nats.ts";
import { encodeReport, stampText, WIRE_VERSION } from "../../queue/wire.ts";
import { UserError } from "../../schema/failure.ts";
import {
  commonOptions,
  freshPrefix,
  jobOf,
  openPair,
  reportOf,
  SHORT_TIMES,
  STUDY,
} from "../support/nats-pair.ts";
import { asCoordinator, natsTest, refuses } from "../support/nats-test.ts";

const stampOf = (
  change: Partial<{ wire: number; version: string; cluster: string; sender: string }>,
) => {
  const stamp = {
    wire: WIRE_VERSION,
    version: "0.1.0",
    cluster: "one",
    sender: "node-7",
    ...change,
  };
  const made = headers();
  made.set("Nearclone", stampText(stamp));
  return made;
};

async function untilStored(raw: NatsConnection, stream: string, count: number): Promise<void> {
  const { streams } = await raw.jetstreamManager();
  const end = performance.now() + 10_000;
  while ((await streams.info(stream)).state.messages !== count) {
    assert.ok(performance.now() < end, `${stream} never had ${count} messages`);
  }
}

natsTest(
  "what cannot be used is quarantined with its sender, and the rest goes on",
  async ({ url }) => {
    const pair = await openPair(url, { times: { leaseMs: 20_000 } });
    const raw = await connect({ servers: url });
    const report = `${pair.prefix}.report.${STUDY}`;
    const good = encodeReport(reportOf(jobOf(1)));
    const bad: Array<[string, Uint8Array, ReturnType<typeof stampOf> | undefined, RegExp]> = [
      [report, good, undefined, /report without a stamp/],
      [report, good.subarray(1), stampOf({}), /report header/],
      [report, new Uint8Array(300_000), stampOf({}), /report header/],
      [
        report,
        good,
        stampOf({ wire: 99, version: "0.2.0" }),
        /wire format 99 of node-7 \(nearclone 0\.2\.0\), here \d \(nearclone 0\.1\.0\)/,
      ],
      [
        report,
        good,
        stampOf({ cluster: "two" }),
        /node-7 belongs to cluster two, here is one: .*prefix/,
      ],
      [`${pair.prefix}.presence`, new Uint8Array(9), stampOf({}), /presence: not JSON/],
      [`${pair.prefix}.job.${STUDY}.99`, new Uint8Array(9), stampOf({}), /job: not JSON/],
    ];
    const leasing = pair.worker.lease(AbortSignal.timeout(10_000));
    const receiving = pair.coordinator.receive(10, AbortSignal.timeout(10_000));
    for (const [subject, data, stamp] of bad) {
      raw.publish(subject, data, stamp === undefined ? {} : { headers: stamp });
    }
    for (const [subject, , stamp, reason] of bad) {
      const event = await pair.until(
        (event) =>
          event.kind === "quarantined" && event.subject === subject && reason.test(event.reason),
      );
      assert.equal("sender" in event && event.sender, stamp === undefined ? "unknown" : "node-7");
    }
    await pair.coordinator.publish([jobOf(1)]);
    await pair.worker.report(reportOf(jobOf(1)));
    assert.equal((await leasing)?.job.number, 1);
    assert.deepEqual(
      (await receiving).map(({ report }) => report),
      [reportOf(jobOf(1))],
    );
    await untilStored(raw, `${pair.prefix}-quarantine`, bad.length);
    const { streams } = await raw.jetstreamManager();
    const kept = await streams.getMessage(`${pair.prefix}-quarantine`, {
      last_by_subj: `${pair.prefix}.quarantine`,
    });
    assert.equal(kept.header.get("Nearclone-Sender"), "node-7");
    assert.ok(kept.header.get("Nearclone-Reason").length > 0);
    await raw.close();
    await pair.close();
  },
);

natsTest(
  "a coordinator of another wire format is refused, both versions named",
  async ({ url }) => {
    const pair = await openPair(url);
    const raw = await connect({ servers: url });
    const says =
      /wire format 99 of coordinator node-7 \(nearclone 0\.2\.0\), here \d \(nearclone 0\.1\.0\)/;
    const leasing = assert.rejects(
      pair.worker.lease(AbortSignal.timeout(10_000)),
      /wire format 99 of node-7 \(nearclone 0\.2\.0\), here \d/,
    );
    const job = new TextEncoder().encode(JSON.stringify(jobOf(0)));
    const newer = { headers: stampOf({ wire: 99, version: "0.2.0" }) };
    await pair.coordinator.close();
    await raw.jetstream().publish(`${pair.prefix}.job.${STUDY}.0`, job, newer);
    await leasing;
    await assert.rejects(pair.worker.report(reportOf(jobOf(0))), UserError);
    await raw.jetstream().publish(`${pair.prefix}.cluster`, new Uint8Array(), newer);
    await refuses(connectWorkerQueue(commonOptions(url, pair.prefix)), says);
    await pair.worker.close();
    await raw.close();
  },
);

natsTest("jobs of an older wire format make way for the new coordinator's", async ({ url }) => {
  const pair = await openPair(url);
  const raw = await connect({ servers: url });
  const older = { headers: stampOf({ wire: 0, version: "0.0.9" }) };
  await pair.coordinator.close();
  await raw.jetstream().publish(`${pair.prefix}.job.${STUDY}.0`, new Uint8Array(1), older);
  await raw.jetstream().publish(`${pair.prefix}.cluster`, new Uint8Array(), older);
  const coordinator = await asCoordinator(commonOptions(url, pair.prefix));
  await coordinator.publish([jobOf(1)]);
  assert.equal((await pair.worker.lease(AbortSignal.timeout(10_000)))?.job.number, 1);
  await coordinator.close();
  await pair.worker.close();
  await raw.close();
});

natsTest("a second cluster on one prefix is refused, another prefix is not", async ({ url }) => {
  const pair = await openPair(url);
  const says = /prefix "test\S+" belongs to cluster one, not to two: choose another prefix, or/;
  await refuses(asCoordinator(commonOptions(url, pair.prefix), "two"), says);
  const beside = await asCoordinator(commonOptions(url, freshPrefix()), "two");
  const standby = await asCoordinator(commonOptions(url, pair.prefix), "one");
  await beside.close();
  await standby.close();
  await pair.close();
});

natsTest(
  "a cluster that is gone for good is replaced on demand, its jobs with it",
  async ({ url }) => {
    const pair = await openPair(url);
    await pair.coordinator.publish([jobOf(1)]);
    await pair.close();
    // Long enough that the first lease outlasts the rest of the test on a busy machine.
    const common = { ...commonOptions(url, pair.prefix), times: { ...SHORT_TIMES, leaseMs: 20_000 } };
    const options = { ...common, cluster: "two", replaceCluster: true };
    const coordinator = await connectCoordinatorQueue(options);
    const worker = await connectWorkerQueue(common);
    await coordinator.publish([jobOf(2)]);
    assert.equal((await worker.lease(AbortSignal.timeout(10_000)))?.job.number, 2);
    // The same again is no replacement: what is there stays.
    const again = await connectCoordinatorQueue(options);
    await again.publish([jobOf(3)]);
    assert.equal((await worker.lease(AbortSignal.timeout(10_000)))?.job.number, 3);
    for (const queue of [worker, coordinator, again]) await queue.close();
  },
);

natsTest("a worker that meets another cluster's jobs says so and takes none", async ({ url }) => {
  const pair = await openPair(url);
  const raw = await connect({ servers: url });
  const leasing = assert.rejects(
    pair.worker.lease(AbortSignal.timeout(10_000)),
    /node-7 belongs to cluster two, here is one/,
  );
  const job = new TextEncoder().encode(JSON.stringify(jobOf(0)));
  const foreign = { headers: stampOf({ cluster: "two" }) };
  await raw.jetstream().publish(`${pair.prefix}.job.${STUDY}.0`, job, foreign);
  await leasing;
  await raw.close();
  await pair.close();
});

natsTest("a worker may come before its coordinator and waits for it", async ({ url }) => {
  const prefix = freshPrefix();
  const worker = await connectWorkerQueue(commonOptions(url, prefix));
  const leasing = worker.lease(AbortSignal.timeout(20_000));
  const reporting = worker.report(reportOf(jobOf(3)));
  const coordinator = await asCoordinator(commonOptions(url, prefix));
  await coordinator.publish([jobOf(3)]);
  assert.equal((await leasing)?.job.number, 3);
  await reporting;
  await worker.close();
  await coordinator.close();
});
