import assert from "node:assert/strict";
import { test } from "node:test";
import type { Labelled } from "../../data/draw.ts";
import { randomFrom } from "../../data/random.ts";
import { fitStandardiser } from "../../data/standardise.ts";

function labelled(dimension: number, features: readonly number[]): Labelled {
  const rows = features.length / dimension;
  return { rows, dimension, features: Float64Array.from(features), labels: new Int32Array(rows) };
}

function randomRows(rows: number, dimension: number, offset: number): Labelled {
  const random = randomFrom(rows);
  const spread = (at: number) => (1 + (at % dimension)) * random.normal() + offset;
  return labelled(dimension, Array.from({ length: rows * dimension }, (_, at) => spread(at)));
}

function momentsOf(values: readonly number[]): [number, number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return [mean, Math.sqrt(square)];
}

test("feature: every column of the training rows gets mean 0 and deviation 1", () => {
  const train = randomRows(500, 4, 3);
  const features = train.features.slice();
  fitStandardiser("feature", train).apply(features);
  for (let column = 0; column < 4; column++) {
    const [mean, deviation] = momentsOf([...features].filter((_, at) => at % 4 === column));
    assert.ok(Math.abs(mean) < 1e-12 && Math.abs(deviation - 1) < 1e-12, `column ${column}`);
  }
});

test("global: all entries together get mean 0 and deviation 1, columns keep their ratios", () => {
  const train = randomRows(500, 4, 3);
  const features = train.features.slice();
  fitStandardiser("global", train).apply(features);
  const [mean, deviation] = momentsOf([...features]);
  assert.ok(Math.abs(mean) < 1e-12 && Math.abs(deviation - 1) < 1e-12);
  const [, before] = momentsOf([...train.features]);
  const difference = (train.features[7]! - train.features[2]!) / before;
  assert.ok(Math.abs(features[7]! - features[2]! - difference) < 1e-12);
});

test("rows other than the training rows are moved by the training rows' numbers", () => {
  const train = labelled(2, [0, 10, 2, 30]);
  const features = Float64Array.of(1, 20, 3, 40);
  fitStandardiser("feature", train).apply(features);
  assert.deepEqual([...features], [0, 0, 2, 2]);
});

test("a constant feature is centred exactly, never divided by rounding error", () => {
  const train = labelled(2, Array.from({ length: 2000 }, (_, at) => (at % 2 === 0 ? 0.1 : at)));
  const features = Float64Array.of(0.1, 5, 0.7, 5);
  fitStandardiser("feature", train).apply(features);
  assert.equal(features[0], 0);
  assert.equal(features[2], 0.7 - 0.1);
});

test("rows that are all one number are centred by global too", () => {
  const features = Float64Array.of(0.1, 0.3);
  fitStandardiser("global", labelled(2, Array.from({ length: 600 }, () => 0.1))).apply(features);
  assert.deepEqual([...features], [0, 0.3 - 0.1]);
});

test("none changes nothing, and fitting never changes the training rows", () => {
  const train = randomRows(50, 3, 1);
  const before = train.features.slice();
  const features = Float64Array.of(1, 2, 3);
  fitStandardiser("none", train).apply(features);
  assert.deepEqual([...features], [1, 2, 3]);
  fitStandardiser("feature", train);
  fitStandardiser("global", train);
  assert.deepEqual(train.features, before);
});

test("large offsets cost no accuracy", () => {
  const train = randomRows(1000, 3, 1e8);
  const features = train.features.slice();
  fitStandardiser("feature", train).apply(features);
  for (let column = 0; column < 3; column++) {
    const [mean, deviation] = momentsOf([...features].filter((_, at) => at % 3 === column));
    assert.ok(Math.abs(mean) < 1e-7 && Math.abs(deviation - 1) < 1e-7);
  }
});

test("part of a row, or no row to fit to, is refused", () => {
  const standardiser = fitStandardiser("feature", randomRows(10, 3, 0));
  assert.throws(() => standardiser.apply(new Float64Array(4)), /4 features: expected whole rows/);
  assert.throws(() => fitStandardiser("feature", labelled(3, [])), { name: "UserError" });
});
