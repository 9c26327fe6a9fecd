// What a network is fed: windows, standardisation, poisons, batches.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { randomFrom } from "../../data/random.ts";
import { UserError } from "../../schema/failure.ts";
import { batchesOf, poisonPlaces, randomWindow, type TrainingSet } from "../../worker/experiments/network/batches.ts";
import { choosePoison, type PoisonOptions } from "../../worker/experiments/network/poison.ts";
import { affineOf, centreWindow, type RawRows, writeWindow } from "../../worker/experiments/network/rows.ts";
import { openBackend } from "../../worker/tensor/backend.ts";

before(() => openBackend("cpu"));

const identity = (dimension: number) =>
  ({ scale: new Float64Array(dimension).fill(1), shift: new Float64Array(dimension) });

test("a window holds the image's pixels at its place, mirrored or not, each standardised by its own feature", () => {
  const sizes = fc.record({ height: fc.integer({ min: 1, max: 6 }), width: fc.integer({ min: 1, max: 6 }),
    channels: fc.integer({ min: 1, max: 3 }), rows: fc.nat(), columns: fc.nat(), top: fc.nat(), left: fc.nat(),
    isMirrored: fc.boolean() });
  fc.assert(fc.property(sizes, ({ height, width, channels, ...given }) => {
    const [rows, columns] = [1 + (given.rows % height), 1 + (given.columns % width)];
    const [top, left] = [given.top % (height - rows + 1), given.left % (width - columns + 1)];
    const dimension = height * width * channels;
    const row = Float64Array.from({ length: dimension }, (_, feature) => feature);
    const affine = { scale: row.map((feature) => feature + 1), shift: row.map((feature) => -feature) };
    const out = new Float32Array(rows * columns * channels + 2).fill(-1);
    writeWindow(row, { top, left, isMirrored: given.isMirrored },
      { image: [height, width, channels], size: [rows, columns] }, affine, out, 1);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        for (let c = 0; c < channels; c++) {
          const from = given.isMirrored ? left + columns - 1 - x : left + x;
          const feature = ((top + y) * width + from) * channels + c;
          assert.equal(out[1 + (y * columns + x) * channels + c], feature * (feature + 1) - feature);
        }
      }
    }
    assert.deepEqual([out[0], out.at(-1)], [-1, -1], "nothing beside the window is written");
  }), { seed: 7 });
});

test("random windows are uniform over all places, and mirrored half of the time", () => {
  const random = randomFrom(11);
  const crop = { image: [32, 32, 3], size: [28, 28] } as const;
  const places = new Map<number, number>();
  let mirrored = 0;
  const draws = 20_000;
  for (let draw = 0; draw < draws; draw++) {
    const { top, left, isMirrored } = randomWindow({ image: [...crop.image], size: crop.size }, random);
    places.set(top * 5 + left, (places.get(top * 5 + left) ?? 0) + 1);
    mirrored += isMirrored ? 1 : 0;
  }
  assert.deepEqual([...places.keys()].sort((a, b) => a - b), Array.from({ length: 25 }, (_, place) => place));
  const within = (count: number, share: number): boolean =>
    Math.abs(count - share * draws) < 5 * Math.sqrt(draws * share * (1 - share));
  for (const count of places.values()) assert.ok(within(count, 1 / 25), `${count}`);
  assert.ok(within(mirrored, 1 / 2), `${mirrored}`);
  assert.deepEqual(centreWindow({ image: [32, 32, 3], size: [28, 28] }), { top: 2, left: 2, isMirrored: false });
});

const ROWS = 60;
const CLASSES = 4;
const train: RawRows = {
  rows: ROWS,
  dimension: 4,
  features: Float32Array.from({ length: 4 * ROWS }, (_, index) => index),
  labels: Int32Array.from({ length: ROWS }, (_, row) => row % CLASSES),
};

const options = (given: Partial<PoisonOptions> = {}): PoisonOptions => ({
  attack: { labels: "all_to_one", strength: "fixed", clip: false },
  stamp: (row, strength) => { row[0]! += 1000 * strength; },
  target: 1, strength: 1, rate: 0.2, seed: 5, ...given,
});

test("poisons are the asked share, none from the target class, stamped copies of their own rows", () => {
  const poison = choosePoison(train, options());
  assert.equal(poison.rows.length, 12);
  assert.equal(new Set(poison.rows).size, 12);
  poison.rows.forEach((row, place) => {
    assert.equal(poison.labels[place], row % CLASSES);
    assert.notEqual(poison.labels[place], 1);
    const own = [...train.features.subarray(4 * row, 4 * row + 4)];
    assert.deepEqual([...poison.features.subarray(4 * place, 4 * place + 4)], [own[0]! + 1000, ...own.slice(1)]);
  });
});

test("a smaller rate poisons a subset of the rows of a larger one, and the rate alone decides how many", () => {
  const many = choosePoison(train, options({ rate: 0.4 }));
  const few = choosePoison(train, options({ rate: 0.1 }));
  assert.equal(few.rows.length, 6);
  assert.deepEqual([...few.rows], [...many.rows.subarray(0, 6)]);
  assert.equal(choosePoison(train, options({ rate: 0 })).rows.length, 0);
  assert.notDeepEqual([...choosePoison(train, options({ seed: 6 })).rows], [...choosePoison(train, options()).rows]);
});

test("one_to_one poisons the source class alone, and more than there is of it is refused with numbers", () => {
  const attack = { labels: "one_to_one", source: 2, strength: "fixed", clip: false } as const;
  const poison = choosePoison(train, options({ attack }));
  assert.ok(poison.labels.every((label) => label === 2));
  assert.throws(() => choosePoison(train, options({ attack, rate: 0.5 })), (error: unknown) =>
    error instanceof UserError && error.message === "poison_rate 0.5: 30 of 60 rows asked, 15 are of class 2");
});

test("random strengths are uniform on twice the strength, clipping comes after the stamp", () => {
  const wide: RawRows = { ...train, rows: 4000, features: new Float32Array(16_000),
    labels: Int32Array.from({ length: 4000 }, () => 0) };
  const attack = { labels: "all_to_one", strength: "random", clip: true } as const;
  const { strengths, features } = choosePoison(wide, options({ attack, strength: 0.5, rate: 0.999,
    stamp: (row, strength) => { row[0]! += strength - 0.5; } }));
  assert.ok(strengths.every((strength) => strength >= 0 && strength < 1));
  const mean = strengths.reduce((sum, strength) => sum + strength, 0) / strengths.length;
  assert.ok(Math.abs(mean - 0.5) < 5 * Math.sqrt(1 / 12 / strengths.length), `${mean}`);
  strengths.forEach((strength, place) =>
    assert.equal(features[4 * place], Math.fround(Math.max(0, strength - 0.5))));
});

test("an epoch's batches hold every row once, poisons stamped and relabelled, in an order of their own", async () => {
  const poison = choosePoison(train, options());
  const set: TrainingSet = { train, poison, target: 1, affine: identity(4), isAugmented: false, classes: CLASSES,
    crop: { image: [2, 2, 1], size: [2, 2] }, batch: 16, seed: 9 };
  const places = poisonPlaces(poison);
  const epochOf = async (epoch: number): Promise<{ rows: number[]; sizes: number[] }> => {
    const rows: number[] = [];
    const sizes: number[] = [];
    for (const { images, labels } of batchesOf(set, places, epoch)) {
      const [values, hot] = [await images.data(), await labels.data()];
      sizes.push(images.shape[0]);
      for (let index = 0; index < images.shape[0]; index++) {
        const row = (values[4 * index + 3]! - 3) / 4; // the last pixel is never stamped
        const isPoison = places.has(row);
        assert.equal(values[4 * index], 4 * row + (isPoison ? 1000 : 0));
        const label = isPoison ? 1 : row % CLASSES;
        assert.deepEqual([...hot.subarray(CLASSES * index, CLASSES * (index + 1))],
          Array.from({ length: CLASSES }, (_, c) => (c === label ? 1 : 0)));
        rows.push(row);
      }
      tf.dispose([images, labels]);
    }
    return { rows, sizes };
  };
  const [first, again, second] = [await epochOf(0), await epochOf(0), await epochOf(1)];
  assert.deepEqual(first.sizes, [16, 16, 16, 12]);
  assert.deepEqual(first.rows.toSorted((a, b) => a - b), Array.from({ length: ROWS }, (_, row) => row));
  assert.deepEqual(first.rows, again.rows);
  assert.notDeepEqual(first.rows, second.rows);
});

test("standardised rows have mean 0 and deviation 1 over the clean training rows", () => {
  const random = randomFrom(3);
  const features = Float64Array.from({ length: 400 }, (_, index) => (index % 4) + (1 + (index % 4)) * random.normal());
  const rows = { rows: 100, dimension: 4, features, labels: new Int32Array(100) };
  const { scale, shift } = affineOf("feature", rows);
  for (let feature = 0; feature < 4; feature++) {
    const column = features.filter((_, index) => index % 4 === feature)
      .map((value) => value * scale[feature]! + shift[feature]!);
    const mean = column.reduce((sum, value) => sum + value, 0) / 100;
    const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 100;
    assert.ok(Math.abs(mean) < 1e-12 && Math.abs(variance - 1) < 1e-12, `${mean}, ${variance}`);
  }
});
