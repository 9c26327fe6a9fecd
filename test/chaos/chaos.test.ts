// A short round of every fault; `npm run chaos` plays longer ones.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { skipWithoutNats } from "../support/nats.ts";
import { skipWithoutPostgres } from "../support/postgres.ts";
import { ROUNDS } from "./faults/all.ts";
import { openStage, type Stage } from "./round.ts";

const SEED = 20_261_120;
const skip = skipWithoutNats === false ? skipWithoutPostgres : skipWithoutNats;
let stage: Stage;

before(async () => {
  if (skip === false) stage = await openStage();
});
after(() => stage?.close());

ROUNDS.forEach((round, i) => {
  // Not every machine lets a test have a small disk of its own: that round is for those that do.
  if (round.skip !== false) return console.log(`not played: chaos: ${round.name}: ${round.skip}`);
  const title = `chaos: ${round.name}: the rows are those of an undisturbed study`;
  test(title, { skip }, async () => {
    const { complaints, dump } = await round.play(stage, SEED + i);
    assert.deepEqual(complaints, [], dump.join("\n"));
  });
});
