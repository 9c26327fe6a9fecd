// What the gradient penalty does to a smoother, each law against vectors and dense products.
//
// Includes two readings of the paper (arXiv 2602.00822, Th. 3.9): the degrees of freedom do fall
// as κ grows; the training residual need not rise for every y, only on average over isotropic y.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Kernel, KERNELS } from "../../schema/experiments/krr.ts";
import { innerProducts, squaredDistancesWithin } from "../../worker/experiments/kernel/distance.ts";
import { kernelMap } from "../../worker/experiments/kernel/kernel-map.ts";
import { kernelSlope } from "../../worker/experiments/kernel/kernel-slope.ts";
import { atKappa, curveOf, predictCurve } from "../../worker/experiments/krr/penalty/curve.ts";
import { gradientGram } from "../../worker/experiments/krr/penalty/gradient-gram.ts";
import { pencilOf } from "../../worker/experiments/krr/penalty/pencil.ts";
import { featuresOf, inSpan, spanOf } from "../../worker/experiments/krr/penalty/span.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import { copyOf, type Matrix, matrix } from "../../worker/linalg/matrix.ts";
import { solve } from "./brute-force.ts";
import { radialGradient } from "./brute-penalty.ts";
import { mulberry } from "./problems.ts";

const { provider: linalg } = openProvider("auto");
const OFFERED = ["rbf", "laplace", "matern32", "matern52", "linear", "polynomial"] as const;

function rowsOf(n: number, d: number, seed: number): Matrix {
  const random = mulberry(seed);
  return matrix(d, n, Float64Array.from({ length: n * d }, () => 3 * random() - 1.5));
}

interface Setting {
  readonly name: (typeof OFFERED)[number];
  readonly l: number;
  readonly x: Matrix;
}

/** K and Γ of rows, by the project's own routines. */
function grams({ name, l, x }: Setting): { k: Matrix; gamma: Matrix } {
  const kernel = Kernel.parse(name);
  const slope = kernelSlope(kernel, l, x.rows);
  const measures = slope.isRadial ? squaredDistancesWithin(x, linalg) : innerProducts(x, x, linalg);
  const k = matrix(x.cols, x.cols);
  const slopes = matrix(x.cols, x.cols);
  kernelMap(kernel, l, x.rows).fill(measures.data, k.data, 0, k.data.length);
  slope.fill(measures.data, slopes.data);
  return { k, gamma: gradientGram({ measures, slopes, isRadial: slope.isRadial }, linalg) };
}

/** The matrix that takes labels to fitted values, for each κ; and its trace by the pencil's sum. */
function smoothers(
  setting: Setting,
  c: number,
  kappas: readonly number[],
): { smoother: Matrix; dof: number }[] {
  const n = setting.x.cols;
  const { k, gamma } = grams(setting);
  const identity = matrix(n, n);
  for (let i = 0; i < n; i++) identity.data[i + i * n] = 1;
  const span = spanOf(copyOf(k), identity, linalg);
  const features = featuresOf(span, k, linalg);
  const clean = inSpan(span, gamma, linalg);
  const pencil = pencilOf({ spectrum: span.spectrum, c, clean, poison: null }, linalg);
  // ΦᵀY with Y = I: the features themselves.
  const curve = curveOf(pencil, features, kappas, linalg);
  const fitted = predictCurve(curve, features, linalg);
  return kappas.map((kappa, index) => ({
    smoother: atKappa(fitted, curve, index),
    dof: pencil.smoothing.reduce((sum, value, i) => sum + value / (1 + kappa * pencil.values[i]!), 0),
  }));
}

const traceOf = (a: Matrix): number =>
  Array.from({ length: a.rows }, (_, i) => a.data[i + i * a.rows]!).reduce((sum, x) => sum + x, 0);

/** (I − S)ᵀ(I − S): its quadratic form is the squared training residual. */
function residualForm(smoother: Matrix): Matrix {
  const left = copyOf(smoother);
  for (let at = 0; at < left.data.length; at++) left.data[at] = -left.data[at]!;
  for (let i = 0; i < left.rows; i++) left.data[i + i * left.rows]! += 1;
  return linalg.gram(left);
}

test("every kernel is either examined here or refused with a penalty", () => {
  const refused = KERNELS.filter((name) => !(OFFERED as readonly string[]).includes(name));
  assert.equal(refused.length + OFFERED.length, KERNELS.length);
});

for (const name of OFFERED) {
  test(`Γ from measures is the sum over rows of products of gradients: ${name}`, () => {
    const [n, d, l] = [14, 3, 0.9];
    const x = rowsOf(n, d, 3);
    x.data.copyWithin(3 * d, 0, d); // two equal rows
    const row = (i: number): number[] => [...x.data.subarray(i * d, (i + 1) * d)];
    const inner = (i: number, j: number): number =>
      row(i).reduce((sum, value, f) => sum + value * (row(j)[f] ?? NaN), 0);
    const gradient = (j: number, i: number): readonly number[] => {
      if (name === "linear") return row(i);
      if (name === "polynomial") return row(i).map((z) => 3 / d * (inner(j, i) / d + 1) ** 2 * z);
      return radialGradient(name, l, row(j), row(i));
    };
    const { gamma } = grams({ name, l, x });
    for (let i = 0; i < n; i++) {
      for (let other = 0; other < n; other++) {
        let want = 0;
        for (let j = 0; j < n; j++) {
          want += gradient(j, i).reduce((sum, g, f) => sum + g * (gradient(j, other)[f] ?? NaN), 0);
        }
        const got = gamma.data[i + other * n]!;
        assert.ok(Math.abs(got - want) <= 1e-11 * (1 + Math.abs(want)), `${got} against ${want}`);
      }
    }
  });

  test(`degrees of freedom are the smoother's trace and fall strictly with κ: ${name}`, () => {
    const kappas = [0, 1e-3, 0.1, 1, 10, 1000];
    const all = smoothers({ name, l: 0.8, x: rowsOf(16, 2, 8) }, 0.05, kappas);
    all.forEach(({ smoother, dof }, index) => {
      assert.ok(Math.abs(traceOf(smoother) - dof) <= 1e-9 * dof);
      if (index > 0) assert.ok(dof < (all[index - 1]?.dof ?? 0));
    });
  });
}

test("for the linear kernel Γ is n K", () => {
  const { k, gamma } = grams({ name: "linear", l: NaN, x: rowsOf(11, 4, 5) });
  gamma.data.forEach((value, at) => {
    assert.ok(Math.abs(value - 11 * k.data[at]!) <= 1e-11 * Math.abs(value));
  });
});

test("degrees of freedom are tr K (K + cI + κ K⁻¹Γ)⁻¹, the whitening taken out", () => {
  const setting: Setting = { name: "matern52", l: 0.3, x: rowsOf(12, 2, 6) };
  const [c, kappa] = [0.05, 0.7];
  const { k, gamma } = grams(setting);
  const dense = ({ data, rows }: Matrix): number[][] =>
    Array.from({ length: rows }, (_, i) => Array.from({ length: rows }, (__, j) => data[i + j * rows]!));
  const whitened = solve(dense(k), dense(gamma));
  const system = dense(k).map((row, i) =>
    row.map((value, j) => value + (i === j ? c : 0) + kappa * (whitened[i]?.[j] ?? NaN)));
  const trace = solve(system, dense(k)).reduce((sum, row, i) => sum + (row[i] ?? NaN), 0);
  const [got] = smoothers(setting, c, [kappa]);
  assert.ok(Math.abs((got?.dof ?? NaN) - trace) <= 1e-9 * trace);
});

test("the squared residual falls with κ for some labels, and rises on average", () => {
  // Labels along the lowest eigenvector of the change of the residual's quadratic form.
  let lowest = Infinity;
  for (let seed = 1; seed <= 20; seed++) {
    const setting: Setting = { name: "rbf", l: 0.7, x: rowsOf(14, 2, 100 + seed) };
    const [before, after] = smoothers(setting, 0.01, [0.02, 0.2]).map(({ smoother }) =>
      residualForm(smoother));
    assert.ok(before !== undefined && after !== undefined);
    assert.ok(traceOf(after) > traceOf(before), "on average over isotropic labels it rises");
    const change = matrix(14, 14, after.data.map((value, at) => value - before.data[at]!));
    const { vectors, values } = linalg.symmetricEigen(change);
    const y = vectors.data.subarray(0, 14);
    const form = (a: Matrix): number =>
      y.reduce((sum, left, i) => sum + y.reduce((part, right, j) =>
        part + left * a.data[i + j * 14]! * right, 0), 0);
    const ratio = form(after) / form(before);
    assert.ok((values[0]! < 0) === (ratio < 1));
    lowest = Math.min(lowest, ratio);
  }
  assert.ok(lowest < 0.9, `lowest ratio ${lowest}`);
});

test("on dense data κ widens a bump of width l to √(l² + 2κ)", () => {
  const [n, l, step] = [161, 0.5, 0.075];
  const x = matrix(1, n, Float64Array.from({ length: n }, (_, i) => (i - (n - 1) / 2) * step));
  for (const kappa of [0.05, 0.25]) {
    const [got] = smoothers({ name: "rbf", l, x }, 1e-6, [kappa]);
    assert.ok(got !== undefined);
    const bump = x.data.map((at) => Math.exp(-at * at / (2 * l * l)));
    const fitted = bump.map((_, i) =>
      bump.reduce((sum, y, j) => sum + got.smoother.data[i + j * n]! * y, 0));
    const mass = fitted.reduce((sum, f) => sum + f, 0);
    const moment = fitted.reduce((sum, f, i) => sum + f * x.data[i]! ** 2, 0) / mass;
    const want = l * l + 2 * kappa;
    assert.ok(Math.abs(moment / want - 1) < 0.01, `κ ${kappa}: ${moment} against ${want}`);
  }
});

test("as a rule for models κ is the length scale √(l² + 2κ/a), a = c / (density × ∫k): 2 where both weigh the same", () => {
  // In frequencies dense data pass cos ωx by 1 / (1 + κω² + a exp(l²ω²/2)), so that for small ω only l² + 2κ/a counts.
  const [n, l, step] = [241, 0.5, 0.075];
  const x = matrix(1, n, Float64Array.from({ length: n }, (_, i) => (i - (n - 1) / 2) * step));
  const passed = (c: number, kappa: number, omega: number): number => {
    const [got] = smoothers({ name: "rbf", l, x }, c, [kappa]);
    const middle = (n - 1) / 2;
    return x.data.reduce((sum, at, j) => sum + (got?.smoother.data[middle + j * n] ?? NaN) * Math.cos(omega * at), 0);
  };
  for (const a of [0.2, 1]) {
    const c = (a * l * Math.sqrt(2 * Math.PI)) / step;
    for (const kappa of [0, 0.1, 0.4]) {
      for (const omega of [0, 0.4, 1, 2]) {
        const want = 1 / (1 + kappa * omega ** 2 + a * Math.exp((l * omega) ** 2 / 2));
        assert.ok(Math.abs(passed(c, kappa, omega) / want - 1) < 2e-3, `a ${a}, κ ${kappa}, ω ${omega}`);
      }
      const small = 0.2;
      const bend = (1 / passed(c, kappa, small) - 1 / passed(c, kappa, 0)) / small ** 2;
      const squared = (2 * bend) / a;
      assert.ok(Math.abs(squared / (l * l + (2 * kappa) / a) - 1) < 0.02, `a ${a}, κ ${kappa}: ${squared}`);
    }
  }
});

test("the restricted estimator's objective is never below the unrestricted one's", () => {
  // Unrestricted: derivative observations at the rows, equal to 0, under ridge c / κ.
  const [n, d, l, c, kappa] = [12, 2, 0.6, 0.05, 0.3];
  const x = rowsOf(n, d, 31);
  const at = (i: number, f: number): number => x.data[i * d + f]!;
  const { k } = grams({ name: "rbf", l, x });
  const y = Float64Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 1 : -1));
  const value = (i: number, j: number): number => k.data[i + j * n]!;
  const size = n + n * d;
  const covariance = (a: number, b: number): number => {
    if (a < n && b < n) return value(a, b);
    if (a < n) return covariance(b, a);
    const [i, f] = [Math.floor((a - n) / d), (a - n) % d];
    if (b < n) return -value(i, b) * (at(i, f) - at(b, f)) / (l * l);
    const [j, g] = [Math.floor((b - n) / d), (b - n) % d];
    const product = (at(i, f) - at(j, f)) * (at(i, g) - at(j, g));
    return value(i, j) * ((f === g ? 1 : 0) / (l * l) - product / l ** 4);
  };
  const system = Array.from({ length: size }, (_, a) => Array.from({ length: size }, (__, b) =>
    covariance(a, b) + (a === b ? (a < n ? c : c / kappa) : 0)));
  const targets = Array.from({ length: size }, (_, a) => [a < n ? y[a]! : 0]);
  const solved = solve(system, targets);
  // The minimum of |y − f|² + c |f|² + κ Σ|∇f|² is c yᵀα over the observations.
  const unrestricted = c * solved.slice(0, n).reduce((sum, [a], i) => sum + (a ?? NaN) * y[i]!, 0);
  // For the restricted one it is yᵀ(I − S)y.
  const [got] = smoothers({ name: "rbf", l, x }, c, [kappa]);
  assert.ok(got !== undefined);
  let restricted = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      restricted += y[i]! * ((i === j ? 1 : 0) - got.smoother.data[i + j * n]!) * y[j]!;
    }
  }
  assert.ok(restricted > unrestricted, `${restricted} against ${unrestricted}`);
});
