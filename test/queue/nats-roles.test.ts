// deploy/nats.conf, started as it is: both roles can do their work, and a worker nothing else.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { connect, type NatsConnection } from "nats";
import { connectCoordinatorQueue, connectWorkerQueue } from "../../queue/nats.ts";
import { skipWithoutNats, startNats } from "../support/nats.ts";
import { commonOptions, jobOf, reportOf, runAll, STUDY, workUntil } from "../support/nats-pair.ts";
import { noopOrder } from "../support/orders.ts";

function deployed(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return join(folder, "deploy", name);
}

const environment = {
  NEARCLONE_COORDINATOR_PASSWORD: "for-coordinator",
  NEARCLONE_WORKER_PASSWORD: "for-worker",
};

/** Resolves to the subject that the server says `connection` may not use, or null. */
async function refusedFor(connection: NatsConnection, act: () => void): Promise<string | null> {
  const statuses = connection.status()[Symbol.asyncIterator]();
  const refused = statuses.next().then(({ value }) => value.permissionContext?.subject ?? null);
  act();
  // The server refuses before it answers the flush.
  const accepted = connection
    .flush()
    .then(() => new Promise(setImmediate))
    .then(() => null);
  const subject = await Promise.race([refused, accepted]);
  await connection.close();
  return subject;
}

test(
  "nats: deploy/nats.conf lets both roles work, and a worker do nothing else",
  {
    skip: skipWithoutNats,
  },
  async () => {
    const server = await startNats({ config: deployed("nats.conf"), environment });
    const as = (user: string) => ({
      ...commonOptions(server.url, "nearclone"),
      credentials: { user, password: `for-${user}` },
    });
    const coordinator = await connectCoordinatorQueue({ ...as("coordinator"), cluster: "one" });
    const worker = await connectWorkerQueue(as("worker"));
    const order = { ...noopOrder({ points: 3, perJob: 1 }), key: STUDY };
    await coordinator.announce(order);
    await coordinator.announce({ ...order, folder: "/moved" });
    assert.equal((await worker.order(STUDY)).folder, "/moved");
    const stop = new AbortController();
    const working = workUntil(worker, { slots: 2, signal: stop.signal });
    assert.equal(await runAll(coordinator, { count: 50 }), 0);
    stop.abort();
    await working;
    await coordinator.publish([jobOf(1), jobOf(2)]);
    await (await worker.lease(AbortSignal.timeout(5_000)))?.done();
    await coordinator.withdraw(STUDY);
    await worker.announce({
      worker: "w",
      host: "h",
      version: "0",
      provider: "p",
      slots: 1,
      memoryBytes: 4e9,
      gpus: [],
      running: [],
    });
    assert.equal((await coordinator.presences()).length, 1);
    const never = new AbortController().signal;
    assert.deepEqual(await worker.saveCheckpoint(jobOf(4), Uint8Array.of(1, 2), never), { ok: true });
    assert.deepEqual([...((await worker.loadCheckpoint(jobOf(4))) ?? [])], [1, 2]);
    await coordinator.dropCheckpoints(STUDY);
    assert.equal(await worker.loadCheckpoint(jobOf(4)), null);
    await worker.report(reportOf(jobOf(3)));
    await worker.close();
    await coordinator.close();

    const raw = () => connect({ servers: server.url, user: "worker", pass: "for-worker" });
    for (const subject of [
      `nearclone.job.${STUDY}.7`,
      "nearclone.cluster",
      `nearclone.order.${STUDY}`,
      "$JS.API.STREAM.DELETE.nearclone-jobs",
      "$JS.API.STREAM.PURGE.nearclone-reports",
      "$JS.API.STREAM.PURGE.nearclone-checkpoints",
      "$JS.API.STREAM.MSG.GET.nearclone-reports",
      "$JS.API.CONSUMER.MSG.NEXT.nearclone-reports.collector",
      "$JS.ACK.nearclone-reports.collector.1.1.1.1.1",
      "nearclone.inbox.coordinator.x",
      "elsewhere",
    ]) {
      const connection = await raw();
      assert.equal(await refusedFor(connection, () => connection.publish(subject)), subject);
    }
    for (const subject of [
      "nearclone.report.>",
      "nearclone.inbox.coordinator.>",
      "nearclone.presence",
      ">",
    ]) {
      const connection = await raw();
      const listen = () => void connection.subscribe(subject, { callback: () => undefined });
      assert.equal(await refusedFor(connection, listen), subject);
    }
    await server.close();
  },
);
