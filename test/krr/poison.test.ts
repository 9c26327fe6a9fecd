// Poison counts and rates: what is realised, from either way of asking.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  poisonCountOf,
  poisonCounts,
  poisonRateOf,
  poisonsMax,
  ridgeFollowsCount,
} from "../../schema/experiments/krr-poison.ts";
import { checkAgainstData } from "../../coordinator/check-data.ts";
import { drawReplicate } from "../../worker/experiments/krr/replicate.ts";
import { randomPool } from "./problems.ts";
import { type KrrSpec, StudySpec } from "../../schema/study.ts";

function spec(parts: Record<string, unknown>): KrrSpec {
  const parsed = StudySpec.parse({
    experiment: "krr",
    name: "poison",
    data: { source: "glyphs", train: 90, test: 10 },
    attack: { kind: "added", trigger: { kind: "cross" } },
    kernel: "linear",
    axes: { ridge: [1] },
    ...parts,
  });
  assert.ok(parsed.experiment === "krr");
  return parsed;
}

test("no whole count realises a rate better than the one that is chosen", () => {
  for (const clean of [1, 7, 90, 2000]) {
    for (let rate = 0; rate < 1; rate += 0.0173) {
      const chosen = poisonCountOf(rate, clean);
      const wanted = (rate * clean) / (1 - rate);
      for (const other of [chosen - 1, chosen + 1]) {
        if (other < 0) continue;
        assert.ok(Math.abs(chosen - wanted) <= Math.abs(other - wanted));
        assert.ok(poisonRateOf(other, clean) !== poisonRateOf(chosen, clean));
      }
    }
  }
  assert.equal(poisonCountOf(0.1, 90), 10);
  assert.equal(poisonRateOf(10, 90), 0.1);
});

test("counts follow the axis or the fixed value, whichever the study gives", () => {
  const byCount = { axes: { ridge: [1], poison_count: [3, 0, 5] } };
  const byRate = { axes: { poison_rate: [0, 0.1, 0.5], ridge: [1] } };
  assert.deepEqual(poisonCounts(spec(byCount)), [3, 0, 5]);
  assert.deepEqual(poisonCounts(spec(byRate)), [0, 10, 90]);
  assert.deepEqual(poisonCounts(spec({ fixed: { poison_rate: 0.25 } })), [30]);
  assert.deepEqual(poisonCounts(spec({ fixed: { poison_count: 4 } })), [4]);
  assert.equal(poisonsMax(spec(byCount)), 5);
  assert.equal(poisonsMax(spec({ fixed: { poison_count: 0 } })), 1);
  const attack = { kind: "clones", trigger: { kind: "cross" } };
  assert.equal(poisonsMax(spec({ fixed: { poison_count: 9 }, attack })), 1);
});

test("replaced rows leave n as it is: rates are of n, and total_n is clean_n", () => {
  const attack = { kind: "replace", trigger: { kind: "cross" } };
  const rates = spec({ attack, axes: { poison_rate: [0, 0.1, 0.5], ridge: [1] } });
  assert.deepEqual(poisonCounts(rates), [0, 9, 45]);
  assert.equal(poisonRateOf(9, 90, "replace"), 0.1);
  const total = { ridge_scaling: "total_n" };
  assert.equal(ridgeFollowsCount(spec({ ...total, attack, fixed: { poison_count: 3 } })), false);
  assert.equal(ridgeFollowsCount(spec({ ...total, fixed: { poison_count: 3 } })), true);
});

test("replacing more rows than other classes have is refused before and while drawing", () => {
  const attack = { kind: "replace", trigger: { kind: "additive", vector: [1] } };
  const data = { fingerprint: "0".repeat(64), dimension: 2, classes: 2, image: null,
    trainRows: null, testRows: null, shared: false, files: [] };
  const all = spec({ attack, fixed: { poison_count: 90 } });
  assert.match(checkAgainstData(all, data)[0]?.message ?? "", /expected fewer/);
  const most = spec({ attack, fixed: { poison_count: 89 } });
  assert.deepEqual(checkAgainstData(most, data), []);
  const request = { spec: most, description: data, targets: [0], replicate: 0 };
  assert.throws(() => drawReplicate(request, randomPool(2, 2)), /hold fewer/);
});
