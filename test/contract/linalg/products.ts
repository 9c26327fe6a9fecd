// gemm and gram against the definition, within the error bound of summing in any order.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { columns, copyOf, matrix } from "../../../worker/linalg/matrix.ts";
import type { LinalgProvider } from "../../../worker/linalg/provider.ts";
import {
  absolute, distance, entry, EPSILON, fill, identity, isWithin, random, times, transpose,
} from "./matrices.ts";

/** Sizes on both sides of every block border, 0 and 1 among them. */
export const side = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.integer({ min: 10, max: 70 }),
  fc.constantFrom(31, 32, 33, 63, 64, 65),
);
const scale = fc.constantFrom(0, 1, -1, 0.5, -2.25);
const RUNS = { seed: 20_260_101, numRuns: 120 };

export function examineProducts(open: () => LinalgProvider): void {
  test("gemm agrees with the definition for all shapes, transposes and factors", () => {
    const provider = open();
    fc.assert(
      fc.property(
        fc.tuple(side, side, side), fc.boolean(), fc.boolean(), scale, scale, fc.nat(),
        ([m, n, k], transposeA, transposeB, alpha, beta, seed) => {
          checkGemm(provider, { m, n, k, transposeA, transposeB, alpha, beta, seed });
        },
      ),
      RUNS,
    );
  });

  for (const [m, n, k] of [[257, 5, 3], [5, 515, 7], [6, 5, 259], [300, 520, 260]] as const) {
    test(`gemm agrees with the definition at ${m} × ${k} × ${n}, across blocks`, () => {
      const shape = { m, n, k, alpha: -1, beta: 0.5, seed: 7 };
      checkGemm(open(), { ...shape, transposeA: false, transposeB: false });
      checkGemm(open(), { ...shape, transposeA: true, transposeB: true });
    });
  }

  test("gemm without beta does not read c", () => {
    const c = fill(37, 41, () => NaN);
    const [a, b] = [random(37, 12, 1), random(12, 41, 2)];
    open().gemm({ a, b, c });
    assert.ok(distance(c, times(a, b)) < 1e-13);
  });

  test("gemm of inner size 0 scales c", () => {
    const c = fill(3, 2, () => 8);
    open().gemm({ a: matrix(3, 0), b: matrix(0, 2), c, beta: 0.5 });
    assert.deepEqual(Array.from(c.data), [4, 4, 4, 4, 4, 4]);
    open().gemm({ a: matrix(3, 0), b: matrix(0, 2), c });
    assert.deepEqual(Array.from(c.data), [0, 0, 0, 0, 0, 0]);
  });

  test("gemm writes to a view and not beside it", () => {
    const whole = fill(5, 6, () => 9);
    open().gemm({ a: identity(5), b: random(5, 2, 3), c: columns(whole, 2, 4) });
    assert.deepEqual(Array.from(columns(whole, 2, 4).data), Array.from(random(5, 2, 3).data));
    const outside = [...columns(whole, 0, 2).data, ...columns(whole, 4, 6).data];
    assert.ok(outside.every((value) => value === 9));
  });

  test("gemm carries NaN and infinity to the entries they touch, and to no other", () => {
    const a = random(6, 6, 4);
    a.data[2] = NaN;
    a.data[4] = Infinity;
    const c = matrix(6, 6);
    open().gemm({ a, b: identity(6), c, transposeA: false });
    assert.ok(Number.isNaN(entry(c, 2, 0)) && !Number.isFinite(entry(c, 4, 0)));
    for (const i of [0, 1, 3, 5]) {
      for (let j = 0; j < 6; j++) assert.ok(Number.isFinite(entry(c, i, j)), `entry (${i}, ${j})`);
    }
  });

  test("gram is the product of the transpose and the matrix, exactly symmetric", () => {
    const provider = open();
    fc.assert(
      fc.property(side, side, fc.nat(), (m, n, seed) => {
        const a = random(m, n, seed);
        const before = copyOf(a);
        const gram = provider.gram(a);
        const bound = times(transpose(absolute(a)), absolute(a));
        const isClose = isWithin(gram, times(transpose(a), a), (i, j) =>
          2 * (m + 4) * EPSILON * entry(bound, i, j));
        assert.ok(isClose, `gram of ${m} × ${n}`);
        assert.deepEqual(gram.data, transpose(gram).data);
        assert.deepEqual(a.data, before.data);
      }),
      RUNS,
    );
  });

  test("gram across block borders stays exactly symmetric", () => {
    const a = random(30, 530, 6);
    const gram = open().gram(a);
    assert.deepEqual(gram.data, transpose(gram).data);
    assert.ok(distance(gram, times(transpose(a), a)) < 1e-13);
  });

  test("products of subnormal numbers are as exact as the definition's", () => {
    const a = fill(9, 5, (i, j) => (1 + i + 3 * j) * 2 ** -1060);
    const b = fill(5, 6, (i, j) => (1 + i - j) * 2 ** 10);
    const c = matrix(9, 6);
    open().gemm({ a, b, c });
    assert.deepEqual(c.data, times(a, b).data);
  });
}

interface GemmCase {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly alpha: number;
  readonly beta: number;
  readonly seed: number;
}

function checkGemm(provider: LinalgProvider, given: GemmCase): void {
  const { m, n, k, transposeA, transposeB, alpha, beta, seed } = given;
  const a = random(m, k, seed);
  const b = random(k, n, seed + 1);
  const before = random(m, n, seed + 2);
  const c = beta === 0 ? fill(m, n, () => NaN) : copyOf(before);
  provider.gemm({
    a: transposeA ? transpose(a) : a,
    b: transposeB ? transpose(b) : b,
    c, transposeA, transposeB, alpha, beta,
  });
  const product = times(a, b);
  const expected = fill(m, n, (i, j) => alpha * entry(product, i, j) + beta * entry(before, i, j));
  const size = times(absolute(a), absolute(b));
  const isClose = isWithin(c, expected, (i, j) => {
    const terms = Math.abs(alpha) * entry(size, i, j) + Math.abs(beta * entry(before, i, j));
    return 2 * (k + 4) * EPSILON * terms;
  });
  assert.ok(isClose, JSON.stringify(given));
}
