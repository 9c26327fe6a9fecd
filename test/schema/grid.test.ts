import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { indicesOf, pointCount, pointOf, pointsOfBox } from "../../schema/grid.ts";
import { boxOfJob, planOf } from "../../schema/plan.ts";

const seed = 20260131;
const sizesArbitrary = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 });
const planArbitrary = sizesArbitrary.chain((sizes) =>
  fc.tuple(...sizes.map((size) => fc.integer({ min: 1, max: size + 2 }))).map((chunk) =>
    planOf(sizes, chunk, null)));

test("a point's indices give the point back, and count up row-major", () => {
  fc.assert(
    fc.property(sizesArbitrary, (sizes) => {
      let expected = 0;
      const visit = (prefix: number[]): void => {
        if (prefix.length === sizes.length) {
          assert.equal(pointOf(prefix, sizes), expected);
          assert.deepEqual(indicesOf(expected, sizes), prefix);
          expected++;
          return;
        }
        for (let i = 0; i < (sizes[prefix.length] ?? 0); i++) visit([...prefix, i]);
      };
      visit([]);
      assert.equal(expected, pointCount(sizes));
    }),
    { seed },
  );
});

test("a point outside the grid is refused", () => {
  for (const point of [-1, 6, 1.5, Number.NaN]) {
    assert.throws(() => indicesOf(point, [2, 3]), /outside a grid of 6 points/);
  }
});

test("every point is in exactly one job of any plan", () => {
  fc.assert(
    fc.property(planArbitrary, (plan) => {
      const seen = new Uint8Array(plan.points);
      for (let job = 0; job < plan.jobs; job++) {
        for (const point of pointsOfBox(boxOfJob(plan, job), plan.sizes)) {
          seen[point] = (seen[point] ?? 0) + 1;
        }
      }
      assert.ok(seen.every((times) => times === 1));
    }),
    { seed },
  );
});
