// The conformal shares of single probes (T1, T2, T3) against dense derivatives of the whole model.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStudy, StudySpec } from "../../../schema/study.ts";
import { chooseProbes } from "../../../worker/experiments/krr/curvature/probes.ts";
import { openProvider } from "../../../worker/linalg/choose.ts";
import { absoluteRidge, kernelOf, rowsOf, scalingOf, solve } from "../brute-force.ts";
import { drawOf, measure, pointsOf, type Problem, randomPool, sharedBoxes } from "../problems.ts";
import { eigenOf } from "./brute-curvature.ts";
import { add, type Jet2, kernelJet, multiply, plus, sum, times } from "./jets.ts";

const { provider: linalg } = openProvider("auto");
const LENGTH = 1.1;
const VECTOR = [0.9, -0.6];

function problem(kernel: string): Problem {
  const spec = StudySpec.parse({
    experiment: "krr", name: "pointwise", seed: 2,
    data: { source: "glyphs", train: 14, test: 70, standardise: "none" },
    attack: { kind: "clones", trigger: { kind: "additive", vector: VECTOR } },
    kernel, curvature: { probes: 12, references: 39, pointwise: true },
    fixed: { target: 1, ...(kernel === "rbf" || kernel === "matern52" ? { length_scale: LENGTH } : {}) },
    axes: { ridge: [0.02, 0.4], poison_count: [0, 2, 30] },
  });
  assert.ok(spec.experiment === "krr");
  return { spec, classes: 3, dimension: 4, pool: randomPool(4, 3) };
}

interface Statistics { readonly gauss: number; readonly hessian: number; readonly trace: number }

/** T1, T2 and T3 at a row, from jets of every output. */
function statisticsOf(f: readonly Jet2[]): Statistics {
  const q = f.length;
  const value = (k: number): number => f[k]?.value ?? NaN;
  const best = f.reduce((top, one, k) => (one.value > value(top) ? k : top), 0);
  const loss = f.map((one, k) => plus(one, 1 / q - (k === best ? 1 : 0))).map((e) => times(multiply(e, e), 0.5)).reduce(add);
  const gram = f.map((one) => f.map((other) =>
    one.gradient.reduce((total, g, i) => total + g * (other.gradient[i] ?? NaN), 0)));
  const { values } = eigenOf(loss.hessian);
  return { gauss: eigenOf(gram).values.at(-1) ?? NaN, hessian: values.at(-1) ?? NaN,
    trace: values.reduce((total, x) => total + x, 0) };
}

function bruteStatistics(one: Problem, point: ReturnType<typeof pointsOf>[number]) {
  const { spec, classes: q, dimension: d } = one;
  const draw = drawOf(one, 0);
  const scaled = scalingOf(spec);
  const trigger = (row: readonly number[]): number[] => row.map((x, i) => x + (VECTOR[i] ?? 0));
  const code = (label: number): number[] => Array.from({ length: q }, (_, k) => (k === label ? 1 : 0) - 1 / q);
  const base = rowsOf(draw.bases).find((_, i) => draw.bases.labels[i] !== point.target) ?? [];
  const clones = Array.from({ length: point.count }, () => scaled(trigger(base)));
  const rows = [...rowsOf(draw.train).map(scaled), ...clones];
  const kernel = kernelOf(spec, LENGTH, d);
  const c = absoluteRidge(spec, point);
  const weights = solve(rows.map((x, i) => rows.map((z, j) => kernel(x, z) + (i === j ? c : 0))),
    [...[...draw.train.labels].map(code), ...clones.map(() => code(point.target))]);
  const at = (x: readonly number[]): Statistics => {
    const jets = rows.map((z) => kernelJet(spec, LENGTH, x, z));
    return statisticsOf(Array.from({ length: q }, (_, k) => sum(jets.map((jet, i) => times(jet, weights[i]?.[k] ?? NaN)), d)));
  };
  assert.ok(spec.curvature !== undefined);
  const { probes, references } = chooseProbes({ curvature: spec.curvature, seed: spec.seed, replicate: 0,
    target: point.target, labels: draw.test.labels });
  const test = rowsOf(draw.test);
  const taken = (chosen: Int32Array): number[][] => [...chosen].map((row) => test[row] ?? []);
  return {
    references: taken(references).map((row) => at(scaled(row))),
    clean: taken(probes).map((row) => at(scaled(row))),
    triggered: taken(probes).map((row) => at(scaled(trigger(row)))),
  };
}

/** Share of rows whose conformal p-value is at most .05. */
function shareOf(own: readonly Statistics[], references: readonly Statistics[], name: keyof Statistics): number {
  const p = (value: number, sign: number): number =>
    (1 + references.filter((one) => sign * one[name] >= sign * value).length) / (references.length + 1);
  const flagged = own.filter((one) => (name === "trace" ? 2 * Math.min(p(one.trace, 1), p(one.trace, -1)) : p(one[name], 1)) <= 0.05);
  return flagged.length / own.length;
}

for (const kernel of ["rbf", "matern52", "polynomial", "nngp"]) {
  test(`${kernel}: shares that stand out are those of dense derivatives, probe by probe`, () => {
    const one = problem(kernel);
    const [box] = sharedBoxes(one.spec);
    assert.ok(box !== undefined);
    const { metrics } = measure(one, "tridiagonal", linalg, box);
    let fired = 0;
    pointsOf(one.spec, box).forEach((point, row) => {
      const { references, clean, triggered } = bruteStatistics(one, point);
      for (const [column, name] of [["gn", "gauss"], ["hessian", "hessian"], ["trace", "trace"]] as const) {
        const power = shareOf(triggered, references, name);
        assert.equal(metrics[`conformal_${column}_power`]?.[row], power, `${column} power, m ${point.count}`);
        assert.equal(metrics[`conformal_${column}_false`]?.[row], shareOf(clean, references, name), `${column} false`);
        if (power > 0) fired++;
      }
    });
    assert.ok(fired > 0, "no statistic of any probe stands out: nothing was compared");
  });
}

test("pointwise tests without references are refused", () => {
  const { spec } = problem("rbf");
  const parsed = parseStudy({ ...spec, curvature: { pointwise: true } });
  assert.ok(!parsed.ok);
  assert.match(parsed.issues.map(({ message }) => message).join(" "), /expected at least 39, got 0: pointwise/);
});
