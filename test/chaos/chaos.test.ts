// A short round of every fault; `npm run chaos` plays longer ones.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { skipWithoutNats } from "../support/nats.ts";
import { skipWithoutPostgres } from "../support/postgres.ts";
import { FAULTS } from "./faults/all.ts";
import { openStage, runRound, type Stage } from "./round.ts";

const SEED = 20_261_120;
const skip = skipWithoutNats === false ? skipWithoutPostgres : skipWithoutNats;
let stage: Stage;

before(async () => {
  if (skip === false) stage = await openStage();
});
after(() => stage?.close());

FAULTS.forEach((fault, i) => {
  test(`chaos: ${fault.name}: the rows are those of an undisturbed study`, { skip }, async () => {
    const { complaints, dump } = await runRound(stage, fault, SEED + i);
    assert.deepEqual(complaints, [], dump.join("\n"));
  });
});
