import assert from "node:assert/strict";
import test from "node:test";
import { connect } from "nats";
import { connectWorkerQueue, type NatsOptions } from "../../queue/nats.ts";
import { commonOptions, jobOf, reportOf, STUDY } from "../support/nats-pair.ts";
import { asCoordinator, natsTest, refuses } from "../support/nats-test.ts";

const JETSTREAM = "jetstream { store_dir: $NEARCLONE_NATS_STORE }";
test("nats: a server that is not there is named, within the time given", async () => {
  const options = commonOptions("nats://user:secret@127.0.0.1:9", "x");
  const started = performance.now();
  await refuses(
    connectWorkerQueue({ ...options, times: { connectMs: 400 } }),
    /^nats:\/\/127\.0\.0\.1:9: connection refused for 0 s: start nats-server -js/,
  );
  assert.ok(performance.now() - started < 10_000);
});

test("nats: servers and prefixes that cannot be are refused as they are written", async () => {
  const refused = (servers: string, prefix: string) =>
    connectWorkerQueue(commonOptions(servers, prefix));
  await refuses(refused("http://host:1", "x"), /"http:\/\/host:1": expected nats:\/\/host:port/);
  await refuses(refused("nats://", "x"), /expected nats:\/\/host:port/);
  await refuses(refused("http://me:secret@host:1", "x"), /^NATS server "http:\/\/…@host:1": expected/);
  await refuses(refused("nats://me:50%ecret@host:1", "x"), /^NATS server host:1: user or password: .*%25 for one$/);
  await refuses(refused("host", "a.b"), /prefix "a\.b": expected/);
  await refuses(
    asCoordinator(commonOptions("host", "x"), "my database"),
    /cluster "my database": expected/,
  );
});

natsTest(
  "a server without JetStream is told how to have it",
  async ({ url }) => {
    const says = [/JetStream is not enabled on this server: start it with -js/, /127\.0\.0\.1/];
    await refuses(connectWorkerQueue(commonOptions(url, "x")), ...says);
    await refuses(asCoordinator(commonOptions(url, "x")), ...says);
  },
  { jetStream: false },
);

natsTest(
  "credentials that are wrong or missing are named",
  async ({ url }) => {
    const options = commonOptions(url, "x");
    await refuses(connectWorkerQueue(options), /asks for credentials and none were given/);
    const credentials = { user: "worker", password: "wrong" };
    await refuses(connectWorkerQueue({ ...options, credentials }), /refused user "worker": check/);
    const inUrl = url.replace("//", "//worker:right@");
    await (await connectWorkerQueue(commonOptions(inUrl, "x"))).close();
  },
  { config: `${JETSTREAM}\nauthorization { user: worker, password: right }` },
);

natsTest(
  "a payload limit below one batch is named, with the setting",
  async ({ url }) => {
    await refuses(
      connectWorkerQueue(commonOptions(url, "x")),
      /max_payload is 32768 bytes/,
      /raise max_payload/,
    );
  },
  { config: `${JETSTREAM}\nmax_payload: 32KB` },
);

natsTest(
  "a store without room for the streams is named, with the setting",
  async ({ url }) => {
    await refuses(
      asCoordinator(commonOptions(url, "x")),
      /no room for streams/,
      /raise max_file_store/,
    );
  },
  { config: "jetstream { store_dir: $NEARCLONE_NATS_STORE, max_file_store: 64MB }" },
);

const LACKING = ["x.report.*", "$JS.API.CONSUMER.MSG.NEXT.x-jobs.workers", "$JS.API.INFO"];
const permissions = LACKING.map(
  (subject, index) =>
    `{ user: w${index}, password: p, permissions: { publish: { deny: ["${subject}"] } } }`,
);
natsTest(
  "a permission that is missing is named, with user and subject",
  async ({ url }) => {
    const as = (user: string): NatsOptions => ({
      ...commonOptions(url, "x"),
      credentials: { user, password: "p" },
    });
    const coordinator = await asCoordinator(as("c"));
    const lacksReport = await connectWorkerQueue(as("w0"));
    await assert.rejects(lacksReport.report(reportOf(jobOf(0))), {
      name: "UserError",
      message: `${url}: user "w0" may not publish to "x.report.${STUDY}": grant it as in deploy/nats.conf`,
    });
    const lacksLease = await connectWorkerQueue(as("w1"));
    await assert.rejects(
      lacksLease.lease(AbortSignal.timeout(5_000)),
      /"w1" may not publish to ".*NEXT\.x-jobs\.workers"/,
    );
    await refuses(connectWorkerQueue(as("w2")), /"w2" may not publish to "\$JS\.API\.INFO"/);
    await refuses(
      connectWorkerQueue(as("deaf")),
      /"deaf" may not subscribe to "x\.inbox\.worker\./,
    );
    for (const queue of [lacksReport, lacksLease, coordinator]) await queue.close();
  },
  {
    config: `${JETSTREAM}
authorization { users = [
  { user: c, password: p }
  { user: deaf, password: p, permissions: { subscribe: { deny: ["x.inbox.>"] } } }
  ${permissions.join("\n  ")}
] }`,
  },
);

const STARTS = 20;

natsTest("streams that are being made are not asked for messages, which ends servers of 2.9", async (server) => {
  const observer = await connect({ servers: server.url });
  const manager = await observer.jetstreamManager();
  for (let i = 0; i < STARTS; i++) {
    const options = commonOptions(server.url, `start-${i}`);
    const programs = await Promise.all([asCoordinator(options), connectWorkerQueue(options), connectWorkerQueue(options)]);
    await Promise.all(programs.map((program) => program.close()));
    for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name);
  }
  await observer.close();
  assert.deepEqual(server.panics, []);
});
