// Counting states in the order of memory, and reducing, against a walk point by point.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { DEAD, kindOf, MISSING, VALID } from "../../coordinator/api/point-state.ts";
import { countStates, type Patch, reducerOf } from "../../coordinator/api/reduce.ts";

const STATES = [MISSING, VALID, VALID + 1, DEAD];

/** A cut through a grid of three axes: two shown in part, the third held still or reduced over. */
const cases = fc.record({
  sizes: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 12 })),
  order: fc.constantFrom([0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]),
  isReduced: fc.boolean(),
  shares: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }),
  seeds: fc.array(fc.nat(99), { minLength: 7, maxLength: 7 }),
}).map(({ sizes, order, isReduced, shares, seeds }) => {
  const strides = [sizes[1] * sizes[2], sizes[2], 1];
  const side = (axis: number, a = 0, b = 1): Patch["x"] => {
    const size = sizes[axis] ?? 1;
    const [from, to] = [Math.floor(Math.min(a, b) * (size - 1)), Math.floor(Math.max(a, b) * (size - 1)) + 1];
    return { from, to, stride: strides[axis] ?? 1 };
  };
  const [x = 0, y = 0, other = 0] = order;
  const stride = strides[other] ?? 1;
  const size = sizes[other] ?? 1;
  const patch: Patch = {
    base: 0, x: side(x, shares[0], shares[1]), y: side(y, shares[2], shares[3]),
    offsets: Float64Array.from({ length: isReduced ? size : 1 }, (_, index) => index * stride),
  };
  const points = sizes[0] * sizes[1] * sizes[2];
  // Long runs of one state and mixed stretches, as a study under way has them.
  const status = Uint8Array.from({ length: points }, (_, point) => {
    const seed = seeds[Math.floor(point / 17) % seeds.length] ?? 0;
    return STATES[seed < 50 ? seed % 4 : (seed * (point + 3)) % 4] ?? MISSING;
  });
  return { patch, status };
});

function* pointsOf({ base, x, y, offsets }: Patch): Generator<number> {
  for (let ix = x.from; ix < x.to; ix++)
    for (let iy = y.from; iy < y.to; iy++) for (const offset of offsets) yield base + ix * x.stride + iy * y.stride + offset;
}

test("states are counted as a walk over the points counts them, whichever axis lies closest", () => {
  fc.assert(fc.property(cases, ({ patch, status }) => {
    const counts = { value: 0, missing: 0, dead: 0, numeric: 0 };
    for (const point of pointsOf(patch)) {
      const state = status[point] ?? MISSING;
      counts[state === VALID ? "value" : kindOf(state)]++;
    }
    assert.deepEqual(countStates(status, patch), counts);
  }), { numRuns: 500 });
});

test("a patch is reduced to what its values are, in any order of axes", () => {
  fc.assert(fc.property(cases, ({ patch, status }) => {
    const values = Float64Array.from(status, (_, point) => Math.sin(point * 7.3));
    const own = [...pointsOf(patch)].filter((point) => status[point] === VALID).map((point) => values[point] ?? 0).sort((a, b) => a - b);
    const reduced = (name: string) =>
      reducerOf(name)({ values, minus: null, status }, patch, { value: 0, missing: 0, dead: 0, numeric: 0 });
    assert.equal(reduced("mean").count, own.length);
    if (own.length === 0) return;
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    assert.ok(Math.abs(reduced("mean").value - mean) < 1e-12);
    assert.equal(reduced("min").value, own[0]);
    assert.equal(reduced("max").value, own.at(-1));
    const half = (own.length - 1) / 2;
    const median = ((own[Math.floor(half)] ?? 0) + (own[Math.ceil(half)] ?? 0)) / 2;
    assert.ok(Math.abs(reduced("median").value - median) < 1e-12);
  }), { numRuns: 300 });
});
