// Server-sent progress: a snapshot, then deltas; resumed by id; a snapshot again after a restart.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { EventHub, type HubEvent } from "../../coordinator/api/event-hub.ts";
import { ProgressReader } from "../../coordinator/api/progress.ts";
import type { StoreParts } from "../../coordinator/store/open.ts";
import { openTestStoreParts } from "../support/database.ts";
import { manualClock } from "../support/manual-clock.ts";
import { phaseOrder, phaseReport, storePhase } from "../support/phase-study.ts";

const order = phaseOrder({ name: "phase", lengthScales: 6, ridges: 3, counts: 5, replicates: 1, jobPoints: 5 });
let parts: StoreParts | undefined;
before(async () => {
  parts = await openTestStoreParts();
  await storePhase(parts.store, order, (number) => number < 3);
});
after(() => parts?.store.close());

function hubOf(boot = "boot") {
  if (parts === undefined) throw new Error("the store did not open");
  const { store, database } = parts;
  const clock = manualClock();
  const progress = new ProgressReader(store, database, () => clock.now());
  return { hub: new EventHub({ store, progress, clock, boot }), clock, store };
}

/** A listener that can be waited on. */
function ear() {
  const heard: HubEvent[] = [];
  const waiting: (() => void)[] = [];
  return {
    heard,
    listen: (event: HubEvent): void => {
      heard.push(event);
      waiting.splice(0).forEach((wake) => wake());
    },
    until: async (count: number): Promise<void> => {
      while (heard.length < count) await new Promise<void>((wake) => waiting.push(wake));
    },
  };
}

test("a reader gets a snapshot, then only what changed, and after a break only what it missed", async () => {
  const { hub, clock, store } = hubOf();
  const first = ear();
  const leave = await hub.subscribe(undefined, first.listen);
  assert.deepEqual(first.heard.map(({ event }) => event), ["snapshot"]);
  assert.match(first.heard[0]?.data ?? "", /"stored":15/);
  await store.commit([phaseReport(order, 3)]);
  clock.advance(1_000);
  await first.until(2);
  const delta = first.heard[1];
  assert.equal(delta?.event, "progress");
  assert.match(delta?.data ?? "", /"stored":20/);
  assert.doesNotMatch(delta?.data ?? "", /"points":/);
  assert.ok((delta?.data.length ?? 0) < 300, delta?.data);
  // Another reader stays; the first is cut off, misses one change, and comes back.
  const second = ear();
  await hub.subscribe(undefined, second.listen);
  leave();
  await store.commit([phaseReport(order, 4)]);
  clock.advance(1_000);
  await second.until(2);
  const back = ear();
  await hub.subscribe(delta?.id, back.listen);
  assert.deepEqual(back.heard.map(({ event }) => event), ["progress"]);
  assert.match(back.heard[0]?.data ?? "", /"stored":25/);
  hub.close();
});

test("an id of another server, or one too old to know, is answered with a snapshot", async () => {
  const { hub } = hubOf("after");
  for (const id of ["before.3", "after.99", "nonsense"]) {
    const reader = ear();
    await hub.subscribe(id, reader.listen);
    assert.deepEqual(reader.heard.map(({ event }) => event), ["snapshot"], id);
  }
  hub.close();
});

test("with nobody listening the database is left alone", async () => {
  const { hub, clock } = hubOf();
  const leave = await hub.subscribe(undefined, () => {});
  leave();
  clock.advance(60_000);
  assert.equal(hub.listeners, 0);
});
