// The noop experiment's hash: against MurmurHash3's definition in big integers, and as a hash.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pointCount } from "../../schema/grid.ts";
import { StudyKey, type StudyOrder } from "../../schema/job.ts";
import { planOf } from "../../schema/plan.ts";
import { StudySpec } from "../../schema/study.ts";
import type { Tools } from "../../worker/experiments/experiment.ts";
import { hashPoints, noop } from "../../worker/experiments/noop.ts";

const MASK = 0xffff_ffffn;

function finalise(value: bigint): bigint {
  let h = value & MASK;
  h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & MASK;
  h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & MASK;
  return h ^ (h >> 16n);
}

function bigHash(seed: bigint, point: bigint): number {
  const golden = 0x9e3779b9n;
  const first = finalise(point + (seed & MASK) * golden);
  const second = finalise((first ^ (seed >> 32n)) + golden);
  return Number(((second >> 5n) << 26n) + (first >> 6n)) / 2 ** 53;
}

test("the integer hash equals its definition in big integers, for small and large seeds", () => {
  const points = Int32Array.of(0, 1, 2, 65_535, 65_536, 1_999_999_999);
  for (const seed of [0, 1, 2 ** 32 - 1, 2 ** 32, 123_456_789_012_345, Number.MAX_SAFE_INTEGER]) {
    const want = [...points].map((point) => bigHash(BigInt(seed), BigInt(point)));
    assert.deepEqual([...hashPoints(seed, points)], want);
  }
});

test("a million points have a million distinct, evenly spread values", () => {
  const values = hashPoints(7, Int32Array.from({ length: 1_000_000 }, (_, i) => i));
  assert.equal(new Set(values).size, values.length);
  const tenths = new Float64Array(10);
  for (const value of values) tenths[Math.floor(value * 10)]! += 1;
  // Five standard deviations of a binomial share of 1/10 among a million.
  for (const count of tenths) assert.ok(Math.abs(count - 1e5) < 5 * 300, `a tenth holds ${count}`);
});

function order(sizes: readonly number[], chunk: readonly number[]): StudyOrder {
  const axes = Object.fromEntries(["replicate", "x", "y"].map((name, axis) =>
    [name, Array.from({ length: sizes[axis] ?? 1 }, (_, value) => value)]));
  const spec = StudySpec.parse({ experiment: "noop", name: "noop", seed: 5, axes });
  const key = StudyKey.parse(`st_${"0".repeat(16)}`);
  return { key, spec, plan: planOf(sizes, chunk, null), data: null, folder: "." };
}

const refuse = (): never => {
  throw new Error("noop needs no linear algebra and no file");
};
const tools: Tools = {
  linalg: { name: "portable", detail: "none", gemm: refuse, gram: refuse, cholesky: refuse,
    choleskySingle: refuse, solveBatch: refuse, solveLower: refuse, tridiagonalise: refuse, applyReflectors: refuse,
    tridiagonalEigenvalues: refuse, symmetricEigen: refuse },
  pool: null,
};

test("a box measured in two halves has the values of the whole box", () => {
  const sizes = [3, 4, 5];
  const study = order(sizes, sizes);
  const bench = noop.prepare(study, { from: [0, 0, 0], to: sizes }, tools);
  const whole = bench.measure({ from: [0, 0, 0], to: sizes });
  const left = bench.measure({ from: [0, 0, 0], to: [3, 4, 2] });
  const right = bench.measure({ from: [0, 0, 2], to: [3, 4, 5] });
  const hash = (block: typeof whole, index: number): number | undefined =>
    block.metrics["hash"]?.[index];
  for (let line = 0; line < 12; line++) {
    for (let y = 0; y < 5; y++) {
      const half = y < 2 ? hash(left, line * 2 + y) : hash(right, line * 3 + y - 2);
      assert.equal(half, hash(whole, line * 5 + y));
    }
  }
  assert.equal(whole.status.length, pointCount(sizes));
  assert.ok(whole.status.every((status) => status === 0));
});
