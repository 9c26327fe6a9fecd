// Every curvature column straight from its definition: the whole system with all its clones is
// solved densely, derivatives come from jets, spectra from dense matrices.
import type { Draw } from "../../../data/draw.ts";
import type { KrrSpec } from "../../../schema/study.ts";
import { chooseProbes } from "../../../worker/experiments/krr/curvature/probes.ts";
import { matrix } from "../../../worker/linalg/matrix.ts";
import { openProvider } from "../../../worker/linalg/choose.ts";
import { type BrutePoint, kernelOf, scalingOf, solve } from "../brute-force.ts";
import { add, type Jet2, kernelJet, multiply, plus, sum, times } from "./jets.ts";

const { provider: portable } = openProvider("portable");

export interface Eigen {
  /** Ascending. */
  readonly values: Float64Array;
  readonly vectors: readonly (readonly number[])[];
}

export function eigenOf(a: readonly (readonly number[])[]): Eigen {
  const d = a.length;
  const dense = matrix(d, d, Float64Array.from(a.flat()));
  const { values, vectors } = portable.symmetricEigen(dense);
  return { values, vectors: Array.from({ length: d }, (_, j) => Array.from(vectors.data.subarray(j * d, (j + 1) * d))) };
}

interface Seen {
  readonly gauss: Eigen;
  readonly hessian: Readonly<Record<"true" | "predicted", Eigen>>;
}

export interface BruteCurvature {
  readonly sets: Readonly<Record<"clean" | "triggered", Seen>>;
  /** Unit, (d). */
  readonly direction: readonly number[];
  readonly spike: number;
  readonly law: number;
}

type Rows = readonly (readonly number[])[];

/** For studies without standardisation and clipping. */
export function bruteCurvature(spec: KrrSpec, draw: Draw, point: BrutePoint & { replicate: number }): BruteCurvature {
  const { curvature } = spec;
  if (curvature === undefined) throw new Error("no curvature asked");
  const d = draw.train.dimension;
  const q = draw.classes;
  const rowsOf = (features: Float64Array): number[][] =>
    Array.from({ length: features.length / d }, (_, i) => Array.from(features.subarray(i * d, (i + 1) * d)));
  const stated = spec.attack.kind === "shortcut" ? null : spec.attack.trigger;
  const vector = stated?.kind === "additive" ? stated.vector ?? [] : [];
  const trigger = (row: readonly number[]): number[] => row.map((x, f) => x + point.strength * (vector[f] ?? 0));
  const scaled = scalingOf(spec);
  const train = rowsOf(draw.train.features).map(scaled);
  const others = rowsOf(draw.bases.features).filter((_, i) => draw.bases.labels[i] !== point.target);
  const zetas = others.map((base) => scaled(trigger(base)));
  const zeta = zetas[0] ?? [];
  const poisons = Array.from({ length: point.count }, (_, j) => (spec.attack.kind === "added" ? zetas[j] ?? [] : zeta));
  const code = (label: number): number[] => Array.from({ length: q }, (_, k) => (k === label ? 1 : 0) - 1 / q);
  const c = { absolute: point.ridge, clean_n: point.ridge * train.length,
    total_n: point.ridge * (train.length + point.count) }[spec.ridge_scaling];
  const kernel = kernelOf(spec, point.lengthScale, d);
  const solved = (rows: Rows, codes: Rows): number[][] =>
    solve(rows.map((x, i) => rows.map((z, j) => kernel(x, z) + (i === j ? c : 0))), codes);
  const all = [...train, ...poisons];
  const cleanCodes = [...draw.train.labels].map(code);
  const alpha = solved(all, [...cleanCodes, ...poisons.map(() => code(point.target))]);
  const cleanAlpha = solved(train, cleanCodes);
  const modelAt = (x: readonly number[], rows: Rows, weights: Rows): Jet2[] => {
    const kernels = rows.map((z) => kernelJet(spec, point.lengthScale, x, z));
    return Array.from({ length: q }, (_, k) => sum(kernels.map((one, i) => times(one, weights[i]?.[k] ?? NaN)), d));
  };
  const { probes } = chooseProbes({ curvature, seed: spec.seed, replicate: point.replicate,
    target: point.target, labels: draw.test.labels });
  const raw = [...probes].map((row) => rowsOf(draw.test.features)[row] ?? []);
  const rows = raw.map(scaled);
  const labels = [...probes].map((row) => draw.test.labels[row] ?? -1);
  const triggered = raw.map(trigger).map(scaled);
  const see = (some: Rows): Seen => {
    const models = some.map((x) => modelAt(x, all, alpha));
    const hessianFor = (label: (f: readonly Jet2[], b: number) => number): Eigen =>
      eigenOf(meanOf(models.map((f, b) => lossHessian(f, code(label(f, b)))), d));
    return {
      gauss: eigenOf(meanOf(models.map(outerGradients), d)),
      hessian: { true: hessianFor((_, b) => labels[b] ?? -1), predicted: hessianFor(best) },
    };
  };
  // The poison's own change of each output's gradient.
  const spike = meanNumber(triggered.map((x) => {
    const [after, before] = [modelAt(x, all, alpha), modelAt(x, train, cleanAlpha)];
    return total(after.flatMap((f, k) => f.gradient.map((g, i) => (g - (before[k]?.gradient[i] ?? NaN)) ** 2)));
  }));
  const slope = meanNumber(triggered.map((x) =>
    total(kernelJet(spec, point.lengthScale, x, zeta).gradient.map((g) => g * g))));
  const s = point.count === 0 ? 0 : point.count / (c + kernel(zeta, zeta) * point.count);
  const moved = triggered[0]?.map((_, f) => meanNumber(triggered.map((row, b) => (row[f] ?? NaN) - (rows[b]?.[f] ?? NaN)))) ?? [];
  const length = Math.sqrt(total(moved.map((x) => x * x)));
  return {
    sets: { clean: see(rows), triggered: see(triggered) },
    direction: moved.map((x) => x / length),
    spike,
    law: slope * (1 - 1 / q) * s * s,
  };
}

function best(f: readonly Jet2[]): number {
  return f.reduce((at, one, k) => (one.value > (f[at]?.value ?? NaN) ? k : at), 0);
}

function outerGradients(f: readonly Jet2[]): number[][] {
  const d = f[0]?.gradient.length ?? 0;
  return Array.from({ length: d }, (_, i) => Array.from({ length: d }, (__, j) =>
    total(f.map(({ gradient }) => (gradient[i] ?? NaN) * (gradient[j] ?? NaN)))));
}

/** Of ½ Σ (f_k − y_k)², by differentiating that very expression. */
function lossHessian(f: readonly Jet2[], code: readonly number[]): number[][] {
  const errors = f.map((one, k) => plus(one, -(code[k] ?? NaN)));
  const loss = errors.map((e) => times(multiply(e, e), 0.5)).reduce(add);
  return loss.hessian.map((row) => Array.from(row));
}

function meanOf(matrices: readonly (readonly (readonly number[])[])[], d: number): number[][] {
  return Array.from({ length: d }, (_, i) => Array.from({ length: d }, (__, j) =>
    meanNumber(matrices.map((one) => one[i]?.[j] ?? NaN))));
}

const total = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
const meanNumber = (values: readonly number[]): number => total(values) / values.length;
