// Kernel values and distances against plain formulas, where digits are easily lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decay, FLUSH_BELOW } from "../../worker/experiments/kernel/exponential.ts";
import {
  columnMean,
  shiftColumns,
  squaredDistances,
  squaredDistancesWithin,
} from "../../worker/experiments/kernel/distance.ts";
import { kernelMap } from "../../worker/experiments/kernel/kernel-map.ts";
import { medianDistance } from "../../worker/experiments/kernel/median.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import { matrix, type Matrix } from "../../worker/linalg/matrix.ts";
import { mulberry } from "../krr/problems.ts";

const { provider: linalg } = openProvider("portable");

function randomRows(dimension: number, count: number, seed: number): Matrix {
  const random = mulberry(seed);
  const data = Float64Array.from({ length: dimension * count }, () => random() - 0.3);
  return matrix(dimension, count, data);
}

function exactSquare(x: Matrix, i: number, z: Matrix, j: number): number {
  let sum = 0;
  for (let f = 0; f < x.rows; f++) sum += (x.data[f + i * x.rows]! - z.data[f + j * z.rows]!) ** 2;
  return sum;
}

test("decay is e^x to 1e-15 down to the flush, and 0 below it", () => {
  for (let x = 0; x >= -230.2585; x -= 0.00137) {
    const want = Math.exp(x);
    assert.ok(Math.abs(decay(x) - want) <= 1e-15 * want, `e^${x}: got ${decay(x)}, wanted ${want}`);
  }
  assert.equal(decay(0), 1);
  assert.ok(decay(-230.2585) >= FLUSH_BELOW);
  for (const x of [-230.2586, -700, -1e300, -Infinity]) assert.equal(decay(x), 0);
  assert.ok(Number.isNaN(decay(Number.NaN)));
});

test("no kernel value lies between 0 and the flush", () => {
  const source = Float64Array.from({ length: 4000 }, (_, i) => 1.01 ** i * 1e-9);
  for (const name of ["rbf", "laplace", "matern32", "matern52"] as const) {
    const out = new Float64Array(source.length);
    kernelMap({ name, length_scale_unit: "absolute" }, 0.1, 1).fill(source, out, 0, source.length);
    assert.ok(out.some((value) => value === 0) && out.some((value) => value > 0.5));
    for (const value of out) assert.ok(value === 0 || value >= FLUSH_BELOW, `${name}: ${value}`);
  }
  const tiny = Float64Array.of(1e-101, -1e-101, 1e-99, 0);
  kernelMap({ name: "linear" }, Number.NaN, 1).fill(tiny, tiny, 0, 4);
  assert.deepEqual([...tiny], [0, 0, 1e-99, 0]);
});

test("distances of near clones far from the origin keep their digits", () => {
  const rows = randomRows(20, 30, 1);
  for (let i = 0; i < rows.data.length; i++) rows.data[i]! += 100;
  const clones = matrix(20, 30, rows.data.slice());
  for (let i = 0; i < 30; i++) clones.data[i * 20]! += 1e-7 * (i + 1);
  const cross = squaredDistances(rows, clones, linalg);
  for (let i = 0; i < 30; i++) {
    const want = exactSquare(rows, i, clones, i);
    assert.ok(want > 0 && Math.abs(cross.data[i + i * 30]! - want) <= 1e-14 * want);
  }
});

test("distances are symmetric, never negative, and 0 between a row and itself or its copy", () => {
  const rows = randomRows(7, 40, 2);
  rows.data.copyWithin(7 * 5, 7 * 20, 7 * 21);
  const within = squaredDistancesWithin(rows, linalg);
  for (let j = 0; j < 40; j++) {
    assert.equal(within.data[j + j * 40], 0);
    for (let i = 0; i < 40; i++) {
      const value = within.data[i + j * 40]!;
      const want = exactSquare(rows, i, rows, j);
      assert.equal(value, within.data[j + i * 40]);
      assert.ok(value >= 0 && Math.abs(value - want) <= 1e-9 * want);
    }
  }
  assert.equal(within.data[5 + 20 * 40], 0);
});

test("moving all rows by their mean leaves a mean of 0 and the same distances", () => {
  const rows = randomRows(5, 12, 3);
  const before = squaredDistancesWithin(rows, linalg);
  const moved = matrix(5, 12, rows.data.slice());
  shiftColumns(moved, columnMean(moved));
  for (const value of columnMean(moved)) assert.ok(Math.abs(value) < 1e-15);
  squaredDistancesWithin(moved, linalg).data.forEach((value, at) => {
    assert.ok(Math.abs(value - before.data[at]!) < 1e-13);
  });
});

test("the median distance is that of a sorted list of all pairs", () => {
  for (const [count, seed] of [[2, 1], [3, 2], [4, 3], [37, 4], [60, 5]] as const) {
    const squares = squaredDistancesWithin(randomRows(3, count, seed), linalg);
    const all: number[] = [];
    for (let j = 0; j < count; j++) {
      for (let i = j + 1; i < count; i++) all.push(squares.data[i + j * count]!);
    }
    all.sort((a, b) => a - b);
    assert.equal(medianDistance(squares), Math.sqrt(all[Math.ceil(all.length / 2) - 1]!));
  }
  assert.equal(medianDistance(matrix(4, 4)), 0);
  assert.ok(Number.isNaN(medianDistance(matrix(1, 1))));
});
