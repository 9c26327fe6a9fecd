import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import type { Draw, DrawSize, Labelled } from "../../data/draw.ts";
import { memoryFiles } from "../../data/files.ts";
import { type LoadedPool, poolOf } from "../../data/pool.ts";
import { loadData } from "../../data/source.ts";
import { DataSpec } from "../../schema/data.ts";
import { idxBytes, mnistFiles } from "../support/data-bytes.ts";

/** Rows as text, so that sets of rows can be compared. */
function rowsOf({ rows, dimension, features, labels }: Labelled): string[] {
  return Array.from({ length: rows }, (_, row) =>
    [labels[row], ...features.subarray(row * dimension, (row + 1) * dimension)].join());
}

const sets = (draw: Draw) => ({
  train: rowsOf(draw.train),
  test: rowsOf(draw.test),
  bases: rowsOf(draw.bases),
});

/** MNIST files of 1×2 images that hold their row's number, so that no two rows are equal. */
function numbered(train: number, test: number): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const [name, rows, set] of [["train", train, 0], ["t10k", test, 128]] as const) {
    const pixels = new Uint8Array(rows * 2);
    for (let row = 0; row < rows; row++) pixels.set([row % 256, set + (row >> 8)], row * 2);
    const labels = Uint8Array.from({ length: rows }, (_, row) => row % 10);
    files.set(`${name}-images-idx3-ubyte`, idxBytes([rows, 1, 2], pixels));
    files.set(`${name}-labels-idx1-ubyte`, idxBytes([rows], labels));
  }
  return files;
}

async function load(spec: object, files = numbered(1000, 500)): Promise<LoadedPool> {
  return loadData(DataSpec.parse({ train: 1, test: 1, ...spec }), memoryFiles("memory", files));
}

const POOLS: Readonly<Record<string, () => Promise<LoadedPool>>> = {
  "apart files": () => load({ source: "mnist" }),
  "one file": () => load({ source: "mnist", split: "test" }),
  gaussian: () => load({ source: "gaussian", dimension: 3, mean_norm: 1 }),
  glyphs: () => load({ source: "glyphs" }),
};

for (const [name, open] of Object.entries(POOLS)) {
  test(`${name}: a draw has the rows asked for, all different`, async () => {
    const pool = await open();
    const draw = pool.draw({ train: 100, test: 50, bases: 30 }, 1);
    const { train, test, bases } = sets(draw);
    assert.deepEqual([train.length, test.length, bases.length], [100, 50, 30]);
    assert.equal(new Set([...train, ...test, ...bases]).size, 180);
  });

  test(`${name}: the same seed draws the same, another seed does not`, async () => {
    const pool = await open();
    const size: DrawSize = { train: 40, test: 20, bases: 10 };
    assert.deepEqual(pool.draw(size, 5), pool.draw(size, 5));
    const [five, six] = [sets(pool.draw(size, 5)), sets(pool.draw(size, 6))];
    for (const set of ["train", "test", "bases"] as const) assert.notDeepEqual(five[set], six[set]);
  });

  test(`${name}: more bases leave train, test and the first bases as they are`, async () => {
    const pool = await open();
    const few = sets(pool.draw({ train: 40, test: 20, bases: 7 }, 3));
    const many = sets(pool.draw({ train: 40, test: 20, bases: 60 }, 3));
    assert.deepEqual([many.train, many.test], [few.train, few.test]);
    assert.deepEqual(many.bases.slice(0, 7), few.bases);
    assert.deepEqual(sets(pool.draw({ train: 40, test: 20, bases: 0 }, 3)).bases, []);
  });

  test(`${name}: the test rows do not depend on how many training rows are asked`, async () => {
    const pool = await open();
    const small = sets(pool.draw({ train: 40, test: 20, bases: 7 }, 3));
    const large = sets(pool.draw({ train: 90, test: 20, bases: 7 }, 3));
    assert.deepEqual(large.test, small.test);
  });

  test(`${name}: a pool rebuilt from its shared form draws the same`, async () => {
    const pool = await open();
    const again = poolOf(structuredClone(pool.share()));
    const size = { train: 20, test: 10, bases: 5 };
    assert.deepEqual(again.draw(size, 9), pool.draw(size, 9));
    assert.equal(again.fingerprint, pool.fingerprint);
  });

  test(`${name}: another thread draws the same`, async () => {
    const pool = await open();
    const script = new URL("../support/draw-thread.js", import.meta.url);
    const thread = new Worker(script, { workerData: { shared: pool.share(), seed: 9 } });
    const [draw] = await once(thread, "message");
    assert.deepEqual(draw, pool.draw({ train: 20, test: 10, bases: 5 }, 9));
  });
}

test("rows are shared with a thread, not copied", async () => {
  const pool = (await load({ source: "mnist" })).share();
  const clone = structuredClone(pool);
  assert.ok(pool.kind === "rows" && clone.kind === "rows");
  assert.ok(pool.train.values instanceof Uint8Array);
  pool.train.values[0] = 77;
  pool.train.labels[0] = 5;
  assert.deepEqual([clone.train.values[0], clone.train.labels[0]], [77, 5]);
});

test("train rows and bases come from the train file, test rows from the test file", async () => {
  const draw = (await load({ source: "mnist" })).draw({ train: 600, test: 500, bases: 400 }, 2);
  const isTest = (set: Labelled) => set.features.filter((_, at) => at % 2 === 1)
    .map((value) => (value * 255 >= 128 ? 1 : 0));
  assert.ok(isTest(draw.train).every((flag) => flag === 0));
  assert.ok(isTest(draw.bases).every((flag) => flag === 0));
  assert.ok(isTest(draw.test).every((flag) => flag === 1));
});

test("a draw of everything is a shuffle of the file, its labels still on their rows", async () => {
  const pool = await load({ source: "mnist", split: "test" }, numbered(1, 500));
  const { train, test, bases } = pool.draw({ train: 200, test: 200, bases: 100 }, 4);
  const numbers: number[] = [];
  for (const set of [train, test, bases]) {
    for (let row = 0; row < set.rows; row++) {
      const [low = 0, high = 0] = set.features.subarray(2 * row, 2 * row + 2);
      const number = Math.round(low * 255) + 256 * (Math.round(high * 255) - 128);
      assert.equal(set.labels[row], number % 10);
      numbers.push(number);
    }
  }
  assert.deepEqual(numbers.toSorted((a, b) => a - b), Array.from({ length: 500 }, (_, i) => i));
});

test("every row is as likely to be drawn as any other", async () => {
  const pool = await load({ source: "mnist", split: "test" }, numbered(1, 50));
  const counts = new Float64Array(50);
  for (let seed = 0; seed < 2000; seed++) {
    const { train } = pool.draw({ train: 10, test: 10, bases: 10 }, seed);
    for (let row = 0; row < 10; row++) counts[Math.round(train.features[2 * row]! * 255)]!++;
  }
  // Binomial(2000, 1/5): mean 400, deviation 17.9.
  for (const [row, count] of counts.entries()) {
    assert.ok(Math.abs(count - 400) < 90, `row ${row} drawn ${count} times`);
  }
});

test("a class filter keeps those classes and renumbers them in its order", async () => {
  const pool = await load({ source: "mnist", classes: [7, 2] });
  const { train, classes } = pool.draw({ train: 200, test: 10, bases: 0 }, 1);
  assert.equal(classes, 2);
  for (let row = 0; row < 200; row++) {
    const number = Math.round(train.features[2 * row]! * 255);
    const high = Math.round(train.features[2 * row + 1]! * 255);
    assert.equal([7, 2][train.labels[row]!], (number + 256 * high) % 10);
  }
});

test("too few rows for the bases, or for the test rows, are named with what is left", async () => {
  const apart = await load({ source: "mnist" });
  assert.throws(() => apart.draw({ train: 900, test: 10, bases: 101 }, 1), {
    name: "UserError",
    message: "data: 101 poison bases asked, train-images-idx3-ubyte has 100 left after " +
      "900 training rows",
  });
  assert.throws(() => apart.draw({ train: 1, test: 501, bases: 0 }, 1), {
    message: "data: 501 test rows asked, t10k-images-idx3-ubyte has 500 left",
  });
  const shared = await load({ source: "mnist", split: "test", classes: [1, 2] });
  assert.throws(() => shared.draw({ train: 60, test: 30, bases: 11 }, 1), {
    message: "data: 11 poison bases asked, t10k-images-idx3-ubyte of classes 1, 2 has 10 left " +
      "after 30 test rows and 60 training rows",
  });
  assert.throws(() => shared.draw({ train: -1, test: 1, bases: 1 }, 1), RangeError);
});

test("pixels are divided by 255, exactly", async () => {
  const pool = await load({ source: "mnist" }, mnistFiles(256, 10));
  const { train } = pool.draw({ train: 256, test: 1, bases: 0 }, 1);
  const seen = new Set(train.features);
  for (let byte = 0; byte < 256; byte++) assert.ok(seen.has(byte / 255));
  assert.equal(seen.size, 256);
});
