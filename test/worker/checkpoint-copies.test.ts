// Copies of checkpoints between two workers' folders: what travels, what wins, what is left alone.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { planStudy } from "../../coordinator/plan.ts";
import { openData } from "../../data/source.ts";
import { memoryQueue } from "../../queue/memory.ts";
import { EXPERIMENTS } from "../../schema/experiments/registry.ts";
import type { Job, StudyOrder } from "../../schema/job.ts";
import { CHECKPOINT_BYTES_MAX } from "../../schema/limits.ts";
import { parseStudy } from "../../schema/study.ts";
import { bundle, unbundle } from "../../worker/checkpoint/bundle.ts";
import { CheckpointCopies, type FoundCheckpoint } from "../../worker/checkpoint/copies.ts";
import { folderCheckpoints } from "../../worker/checkpoint/folder.ts";
import { checkpointName, checkpointOwner } from "../../worker/checkpoint/name.ts";
import { encodeCheckpoint } from "../../worker/experiments/network/checkpoint.ts";
import { manualClock } from "../support/manual-clock.ts";
import { noopOrder, orderOf } from "../support/orders.ts";

const EVERY_MS = 1_000;

async function trainingOrder(): Promise<StudyOrder> {
  const parsed = parseStudy({ name: "net", experiment: "linear", data: { source: "glyphs", train: 40, test: 20 },
    attack: { trigger: { kind: "cross" } }, training: { batch: 20, prune: { at: [0.5], along: ["learning_rate"] } },
    fixed: { epochs: 9 }, axes: { poison_rate: [0, 0.1], learning_rate: [0.01, 0.1] } });
  if (!parsed.ok || parsed.spec.experiment !== "linear") throw new Error(JSON.stringify(parsed));
  const { description } = await openData(parsed.spec.data, ".");
  return orderOf(parsed.spec, planStudy(parsed.spec), description);
}
/** Two points a job: those that compete. */
const order = await trainingOrder();
const job = (number: number): Job => ({ study: order.key, number });
const VERSION: number = EXPERIMENTS.linear.version;
const nameOf = (point: number, version = VERSION): string => 
  checkpointName({ study: order.key, point, version, backend: "wasm" });
const stateOf = (point: number, epoch: number): Uint8Array =>
  encodeCheckpoint({ run: nameOf(point), epoch, curve: new Float64Array(0), arrays: [Float32Array.of(epoch)] });

/** Workers with a folder each, on one queue. */
async function setUp() {
  const clock = manualClock();
  const queue = memoryQueue(clock);
  const warnings: string[] = [];
  const worker = async () => {
    const folder = await mkdtemp(join(tmpdir(), "nearclone-copies-"));
    after(() => rm(folder, { recursive: true, force: true }));
    const found: FoundCheckpoint[] = [];
    const copies = new CheckpointCopies({ folder, queue: queue.worker, clock, everyMs: EVERY_MS,
      onFound: (one) => found.push(one), warn: (message) => warnings.push(message) });
    return { folder, store: folderCheckpoints(folder), copies, found };
  };
  return { clock, queue, worker, warnings };
}

type Setup = Awaited<ReturnType<typeof setUp>>;

/** Lets time pass until the queue has another checkpoint of the job than `former`. */
async function sent({ clock, queue }: Setup, of: Job, former: Uint8Array | null): Promise<Uint8Array> {
  for (const end = performance.now() + 10_000; performance.now() < end; await new Promise(setImmediate)) {
    clock.advance(EVERY_MS);
    const now = await queue.worker.loadCheckpoint(of);
    if (now !== null && (former === null || !Buffer.from(now).equals(former))) return now;
  }
  throw new Error("nothing was sent in 10 s");
}

test("what one worker saved is in the folder of the next that gets the job, both runs of it", async () => {
  const setup = await setUp();
  const [lost, next] = [await setup.worker(), await setup.worker()];
  const held = job(1); // points 2 and 3
  await lost.copies.begin(order, held);
  assert.deepEqual(lost.found, []);
  await lost.store.save(nameOf(2), stateOf(2, 4));
  await lost.store.save(nameOf(0), stateOf(0, 9)); // another job's
  const one = await sent(setup, held, null);
  await lost.store.save(nameOf(3), stateOf(3, 5));
  await sent(setup, held, one);
  const again: Job = { ...held };
  await next.copies.begin(order, again);
  assert.deepEqual(next.found.map(({ point, epoch, backend, isCopy }) => [point, epoch, backend, isCopy]),
    [[2, 4, "wasm", true], [3, 5, "wasm", true]]);
  assert.deepEqual(Buffer.from((await next.store.load(nameOf(3))) ?? []), Buffer.from(stateOf(3, 5)));
  assert.equal(await next.store.load(nameOf(0)), null);
  await Promise.all([lost.copies.leave(held, true), next.copies.leave(again, true)]);
});

test("a job that is given back leaves its last state at once; one that is done sends nothing more", async () => {
  const { queue, worker, warnings } = await setUp();
  const one = await worker();
  for (const [number, isDone] of [[0, false], [1, true]] as const) {
    const held = job(number);
    await one.copies.begin(order, held);
    await one.store.save(nameOf(2 * number), stateOf(2 * number, 3));
    await one.copies.leave(held, isDone);
    assert.equal((await queue.worker.loadCheckpoint(held)) === null, isDone);
  }
  assert.deepEqual(warnings, []);
});

test("the folder's own checkpoint stays where it is further, a damaged or foreign copy is left alone", async () => {
  const { queue, worker, warnings } = await setUp();
  const one = await worker();
  const never = new AbortController().signal;
  const held = job(0);
  await one.store.save(nameOf(0), stateOf(0, 7));
  const damaged = stateOf(1, 9);
  damaged[damaged.length - 40]! ^= 1;
  await queue.worker.saveCheckpoint(held, bundle([
    { name: nameOf(0), bytes: stateOf(0, 6) },
    { name: nameOf(1), bytes: damaged },
    { name: nameOf(1, VERSION + 1), bytes: stateOf(1, 9) }, // another version's
    { name: nameOf(3), bytes: stateOf(3, 9) }, // another job's
    { name: "../../escaped", bytes: stateOf(1, 9) },
  ]), never);
  await one.copies.begin(order, held);
  assert.deepEqual(one.found.map(({ point, epoch, isCopy }) => [point, epoch, isCopy]), [[0, 7, false]]);
  assert.deepEqual(await readdir(one.folder), [`${nameOf(0)}.checkpoint`]);
  await one.copies.leave(held, true);
  await queue.worker.saveCheckpoint(held, Buffer.from("no bundle at all"), never);
  await one.copies.begin(order, held);
  assert.equal(one.found.length, 2);
  await one.copies.leave(held, true);
  assert.deepEqual(warnings, []);
});

test("one too large to travel is told of once, and the run goes on", async () => {
  const { clock, queue, worker, warnings } = await setUp();
  const one = await worker();
  const held = job(0);
  await one.copies.begin(order, held);
  await writeFile(join(one.folder, `${nameOf(0)}.checkpoint`), new Uint8Array(CHECKPOINT_BYTES_MAX));
  clock.advance(EVERY_MS);
  await one.copies.leave(held, false);
  assert.equal(await queue.worker.loadCheckpoint(held), null);
  assert.deepEqual(warnings, ["job 0: its checkpoint's copy was not sent: it has 65 MiB, and a queue carries 64 MiB"]);
});

test("studies that train nothing ask the queue for nothing", async () => {
  const clock = manualClock();
  const refuse = (): never => assert.fail("asked");
  const copies = new CheckpointCopies({ folder: "nowhere", clock, everyMs: EVERY_MS,
    queue: { saveCheckpoint: refuse, loadCheckpoint: refuse }, onFound: refuse, warn: refuse });
  const plain = noopOrder({ points: 2, perJob: 1 });
  const held = { study: plain.key, number: 0 };
  await copies.begin(plain, held);
  clock.advance(10 * EVERY_MS);
  await copies.leave(held, false);
});

test("names and bundles say again what they were made of, and nothing of anything else", () => {
  assert.deepEqual(checkpointOwner(nameOf(17, 3)), { study: order.key, point: 17, version: 3, backend: "wasm" });
  for (const name of ["", "x", `${nameOf(1)}x!`, `st_1-2-v3-wasm`, `${order.key}--v1-wasm`]) assert.equal(checkpointOwner(name), null);
  const parts = [{ name: "a", bytes: Uint8Array.of(1, 2, 3) }, { name: "b", bytes: new Uint8Array(0) }, { name: "c", bytes: Uint8Array.of(9) }];
  const bytes = bundle(parts);
  assert.deepEqual(unbundle(bytes)?.map(({ name, bytes: own }) => [name, [...own]]), parts.map(({ name, bytes: own }) => [name, [...own]]));
  assert.deepEqual(unbundle(bundle([])), []);
  for (let length = 0; length < bytes.length; length++) assert.equal(unbundle(bytes.subarray(0, length)), null, `${length} bytes of it`);
});
