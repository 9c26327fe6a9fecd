import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import {
  bytesText,
  durationText,
  flopsText,
  percentText,
  plural,
  shortNumber,
} from "../../../coordinator/face/number.ts";

test("a short number is within its last digit of the value", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), (value) => {
      const back = Number(shortNumber(value).replaceAll(",", ""));
      assert.ok(Math.abs(back - value) <= 0.0051 * Math.abs(value), `${value}: ${shortNumber(value)}`);
    }),
    { seed: 11 },
  );
});

test("short numbers carry no trailing zeros and no needless exponent", () => {
  const cases: ReadonlyArray<readonly [number, string]> = [
    [0, "0"], [-0, "0"], [1, "1"], [100, "100"], [12_500, "12,500"], [0.1, "0.1"], [0.5004, "0.5"],
    [0.00316, "0.00316"], [1e-7, "1e-7"], [1.5e-7, "1.5e-7"], [2_000_000_000, "2e9"], [1234.5, "1,230"],
    [2.5049, "2.5"], [Number.NaN, "NaN"], [Number.POSITIVE_INFINITY, "Infinity"],
  ];
  for (const [value, text] of cases) assert.equal(shortNumber(value), text);
});

test("durations roll over without showing sixty of a unit", () => {
  const cases: ReadonlyArray<readonly [number, string]> = [
    [0, "0 ms"], [999, "999 ms"], [999.6, "1.0 s"], [9_940, "9.9 s"], [9_999, "10 s"],
    [59_400, "59 s"], [59_600, "1 min"], [200_000, "3 min 20 s"], [3_599_700, "1 h"],
    [7_500_000, "2 h 5 min"], [86_400_000, "1 d"], [273_600_000, "3 d 4 h"], [Infinity, "unknown"],
  ];
  for (const [ms, text] of cases) assert.equal(durationText(ms), text, String(ms));
});

test("a share that is not whole is never called 0% or 100%", () => {
  assert.equal(percentText(0), "0%");
  assert.equal(percentText(0.0001), "<1%");
  assert.equal(percentText(0.9999), ">99%");
  assert.equal(percentText(1), "100%");
  assert.equal(percentText(0.48), "48%");
});

test("scaled units change where a thousand would show", () => {
  assert.equal(bytesText(812), "812 bytes");
  assert.equal(bytesText(999_499), "999 kB");
  assert.equal(bytesText(999_600), "1.0 MB");
  assert.equal(flopsText(5.33e9), "5.3 Gflop");
  assert.equal(plural(1, "job"), "1 job");
  assert.equal(plural(1024, "point"), "1,024 points");
});
