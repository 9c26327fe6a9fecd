// A training run whose worker is killed goes on elsewhere, on a machine that shares no folder with it.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { openStore } from "../../coordinator/store/open.ts";
import type { Store } from "../../coordinator/store/port.ts";
import { connectWorkerQueue } from "../../queue/nats.ts";
import type { WorkerQueue } from "../../queue/port.ts";
import type { StudyKey } from "../../schema/job.ts";
import { unbundle } from "../../worker/checkpoint/bundle.ts";
import { decodeCheckpoint } from "../../worker/experiments/network/checkpoint.ts";
import { type Cluster, logLines, skipWithoutCluster, startCluster, until } from "../support/cluster.ts";
import { type FakeShell, shellWithDatabase } from "../support/fake-context.ts";
import type { Program } from "../support/program.ts";

const options = { skip: skipWithoutCluster };
let cluster: Cluster;
let alone: FakeShell;
let coordinator: Program;
/** As a worker sees it: what lies there for whoever gets a job next. */
let queue: WorkerQueue;

before(async () => {
  if (skipWithoutCluster !== false) return;
  alone = await shellWithDatabase();
  cluster = await startCluster();
  coordinator = cluster.coordinator();
  await coordinator.says(/"leading"/);
  queue = await connectWorkerQueue({ servers: cluster.natsFor("worker"), name: "onlooker", version: "0" });
});
after(async () => {
  if (skipWithoutCluster !== false) return;
  await queue.close();
  await cluster.close();
  await alone.remove();
});

/** One run, of seconds, whose epochs draw order and windows anew. */
const training = (name: string, epochs: number): string => `name: ${name}
experiment: cnn
model: small
data: { source: glyphs, train: 96, test: 20, noise: 0.1, standardise: global }
attack: { trigger: { kind: cross } }
training: { batch: 16, crop: 12, checkpoint_every: 1, schedule: cosine }
measure: { probes: 2, every: 4 }
fixed: { epochs: ${epochs}, learning_rate: 0.05, augmentation: 1, weight_decay: 0.001 }
axes: { poison_rate: [0.1] }
`;

/** Epochs that a worker which came now would go on from; 0 for none. */
async function epochsKept(study: StudyKey): Promise<number> {
  const bytes = await queue.loadCheckpoint({ study, number: 0 });
  const [only] = bytes === null ? [] : (unbundle(bytes) ?? []);
  return only === undefined ? 0 : (decodeCheckpoint(only.bytes)?.epoch ?? 0);
}

async function submitted(name: string, epochs: number): Promise<StudyKey> {
  await cluster.write(`${name}.yaml`, training(name, epochs));
  const { code, stderr } = await cluster.command("submit", `${name}.yaml`);
  assert.equal(code, 0, stderr);
  return (await cluster.study(name)).order.key;
}

const worker = (name: string): Promise<Program> => cluster.worker(name, "--backend", "wasm", "--grace", "0");

/** Rows by checksum, and the learning curve to the bit. */
async function outcome(store: Store, name: string): Promise<unknown> {
  const study = await store.study(name);
  assert.ok(study !== null);
  const curve = await store.sql("select to_jsonb(c) - 'study' as row from network_curve c order by point, epoch");
  assert.ok(curve.rows.length >= 10);
  return { rows: await store.checksum(study.order.key), curve: curve.rows };
}

async function outcomeAlone(name: string, epochs: number): Promise<unknown> {
  await writeFile(join(alone.cwd, `${name}.yaml`), training(name, epochs));
  const { code, stderr } = await alone.run("run", `${name}.yaml`, "--provider", "portable", "--threads", "1", "--backend", "wasm");
  assert.equal(code, 0, stderr);
  const store = await openStore(join(alone.cwd, ".nearclone/db"));
  try {
    return await outcome(store, name);
  } finally {
    await store.close();
  }
}

test("a run goes on where a killed worker's and a stopped worker's copies have it, and ends with the same bits", options, async () => {
  const epochs = 40;
  const key = await submitted("torn", epochs);
  const first = await worker("first");
  await until("a checkpoint is in the queue", async () => (await epochsKept(key)) >= 3);
  first.signal("SIGKILL");
  await first.ended;
  const left = await epochsKept(key);
  const second = await worker("second");
  const [, from] = await second.says(/"epoch":(\d+),[^\n]*"msg":"goes on from a checkpoint"/);
  assert.equal(Number(from), left);
  await until("the second worker went further", async () => (await epochsKept(key)) >= left + 3);
  second.signal("SIGTERM");
  await second.ended;
  const handed = await epochsKept(key);
  const third = await worker("third");
  await coordinator.says(/"name":"torn","msg":"study complete"/);
  const goesOn = logLines(third).find(({ msg }) => msg === "goes on from a checkpoint");
  assert.deepEqual([goesOn?.["epoch"], goesOn?.["from"]], [handed, "queue"]);
  assert.ok(handed < epochs, "it was not done before");
  const attempts = await cluster.store.attempts(key, { limit: 10 });
  assert.deepEqual(attempts.map(({ outcome: { kind } }) => kind).sort(), ["done", "failed", "interrupted"]);
  await until("the checkpoint is dropped", async () => (await queue.loadCheckpoint({ study: key, number: 0 })) === null);
  assert.deepEqual(await outcome(cluster.store, "torn"), await outcomeAlone("torn", epochs));
  third.signal("SIGTERM");
  await third.ended;
});

test("the checkpoint of a study that is cancelled is dropped", options, async () => {
  const key = await submitted("dropped", 5_000);
  const only = await worker("only");
  await until("a checkpoint is in the queue", async () => (await epochsKept(key)) > 0);
  only.signal("SIGKILL");
  await only.ended;
  assert.equal((await cluster.command("pause", "dropped")).code, 0);
  await coordinator.says(/"name":"dropped","msg":"study released"/);
  assert.ok((await epochsKept(key)) > 0, "a paused one's stays");
  assert.equal((await cluster.command("resume", "dropped")).code, 0);
  await coordinator.says(/"name":"dropped","msg":"study released"[^]*"name":"dropped","msg":"study taken up"/);
  assert.equal((await cluster.command("cancel", "dropped")).code, 0);
  await until("the checkpoint is dropped", async () => (await epochsKept(key)) === 0);
});
