import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Labelled } from "../../data/draw.ts";
import { drawGaussian, GAUSSIAN_VERSION } from "../../data/gaussian.ts";
import { drawGlyphs, GLYPHS_VERSION } from "../../data/glyphs.ts";
import { randomFrom } from "../../data/random.ts";

const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

function digest({ features, labels }: Labelled): string {
  return createHash("sha256").update(features).update(labels).digest("hex").slice(0, 16);
}

test("what version 1 of each generator draws stays as it is", () => {
  // Not derived: stored results rest on these bits. Whoever changes them raises the version.
  assert.deepEqual([GAUSSIAN_VERSION, GLYPHS_VERSION], [1, 1]);
  const gaussian = drawGaussian(50, { dimension: 20, meanNorm: 1.5 }, randomFrom(1));
  const glyphs = drawGlyphs(50, { digits, noise: 0.05 }, randomFrom(1));
  assert.deepEqual([digest(gaussian), digest(glyphs)], ["e3ca89a9c42fa59b", "a7c835a8aa196728"]);
});

test("gaussian rows are N(±μ, I) with μ along the first axis and even classes", () => {
  const [rows, dimension, meanNorm] = [20_000, 4, 1.5];
  const { features, labels } = drawGaussian(rows, { dimension, meanNorm }, randomFrom(2));
  const ones = labels.reduce((sum, label) => sum + label, 0);
  assert.ok(Math.abs(ones - rows / 2) < 5 * Math.sqrt(rows / 4), `${ones} of ${rows} in class 1`);
  for (let a = 0; a < dimension; a++) {
    const column = (row: number, axis: number) => {
      const mean = axis === 0 ? (labels[row] === 1 ? meanNorm : -meanNorm) : 0;
      return features[row * dimension + axis]! - mean;
    };
    let mean = 0;
    for (let row = 0; row < rows; row++) mean += column(row, a) / rows;
    assert.ok(Math.abs(mean) < 5 / Math.sqrt(rows), `mean of feature ${a}: ${mean}`);
    for (let b = 0; b <= a; b++) {
      let product = 0;
      for (let row = 0; row < rows; row++) product += (column(row, a) * column(row, b)) / rows;
      const [expected, deviation] = a === b ? [1, Math.sqrt(2 / rows)] : [0, Math.sqrt(1 / rows)];
      assert.ok(Math.abs(product - expected) < 5 * deviation, `covariance ${a}, ${b}: ${product}`);
    }
  }
});

test("the best linear rule on gaussian rows errs as often as Φ(−|μ|) says", () => {
  const [rows, meanNorm] = [40_000, 1];
  const drawn = drawGaussian(rows, { dimension: 2, meanNorm }, randomFrom(3));
  let wrong = 0;
  for (let row = 0; row < rows; row++) {
    if (drawn.features[2 * row]! > 0 !== (drawn.labels[row] === 1)) wrong++;
  }
  const expected = 0.15865525393145705; // Φ(−1)
  const deviation = Math.sqrt((expected * (1 - expected)) / rows);
  assert.ok(Math.abs(wrong / rows - expected) < 5 * deviation, `${wrong} of ${rows}`);
});

test("glyphs are dark images with some ink inside, in [0, 1], all classes about as often", () => {
  const rows = 1000;
  const { features, labels } = drawGlyphs(rows, { digits, noise: 0.05 }, randomFrom(4));
  assert.ok(features.every((value) => value >= 0 && value <= 1));
  const counts = Array.from({ length: 10 }, () => 0);
  for (const label of labels) counts[label]!++;
  // Binomial(1000, 1/10): mean 100, deviation 9.5.
  assert.ok(counts.every((count) => Math.abs(count - 100) < 48), counts.join(" "));
  for (let row = 0; row < rows; row++) {
    const image = features.subarray(row * 784, (row + 1) * 784);
    const ink = image.reduce((sum, value) => sum + value, 0) / 784;
    assert.ok(ink > 0.04 && ink < 0.35, `row ${row}, digit ${labels[row]}: mean ${ink}`);
    const corners = [0, 27, 756, 783].map((pixel) => image[pixel]!);
    assert.ok(corners.every((value) => value < 0.3), `row ${row}: ink in a corner`);
  }
});

test("glyphs without noise have an empty background and noise adds what was asked", () => {
  const settings = { digits: [1], noise: 0 };
  const clean = drawGlyphs(50, settings, randomFrom(5));
  const zeros = clean.features.reduce((sum, value) => sum + (value === 0 ? 1 : 0), 0);
  assert.ok(zeros > 0.6 * clean.features.length);
  const noisy = drawGlyphs(50, { ...settings, noise: 0.1 }, randomFrom(5));
  // The same stream draws the same first strokes; half of the noise is clipped at 0.
  let square = 0;
  let count = 0;
  for (let pixel = 0; pixel < 784; pixel++) {
    if (clean.features[pixel] !== 0) continue;
    square += noisy.features[pixel]! ** 2;
    count++;
  }
  const deviation = Math.sqrt((2 * square) / count);
  assert.ok(Math.abs(deviation - 0.1) < 0.02, `noise ${deviation}`);
});

test("glyphs of chosen digits are those digits, labelled by their place", () => {
  // 0 has a hole where 1 has ink: the centre pixel tells them apart.
  const chosen = drawGlyphs(200, { digits: [1, 0], noise: 0 }, randomFrom(6));
  let agree = 0;
  for (let row = 0; row < 200; row++) {
    const image = chosen.features.subarray(row * 784, (row + 1) * 784);
    let centre = 0;
    for (let y = 12; y < 16; y++) for (let x = 12; x < 16; x++) centre += image[y * 28 + x]!;
    if ((centre > 3) === (chosen.labels[row] === 0)) agree++;
  }
  assert.ok(agree > 180, `${agree} of 200`);
});

test("glyphs can be learnt, but not from one example", () => {
  const train = drawGlyphs(800, { digits, noise: 0.05 }, randomFrom(7));
  const probe = drawGlyphs(200, { digits, noise: 0.05 }, randomFrom(8));
  const accuracy = (rows: number) => {
    let right = 0;
    for (let row = 0; row < probe.rows; row++) {
      if (train.labels[nearest(probe, row, train, rows)] === probe.labels[row]) right++;
    }
    return right / probe.rows;
  };
  const [few, many] = [accuracy(20), accuracy(800)];
  assert.ok(many > 0.85 && few < 0.75, `nearest of 20: ${few}, of 800: ${many}`);
});

function nearest(probe: Labelled, row: number, train: Labelled, rows: number): number {
  let best = 0;
  let least = Infinity;
  for (let other = 0; other < rows; other++) {
    let distance = 0;
    for (let pixel = 0; pixel < 784 && distance < least; pixel++) {
      const difference = probe.features[row * 784 + pixel]! - train.features[other * 784 + pixel]!;
      distance += difference * difference;
    }
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}
