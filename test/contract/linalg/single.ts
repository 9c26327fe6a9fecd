// choleskySingle by its residuals, within the backward error bounds of float32.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { copyOf, type Matrix } from "../../../worker/linalg/matrix.ts";
import type { SingleFactor } from "../../../worker/linalg/single.ts";
import { absolute, entry, fill, isWithin, random, randomDefinite, times } from "./matrices.ts";
import { side } from "./products.ts";

/** Unit roundoff of float32. */
const UNIT = 2 ** -24;
const RUNS = { seed: 20_261_129, numRuns: 40 };

/** Factorises a matrix of the host; null where that does not exist. */
export type FactorSingle = (a: Matrix, shift: number) => SingleFactor | null;

export function examineSingle(factorSingle: FactorSingle): void {
  const factorOf = (a: Matrix, shift: number): SingleFactor => {
    const factor = factorSingle(a, shift);
    assert.ok(factor !== null);
    return factor;
  };

  test("a float32 factor solves to float32's backward error", () => {
    fc.assert(fc.property(side, side, fc.nat(), (n, k, seed) => {
      const a = randomDefinite(n, seed);
      const b = random(n, k, seed + 1);
      const factor = factorOf(a, 0.5);
      const x = copyOf(b);
      factor.solve(x);
      factor.release();
      const shifted = fill(n, n, (i, j) => entry(a, i, j) + (i === j ? 0.5 : 0));
      // |L| |Lᵀ| ≤ n |A| in norm; theorem 10.4 of Higham, Accuracy and Stability.
      const rounding = 16 * (n + 4) * UNIT;
      const size = times(absolute(shifted), absolute(x));
      const most = Math.max(0, ...size.data);
      assert.ok(isWithin(times(shifted, x), b, () => rounding * Math.max(1, most)), `n ${n}, k ${k}, seed ${seed}`);
    }), RUNS);
  });

  test("its sums are those of L by the diagonal of A, and of L⁻¹ by the trace of A⁻¹", () => {
    for (const n of [1, 2, 33, 150]) {
      const a = randomDefinite(n, n);
      const shift = 3;
      const factor = factorOf(a, shift);
      const { roots, rowSquares, inverseSquares } = factor.sums();
      let trace = 0;
      let known = inverseSquares;
      for (let i = 0; i < n; i++) {
        const pivot = entry(a, i, i) + shift;
        assert.ok(Math.abs(roots[i]! ** 2 + rowSquares[i]! - pivot) <= 4 * (n + 2) * UNIT * pivot, `row ${i} of ${n}`);
        known += 1 / roots[i]! ** 2;
        const unit = fill(n, 1, (row) => (row === i ? 1 : 0));
        factor.solve(unit);
        trace += unit.data[i]!;
      }
      factor.release();
      // tr A⁻¹ = |L⁻¹|².
      assert.ok(Math.abs(known - trace) <= 64 * (n + 4) * UNIT * trace, `${known} and ${trace} at ${n}`);
    }
  });

  test("it reads the lower triangle and changes nothing", () => {
    const a = randomDefinite(70, 3);
    const strange = fill(70, 70, (i, j) => (i < j ? NaN : entry(a, i, j)));
    const before = copyOf(strange);
    const [plain, odd] = [factorOf(a, 1), factorOf(strange, 1)];
    assert.deepEqual(odd.sums(), plain.sums());
    assert.deepEqual(strange.data, before.data);
    for (const factor of [plain, odd]) factor.release();
  });

  test("a matrix that has none in float32 gives null", () => {
    assert.equal(factorSingle(randomDefinite(20, 4), -1e3), null);
    const a = randomDefinite(20, 5);
    for (const value of [0, NaN, Infinity, -1]) {
      const broken = fill(20, 20, (i, j) => (i === 11 && j === 11 ? value : entry(a, i, j)));
      assert.equal(factorSingle(broken, 0), null, `${value}`);
    }
    // Definite in float64 only: float32 rounds 1 + 10⁻⁹ to 1.
    const barely = fill(2, 2, (i, j) => (i === j ? 1 + 1e-9 : 1));
    assert.equal(factorSingle(barely, 0), null);
  });

  test("a matrix of order 0 has an empty one", () => {
    const factor = factorOf(fill(0, 0, () => 0), 1);
    assert.deepEqual(factor.sums(), { roots: new Float64Array(0), rowSquares: new Float64Array(0), inverseSquares: 0 });
    factor.release();
  });
}
