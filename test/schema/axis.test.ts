import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { expandAxis, isLogAxis } from "../../schema/axis.ts";
import { editDistance, nearest } from "../../schema/nearest.ts";

test("a linear range is evenly spaced with exact ends", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
      fc.integer({ min: 2, max: 50 }),
      (from, width, steps) => {
        const values = expandAxis({ linear: [from, from + width], steps });
        assert.equal(values.length, steps);
        assert.equal(values[0], from);
        assert.equal(values.at(-1), from + width);
        const gap = width / (steps - 1);
        values.slice(1).forEach((value, i) => {
          const error = Math.abs(value - (values[i] ?? 0) - gap);
          assert.ok(error <= 2e-12 * (Math.abs(from) + width), `gap ${i} is off by ${error}`);
        });
      },
    ),
    { seed: 20260131 },
  );
});

test("a log range has equal ratios, and decades come out exact", () => {
  assert.deepEqual(expandAxis({ log: [1e-6, 1], steps: 7 }), [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1]);
  const values = expandAxis({ log: [0.3, 700], steps: 40 });
  const ratio = (700 / 0.3) ** (1 / 39);
  values.slice(1).forEach((value, i) => assert.ok(Math.abs(value / (values[i] ?? 1) / ratio - 1) < 1e-12));
});

test("a negative zero is a zero, as it is stored", () => {
  assert.ok(expandAxis([1, -0]).every((value) => !Object.is(value, -0)));
  assert.ok(expandAxis({ linear: [-0, 1], steps: 2 }).every((value) => !Object.is(value, -0)));
});

test("one step means the first end, and a list is itself", () => {
  assert.deepEqual(expandAxis({ log: [2, 9], steps: 1 }), [2]);
  assert.deepEqual(expandAxis([3, 1, 2]), [3, 1, 2]);
});

test("an axis is logarithmic when its ratios are the more even", () => {
  assert.equal(isLogAxis(expandAxis({ log: [1e-6, 1], steps: 20 })), true);
  assert.equal(isLogAxis(expandAxis({ linear: [1, 50], steps: 50 })), false);
  assert.equal(isLogAxis([0, 1, 10, 100]), false);
});

test("the nearest word forgives a swap or a typo, not another word", () => {
  const known = ["length_scale", "poison_count", "poison_rate", "ridge"];
  assert.equal(nearest("lenght_scale", known), "length_scale");
  assert.equal(nearest("posion_rate", known), "poison_rate");
  assert.equal(nearest("kappa", known), undefined);
  assert.equal(editDistance("ab", "ba"), 1);
  assert.equal(editDistance("kitten", "sitting"), 3);
});
