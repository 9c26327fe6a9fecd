// Answers are made once for those who ask together, and never given after a command changed them.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { SharedAnswers } from "../../coordinator/api/shared-answers.ts";
import { openTestStoreParts } from "../support/database.ts";
import { type ApiBench, apiBench } from "../support/api-bench.ts";
import { phaseOrder, storePhase } from "../support/phase-study.ts";

test("who asks at the same moment gets the same answer, who asks later a new one", async () => {
  const clock = { ms: 0 };
  const shared = new SharedAnswers<number>(() => clock.ms);
  let made = 0;
  const make = async (): Promise<number> => ++made;
  assert.deepEqual(await Promise.all([shared.get("a", make), shared.get("a", make), shared.get("b", make)]), [1, 1, 2]);
  clock.ms += 1_000;
  assert.equal(await shared.get("a", make), 3);
  shared.clear();
  assert.equal(await shared.get("a", make), 4);
});

test("an error is told to those who waited for it, and tried again by the next", async () => {
  const shared = new SharedAnswers<string>(() => 0);
  const fail = async (): Promise<string> => {
    throw new Error("away");
  };
  const both = await Promise.allSettled([shared.get("a", fail), shared.get("a", fail)]);
  assert.deepEqual(both.map(({ status }) => status), ["rejected", "rejected"]);
  assert.equal(await shared.get("a", async () => "there"), "there");
});

let bench: ApiBench | undefined;
before(async () => {
  const parts = await openTestStoreParts();
  const order = phaseOrder({ name: "phase", lengthScales: 3, ridges: 2, counts: 4, replicates: 1, jobPoints: 8 });
  await storePhase(parts.store, order, (number) => number > 0);
  bench = apiBench(parts);
});
after(() => bench?.parts.store.close());

test("a command's effect is seen by the next request, in the same millisecond", async () => {
  assert.ok(bench !== undefined);
  const one = bench;
  const frozen = one.clock.now();
  Object.assign(one.clock, { now: () => frozen });
  const desired = async (): Promise<string> => JSON.stringify(await one.json("/api/studies/phase/progress"));
  assert.match(await desired(), /"desired":"active"/);
  await one.post("/api/studies/phase/control", { action: "pause" });
  assert.match(await desired(), /"desired":"paused"/);
});
