import assert from "node:assert/strict";
import test from "node:test";
import { differences, type PointRow } from "../../coordinator/compare.ts";

const row = (point: number, hash: number, status = 0): PointRow =>
  ({ point, status, metrics: { hash } });

test("equal bits are no difference, NaN included", () => {
  const rows = [row(0, 0.1), row(1, Number.NaN), row(2, -0), row(3, Number.POSITIVE_INFINITY)];
  assert.deepEqual(differences(rows.map((one) => ({ stored: one, now: { ...one } }))), []);
});

test("the last bit is a difference, told once for each column with its size", () => {
  const next = 0.1 + Number.EPSILON / 16;
  assert.notEqual(next, 0.1);
  const [found, ...rest] = differences([
    { stored: row(4, 0.1), now: row(4, next) },
    { stored: row(7, 1), now: row(7, 3) },
    { stored: row(8, 1), now: row(8, 1) },
  ]);
  assert.deepEqual(rest, []);
  assert.equal(found?.points, 2);
  assert.equal(found?.largest, 2 / 3);
  assert.deepEqual(found?.first, { point: 4, stored: "0.1", now: String(next) });
});

test("a sign of zero, a lost number and another status are differences", () => {
  const found = differences([
    { stored: row(0, 0), now: row(0, -0) },
    { stored: row(1, Number.NaN, 2), now: row(1, 0.5, 0) },
  ]);
  assert.deepEqual(found.map(({ column, points }) => [column, points]), [["hash", 2], ["status", 1]]);
  assert.equal(found[0]?.largest, Number.POSITIVE_INFINITY);
  assert.deepEqual(found[1]?.first, { point: 1, stored: "non_finite", now: "ok" });
});
