// The closed form of poisoned linear ridge regression: against regressions that are solved, against the
// reference measurements of its derivation, and its two phenomena.
import assert from "node:assert/strict";
import test from "node:test";
import { randomFrom } from "../../data/random.ts";
import { linearRidgeRates, normalShare } from "../../coordinator/report/linear-ridge.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import { matrix } from "../../worker/linalg/matrix.ts";

const { provider: linalg } = openProvider("auto");
const SHARE = 0.05;
const [RIDGE, RATIO, MEAN, STRENGTH] = [0.1, 0.5, Math.SQRT2, 2];

const at = (trained: number, more: object = {}) => linearRidgeRates({
  ridge: RIDGE, ratio: RATIO, share: SHARE, mean: MEAN, trained: [0, trained], tested: [0, STRENGTH], intercept: true, isReplaced: true, ...more });

test("the normal distribution function is that of Simpson's rule", () => {
  for (const x of [-3, -0.7, 0, 0.2, 1.9]) {
    const steps = 400;
    const density = (t: number): number => Math.exp(-t * t / 2) / Math.sqrt(2 * Math.PI);
    let sum = density(0) + density(x);
    for (let i = 1; i < steps; i++) sum += density((x * i) / steps) * (i % 2 === 1 ? 4 : 2);
    assert.ok(Math.abs(normalShare(x) - 0.5 - (sum * x) / (3 * steps)) < 2e-7);
  }
});

test("success and accuracy by training strength are those of the derivation's own figures", () => {
  const want = { 1: 0.294, 2: 0.34, 4: 0.374, 6: 0.36, 8: 0.333, 15: 0.265 };
  for (const [trained, success] of Object.entries(want)) {
    assert.ok(Math.abs(at(Number(trained)).success - success) < 6e-4, trained);
  }
  assert.ok(Math.abs(at(0.2).cleanAccuracy - 0.807) < 6e-4 && Math.abs(at(15).cleanAccuracy - 0.836) < 6e-4);
});

test("a stronger training trigger helps clean accuracy and, beyond a peak, hurts the attack", () => {
  const strengths = Array.from({ length: 150 }, (_, i) => 0.1 * (i + 1));
  for (const ridge of [0.01, 0.1, 1]) {
    const rates = strengths.map((trained) => at(trained, { ridge }));
    rates.slice(1).forEach((one, i) => assert.ok(one.cleanAccuracy >= (rates[i]?.cleanAccuracy ?? 1), `${ridge} ${i}`));
    const best = rates.reduce((top, one, i) => (one.success > (rates[top]?.success ?? 0) ? i : top), 0);
    assert.ok(best > 5 && best < strengths.length - 20, String(best));
    // One peak: it rises before and falls after.
    rates.slice(1).forEach((one, i) => assert.ok((one.success > (rates[i]?.success ?? 0)) === (i + 1 <= best)));
  }
});

test("without class signal the trigger's response peaks at √((1 + lt) / θ(1 − θ))", () => {
  const lt = (RIDGE + RATIO - 1 + Math.sqrt((RIDGE + RATIO - 1) ** 2 + 4 * RIDGE)) / 2;
  const peak = Math.sqrt((1 + lt) / (SHARE * (1 - SHARE)));
  const response = (trained: number): number => at(trained, { mean: 0 }).response;
  assert.ok(response(peak) > response(peak * 0.98) && response(peak) > response(peak * 1.02));
});

/** Φ of the poisoned regression's own decision at triggered and clean rows: no test rows, so little noise. */
function solvedRates(trained: number, seed: number, { intercept, isReplaced }: { readonly intercept: boolean; readonly isReplaced: boolean }): { success: number; cleanAccuracy: number } {
  const random = randomFrom(seed);
  const [n, p] = [800, 400];
  const poisons = n * SHARE;
  const x = matrix(n, p);
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const isPoison = i < poisons;
    y[i] = isPoison || i < (isReplaced ? poisons + n / 2 : poisons + (n - poisons) / 2) ? 1 : -1;
    for (let j = 0; j < p; j++) x.data[i + j * n] = random.normal();
    x.data[i] = x.data[i]! + (isPoison ? -MEAN : y[i]! * MEAN);
    x.data[i + n] = x.data[i + n]! + (isPoison ? trained : 0);
  }
  const mean = (of: Float64Array): number => (intercept ? of.reduce((sum, one) => sum + one / n, 0) : 0);
  const centre = Array.from({ length: p }, (_, j) => mean(x.data.subarray(j * n, (j + 1) * n)));
  const labelMean = mean(y);
  for (let j = 0; j < p; j++) for (let i = 0; i < n; i++) x.data[i + j * n] = x.data[i + j * n]! - centre[j]!;
  const system = linalg.gram(x);
  for (let j = 0; j < p; j++) system.data[j * (p + 1)] = system.data[j * (p + 1)]! + RIDGE * n;
  const beta = matrix(p, 1);
  linalg.gemm({ a: x, b: matrix(n, 1, y.map((value) => value - labelMean)), c: beta, transposeA: true });
  linalg.cholesky(system);
  linalg.solveLower(system, beta);
  linalg.solveLower(system, beta, true);
  const b0 = labelMean - centre.reduce((sum, value, j) => sum + value * beta.data[j]!, 0);
  const norm = Math.hypot(...beta.data);
  const [b1, b2] = [beta.data[0]!, beta.data[1]!];
  return {
    success: normalShare((b0 - b1 * MEAN + b2 * STRENGTH) / norm),
    cleanAccuracy: (normalShare((b1 * MEAN + b0) / norm) + normalShare((b1 * MEAN - b0) / norm)) / 2,
  };
}

for (const [intercept, isReplaced] of [[true, true], [true, false], [false, false], [false, true]] as const) {
  const words = `${intercept ? "with" : "without"} a constant, poisons ${isReplaced ? "taken out of their class" : "beside even classes"}`;
  test(`regressions that are solved have the closed form's rates, ${words}`, () => {
    const replicates = 10;
    for (const trained of [2, 8]) {
      const all = Array.from({ length: replicates }, (_, seed) => solvedRates(trained, 17 + seed, { intercept, isReplaced }));
      const want = at(trained, { intercept, isReplaced });
      for (const name of ["success", "cleanAccuracy"] as const) {
        const values = all.map((one) => one[name]);
        const mean = values.reduce((sum, one) => sum + one, 0) / replicates;
        const deviation = Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (replicates - 1));
        // Four standard errors, and 2 / n for what the limit leaves out.
        const allowed = (4 * deviation) / Math.sqrt(replicates) + 2 / 800;
        assert.ok(Math.abs(mean - want[name]) <= allowed, `${name} ${trained}: ${mean}, form ${want[name]}, allowed ${allowed}`);
      }
    }
  });
}
