// The single-machine run end to end, on an embedded store with real compute threads.
import assert from "node:assert/strict";
import test from "node:test";
import { runLocally } from "../../coordinator/local.ts";
import type { Committed, Store } from "../../coordinator/store/port.ts";
import { realClock } from "../../queue/clock.ts";
import { hashPoints } from "../../worker/experiments/noop.ts";
import { identityOf } from "../../schema/identity.ts";
import { randomFrom } from "../../data/random.ts";
import { openTestStore } from "../support/database.ts";
import { noopOrder } from "../support/orders.ts";

const order = noopOrder({ points: 5000, perJob: 100 });
const never = new AbortController().signal;

async function run(
  store: Store,
  options: { threads?: number; interrupt?: AbortSignal; kill?: AbortSignal; onCommit?: (committed: Committed) => void } = {},
): Promise<void> {
  const study = (await store.ensureStudy(order, identity)).order.key;
  await runLocally({
    store, study, clock: realClock, threads: options.threads ?? 2, provider: "auto",
    blasPath: null, cacheBytes: 1e8, version: "test",
    interrupt: options.interrupt ?? never, kill: options.kill ?? never,
    onReady: () => {}, onCommit: options.onCommit ?? (() => {}), warn: (message) => assert.fail(message),
  });
}

const identity = identityOf(order.spec, null);

test("a study that ran has every point's row, with the values the points have", async () => {
  const store = await openTestStore();
  await run(store);
  const stored: number[] = [];
  for await (const batch of store.scan(order.key, { columns: ["hash"] })) {
    stored.push(...(batch.columns["hash"] ?? []));
  }
  const expected = hashPoints(order.spec.seed, Int32Array.from({ length: 5000 }, (_, i) => i));
  assert.deepEqual(stored, [...expected]);
  const { jobs } = await store.progress(order.key);
  assert.equal(jobs.done, order.plan.jobs);
  assert.equal((await store.attempts(order.key, { limit: 1000 })).length, order.plan.jobs);
  await store.close();
});

test("a run that is interrupted at random moments ends with the rows of an undisturbed one", async () => {
  const undisturbed = await openTestStore();
  await run(undisturbed, { threads: 1 });
  const expected = await undisturbed.checksum(order.key);
  await undisturbed.close();
  const random = randomFrom(20260131);
  const store = await openTestStore();
  let isDone = false;
  for (let round = 0; !isDone; round++) {
    assert.ok(round < 50, "50 interruptions did not let the study finish");
    const controller = new AbortController();
    let commits = random.below(12);
    const ending = round % 2 === 0 ? { interrupt: controller.signal } : { kill: controller.signal };
    await run(store, {
      ...ending,
      onCommit: () => {
        if (commits-- === 0) controller.abort();
      },
    });
    const { stored, points } = await store.progress(order.key);
    isDone = stored === points;
  }
  assert.equal(await store.checksum(order.key), expected);
  const study = await store.study(order.key);
  assert.equal(study?.conflicts, 0);
  await store.close();
});
