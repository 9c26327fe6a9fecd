// Checkpoints over NATS when things go wrong: torn, mixed, no room, nobody there.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { connect, type NatsConnection } from "nats";
import { type NatsServer, skipWithoutNats, startNats } from "../support/nats.ts";
import { jobOf, openPair, SHORT_TIMES } from "../support/nats-pair.ts";

const options = { skip: skipWithoutNats };
const never = new AbortController().signal;
const job = jobOf(5);
const filled = (length: number, byte: number): Buffer => Buffer.alloc(length, byte);

let server: NatsServer;
let raw: NatsConnection;
before(async () => {
  if (skipWithoutNats !== false) return;
  server = await startNats();
  raw = await connect({ servers: server.url });
});
after(async () => {
  if (skipWithoutNats !== false) return;
  await raw.close();
  await server.close();
});

/** The subjects of a job's messages with what they hold. */
async function stored(prefix: string): Promise<Map<string, number>> {
  const jetStream = await raw.jetstreamManager();
  const { state } = await jetStream.streams.info(`${prefix}-checkpoints`, { subjects_filter: ">" });
  return new Map(Object.entries(state.subjects ?? {}));
}

test("nats: a checkpoint whose pieces another worker overwrote is not believed, the one before is", options, async () => {
  const pair = await openPair(server.url);
  const [first, second] = [filled(2_000_000, 1), filled(2_000_000, 2)];
  await pair.worker.saveCheckpoint(job, first, never);
  const before = await stored(pair.prefix);
  await pair.worker.saveCheckpoint(job, second, never);
  const added = [...(await stored(pair.prefix)).keys()].filter((subject) => !before.has(subject));
  assert.ok(second.equals((await pair.worker.loadCheckpoint(job)) ?? filled(0, 0)));
  const piece = added.find((subject) => subject.endsWith(".1"));
  assert.ok(piece !== undefined, added.join());
  await raw.request(piece, filled(700_000, 3));
  assert.ok(first.equals((await pair.worker.loadCheckpoint(job)) ?? filled(0, 0)));
  await raw.request(piece.replace(/\.1$/, ""), Buffer.from("no head"));
  assert.ok(first.equals((await pair.worker.loadCheckpoint(job)) ?? filled(0, 0)));
  await pair.close();
});

test("nats: a job's checkpoints take at most twice the largest's room, however many are saved", options, async () => {
  const pair = await openPair(server.url);
  for (let time = 0; time < 6; time++) await pair.worker.saveCheckpoint(job, filled(1_000_000, time), never);
  const jetStream = await raw.jetstreamManager();
  const { state } = await jetStream.streams.info(`${pair.prefix}-checkpoints`);
  assert.ok(state.bytes < 2_010_000, `${state.bytes} bytes`);
  await pair.coordinator.dropCheckpoints(job.study, job.number);
  assert.equal((await stored(pair.prefix)).size, 0);
  await pair.close();
});

test("nats: where there is no room the checkpoint before stays, and the worker is told", options, async () => {
  const pair = await openPair(server.url, { coordinator: { checkpointsBytesMax: 3_000_000 } });
  const first = filled(2_000_000, 1);
  assert.deepEqual(await pair.worker.saveCheckpoint(job, first, never), { ok: true });
  const refused = await pair.worker.saveCheckpoint(job, filled(2_000_000, 2), never);
  assert.ok(!refused.ok && /maximum bytes/.test(refused.why), JSON.stringify(refused));
  assert.ok(first.equals((await pair.worker.loadCheckpoint(job)) ?? filled(0, 0)));
  await pair.close();
});

test("nats: without a broker, or a stream, nothing is kept and nobody waits", options, async () => {
  const lonely = await startNats();
  const pair = await openPair(lonely.url);
  await pair.coordinator.close();
  const other = await connect({ servers: lonely.url });
  await (await other.jetstreamManager()).streams.delete(`${pair.prefix}-checkpoints`);
  await other.close();
  assert.equal((await pair.worker.saveCheckpoint(job, filled(10, 1), never)).ok, false);
  assert.equal(await pair.worker.loadCheckpoint(job), null);
  await lonely.stop();
  await pair.until(({ kind }) => kind === "disconnected");
  const askedMs = performance.now();
  assert.equal((await pair.worker.saveCheckpoint(job, filled(10, 1), never)).ok, false);
  assert.equal(await pair.worker.loadCheckpoint(job), null);
  assert.ok(performance.now() - askedMs < 5 * SHORT_TIMES.requestMs);
  await pair.worker.close();
  await lonely.close();
});
