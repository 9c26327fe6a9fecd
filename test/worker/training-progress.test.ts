// How far a training run is, on its way from the thread that trains to whoever asks.
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import test, { after } from "node:test";
import { planStudy } from "../../coordinator/plan.ts";
import { openStore } from "../../coordinator/store/open.ts";
import { openData } from "../../data/source.ts";
import { memoryQueue } from "../../queue/memory.ts";
import type { Presence, StudyOrder, TrainingProgress } from "../../schema/job.ts";
import { PRESENCE_EVERY_MS } from "../../schema/limits.ts";
import { identityOf } from "../../schema/identity.ts";
import { parseStudy } from "../../schema/study.ts";
import { poolOf } from "../../worker/composite-pool.ts";
import { type ComputePool, openPool } from "../../worker/pool.ts";
import { openProcessPool } from "../../worker/process-pool.ts";
import { serve } from "../../worker/serve.ts";
import { putDatabase } from "../support/database.ts";
import { fakeShell } from "../support/fake-context.ts";
import { manualClock } from "../support/manual-clock.ts";
import { orderOf } from "../support/orders.ts";

const EPOCHS = 3;

async function trainingOrder(): Promise<StudyOrder> {
  const parsed = parseStudy({ name: "net", experiment: "linear", data: { source: "glyphs", train: 40, test: 20 },
    attack: { trigger: { kind: "cross" } }, training: { batch: 20 }, measure: { probes: 0 },
    fixed: { epochs: EPOCHS }, axes: { poison_rate: [0, 0.1] } });
  if (!parsed.ok || parsed.spec.experiment !== "linear") throw new Error(JSON.stringify(parsed));
  const { description } = await openData(parsed.spec.data, ".");
  return orderOf(parsed.spec, planStudy(parsed.spec), description);
}
const order = await trainingOrder();
const settings = { provider: "portable", blasPath: null, cacheBytes: 1e8, backend: "wasm", threads: 1 } as const;

async function epochsOf(pool: ComputePool): Promise<TrainingProgress[]> {
  const seen: TrainingProgress[] = [];
  try {
    const answer = await pool.measure(order, 1, (progress) => seen.push(progress));
    assert.ok(answer.ok);
    assert.equal(seen.at(-1)?.cleanAccuracy, answer.value.block.metrics["clean_accuracy"]?.[0]);
  } finally {
    await pool.close();
  }
  return seen;
}

test("each measured epoch is told, from a thread, and through a process and a pool of pools", async () => {
  const direct = await epochsOf(await openPool(settings));
  assert.deepEqual(direct.map(({ point, epoch, epochs }) => [point, epoch, epochs]),
    Array.from({ length: EPOCHS }, (_, index) => [1, index + 1, EPOCHS]));
  const process = await openProcessPool({ ...settings, onLine: () => undefined });
  assert.deepEqual(await epochsOf(poolOf([process])), direct);
});

const progress: TrainingProgress = { point: 1, epoch: 2, epochs: 9, cleanAccuracy: 0.75, attackSuccessRate: null };

test("a worker's presence has the last progress of each job that runs, and nothing of one that is over", async () => {
  const clock = manualClock();
  const { worker, coordinator } = memoryQueue(clock);
  const [stop, kill] = [new AbortController(), new AbortController()];
  const calls = new EventEmitter<{ call: [Call] }>();
  const pool: ComputePool = {
    threads: 1,
    hello: { provider: "portable", detail: "", rejected: [] },
    measure: (_, __, tell = () => undefined) => new Promise((settle) => {
      const finish = (): void => settle({ ok: false, failure: { kind: "bug", code: "unexpected", message: "over" } });
      calls.emit("call", { tell, finish });
    }),
    close: async () => {},
  };
  const begin = async (number: number): Promise<Call> => {
    const called = once(calls, "call");
    await coordinator.publish([{ study: order.key, number }]);
    const [call]: Call[] = await called;
    assert.ok(call !== undefined);
    return call;
  };
  const serving = serve({ queue: worker, pool, worker: "w", host: "h", version: "0", memoryBytes: 1e9, clock,
    stop: stop.signal, kill: kill.signal, warn: () => undefined });
  await coordinator.announce(order);
  const running = async (): Promise<Presence["running"] | undefined> => {
    clock.advance(PRESENCE_EVERY_MS);
    return (await coordinator.presences())[0]?.running;
  };
  const first = await begin(1);
  assert.deepEqual(await running(), [{ study: order.key, number: 1 }]);
  first.tell({ ...progress, epoch: 1 });
  first.tell(progress);
  assert.deepEqual(await running(), [{ study: order.key, number: 1, progress }]);
  first.finish();
  const second = await begin(0);
  first.tell({ ...progress, epoch: 3 }); // late: its job is over
  assert.deepEqual(await running(), [{ study: order.key, number: 0 }]);
  second.finish();
  stop.abort();
  await serving;
});

interface Call {
  readonly tell: (progress: TrainingProgress) => void;
  readonly finish: () => void;
}

test("status shows the runs that workers are training, and forgets them with the workers", async () => {
  const shell = await fakeShell();
  after(() => shell.remove());
  await putDatabase(join(shell.cwd, "db"));
  const store = await openStore(join(shell.cwd, "db"));
  const { spec, data } = order;
  await store.ensureStudy(order, identityOf(spec, data));
  const presence = { worker: "w1", host: "h", version: "0", provider: "portable", slots: 2, memoryBytes: 1e9, gpus: [],
    running: [{ study: order.key, number: 1, progress }, { study: order.key, number: 0 }] };
  await store.announce([presence]);
  assert.deepEqual((await store.workers()).map((one) => one.presence), [presence]);
  await store.close();
  const { stdout } = await shell.run("status", "net", "--database", "db");
  assert.match(stdout, /^trains +point +epoch +of +clean accuracy +attack success +on$/m);
  assert.match(stdout, /^job 1 +1 +2 +9 +0\.75 +w1$/m);
  assert.equal(stdout.match(/^job /gm)?.length, 1, "job 0 has not told of an epoch yet");
  const json = await shell.run("status", "net", "--database", "db", "--json");
  assert.match(json.stdout, /"training":\[\{"worker":"w1","job":1,"point":1,"epoch":2,"epochs":9,"cleanAccuracy":0\.75,"attackSuccessRate":null\}\]/);
  await shell.run("sql", "--write", "update worker set last_seen = now() - interval '1 hour'", "--database", "db");
  const later = await shell.run("status", "net", "--database", "db");
  assert.doesNotMatch(later.stdout, /trains/);
});
