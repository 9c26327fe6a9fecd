// solveBatch by its residuals: systems of many orders and widths together.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ComputeError } from "../../../schema/failure.ts";
import { copyOf, type Matrix } from "../../../worker/linalg/matrix.ts";
import type { DefiniteSystem, LinalgProvider } from "../../../worker/linalg/provider.ts";
import { absolute, entry, EPSILON, fill, isWithin, random, randomDefinite, times } from "./matrices.ts";

/** NaN above the diagonal: it must not be read. */
function systemOf(n: number, k: number, seed: number): DefiniteSystem {
  const a = randomDefinite(n, seed);
  return { a: fill(n, n, (i, j) => (i < j ? NaN : entry(a, i, j))), b: random(n, k, seed + 1) };
}

function whole(a: Matrix): Matrix {
  return fill(a.rows, a.cols, (i, j) => entry(a, Math.max(i, j), Math.min(i, j)));
}

export function examineBatches(open: () => LinalgProvider): void {
  test("systems of many orders are all solved", () => {
    const orders = [5, 1, 40, 0, 300, 17, 17, 33, 270, 2];
    const systems = orders.map((n, at) => systemOf(n, at % 4, 10 * at));
    const asked = systems.map(({ a, b }) => ({ a: whole(a), b: copyOf(b) }));
    open().solveBatch(systems);
    systems.forEach(({ b: x }, at) => {
      const { a, b } = asked[at]!;
      const sizes = times(absolute(a), absolute(x));
      assert.ok(isWithin(times(a, x), b, (i, j) => 8 * (a.rows + 4) * EPSILON * entry(sizes, i, j)), `system ${at}`);
    });
  });

  test("no system is solved by doing nothing", () => open().solveBatch([]));

  for (const value of [-1, 0, NaN]) {
    test(`a pivot of ${value} in one of them is named, wherever that one stands`, () => {
      for (const at of [0, 3, 6]) {
        const systems = Array.from({ length: 7 }, (_, index) => systemOf(9 + index, 2, index));
        systems[at]!.a.data[4 * (10 + at)] = value;
        assert.throws(() => open().solveBatch(systems), (error) => {
          assert.ok(error instanceof ComputeError, String(error));
          assert.match(error.message, new RegExp(`a ${9 + at} × ${9 + at} matrix is not positive definite at pivot 5$`));
          return true;
        });
      }
    });
  }

  for (const value of [-1, NaN]) {
    test(`a pivot of ${value} in a large system is named`, () => {
      const systems = [systemOf(300, 2, 1), systemOf(301, 2, 2)];
      systems[1]!.a.data[200 * 302] = value;
      assert.throws(() => open().solveBatch(systems), /a 301 × 301 matrix is not positive definite at pivot 201$/);
    });
  }

  test("shapes that do not fit are refused", () => {
    assert.throws(() => open().solveBatch([{ a: random(3, 4, 1), b: random(3, 1, 2) }]), RangeError);
    assert.throws(() => open().solveBatch([{ a: randomDefinite(3, 1), b: random(4, 1, 2) }]), RangeError);
  });
}
