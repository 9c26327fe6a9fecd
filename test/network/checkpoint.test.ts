// Checkpoints: what is encoded is decoded, bit for bit, and nothing else is taken for one.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { folderCheckpoints } from "../../worker/checkpoint/folder.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../worker/experiments/network/checkpoint.ts";
import { curveFrom, CURVE_WIDTH, flatCurve, lag, onset } from "../../worker/experiments/network/curve.ts";

const checkpoints = fc.record({
  run: fc.string({ maxLength: 40 }),
  epoch: fc.nat(),
  curve: fc.float64Array({ maxLength: 30 }),
  arrays: fc.array(fc.float32Array({ maxLength: 50 }), { maxLength: 6 }),
}, { noNullPrototype: true });

test("a checkpoint comes back as it was, NaN and infinities included", () => {
  fc.assert(fc.property(checkpoints, (checkpoint) => {
    const bytes = encodeCheckpoint(checkpoint);
    assert.deepEqual(decodeCheckpoint(bytes), checkpoint);
    // As part of what came over a wire: at any place of a larger memory.
    const within = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
    assert.deepEqual(decodeCheckpoint(within), checkpoint);
  }), { seed: 1, numRuns: 200 });
});

test("a checkpoint with a byte changed, or cut short anywhere, is none", () => {
  const bytes = encodeCheckpoint({ run: "st_1-0", epoch: 3, curve: Float64Array.of(1, Number.NaN),
    arrays: [Float32Array.of(1, 2, 3)] });
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at]! ^= 1;
    assert.equal(decodeCheckpoint(damaged), null, `byte ${at}`);
    assert.equal(decodeCheckpoint(bytes.slice(0, at)), null, `cut at ${at}`);
  }
  assert.equal(decodeCheckpoint(new TextEncoder().encode("not a checkpoint")), null);
});

test("a folder keeps the last checkpoint of each name, whole, and forgets what is removed", async (t) => {
  const folder = join(mkdtempSync(join(tmpdir(), "checkpoints-")), "made");
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const store = folderCheckpoints(folder);
  assert.equal(await store.load("st_1-0"), null);
  await store.save("st_1-0", Uint8Array.of(1, 2));
  await store.save("st_1-1", Uint8Array.of(9));
  await store.save("st_1-0", Uint8Array.of(3));
  assert.deepEqual([...(await store.load("st_1-0")) ?? []], [3]);
  assert.deepEqual(readdirSync(folder).sort(), ["st_1-0.checkpoint", "st_1-1.checkpoint"], "nothing left beside");
  writeFileSync(join(folder, "st_1-0.checkpoint.77.part"), "half");
  assert.deepEqual([...(await store.load("st_1-0")) ?? []], [3]);
  await store.remove("st_1-0");
  await store.remove("st_1-0");
  assert.equal(await store.load("st_1-0"), null);
  await assert.rejects(async () => store.load("../outside"), /not a name/);
});

test("a curve is laid out and read back, and its onsets are the first epochs that reach the threshold", () => {
  const rows = [0, 1, 2, 4].map((epoch) => ({ epoch, attack_success_rate: epoch / 4, train_loss: Number.NaN }));
  const flat = flatCurve(rows);
  assert.equal(flat.length, 4 * CURVE_WIDTH);
  const back = curveFrom(flat);
  assert.deepEqual(back.map((row) => row["attack_success_rate"]), [0, 0.25, 0.5, 1]);
  assert.deepEqual(back.map(({ epoch }) => epoch), [0, 1, 2, 4]);
  assert.equal(onset(back, "attack_success_rate", 0.5), 2);
  assert.equal(onset(back, "attack_success_rate", 0.9), 4);
  assert.equal(onset(back, "train_loss", 0), Infinity);
  assert.equal(lag(2, 4), -2);
  assert.equal(lag(2, Infinity), -Infinity);
  assert.ok(Number.isNaN(lag(Infinity, 4)));
});
