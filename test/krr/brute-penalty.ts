// The gradient penalty straight from its definition: gradients as vectors, dense systems, clones as
// one point of weight m. Shares no code with what it examines.
//
// Radial kernels are solved over section weights a, as (W K + c I + κ K⁻¹Γ) a = W Y, the normal
// equations with K⁻¹ taken out of them; linear and quadratic ones over their explicit features.
import type { Draw } from "../../data/draw.ts";
import type { KrrSpec } from "../../schema/study.ts";
import {
  absoluteRidge,
  type BrutePoint,
  gramOf,
  type KernelFunction,
  kernelOf,
  mean,
  product,
  type Row,
  rowsOf,
  solve,
  standardiserOf,
  sum,
  triggerOf,
  wins,
} from "./brute-force.ts";

export interface PenaltyPointAt extends BrutePoint {
  readonly kappa: number;
}

/** One basis of functions: values and gradients at a point, and the Gram matrix of |f|². */
interface Basis {
  readonly values: (x: Row) => Row;
  /** Per basis function its gradient, (d). */
  readonly gradients: (x: Row) => Row[];
  readonly metric: readonly Row[];
}

export function brutePenalty(
  spec: KrrSpec,
  draw: Draw,
  point: PenaltyPointAt,
): Record<string, number> {
  const { count: m, target, kappa, lengthScale } = point;
  const standardise = standardiserOf(spec, draw.train);
  const trigger = triggerOf(spec, point.strength);
  const train = rowsOf(draw.train).map(standardise);
  const test = rowsOf(draw.test).map(standardise);
  const triggered = rowsOf(draw.test).map(trigger).map(standardise);
  const zeta = rowsOf(draw.bases).filter((_, row) => draw.bases.labels[row] !== target)
    .map(trigger).map(standardise)[0] ?? [];
  const q = draw.classes;
  const code = (label: number): Row =>
    Array.from({ length: q }, (_, j) => (j === label ? 1 : 0) - 1 / q);
  const codes = [...draw.train.labels].map(code);
  const c = absoluteRidge(spec, point);
  const kernel = kernelOf(spec, lengthScale, draw.train.dimension);
  const model = (points: readonly Row[], weights: Row, labels: readonly Row[]): Model =>
    modelOf(basisOf(spec, { points, lengthScale, kernel }), { points, weights, labels, c, kappa });
  const clean = model(train, train.map(() => 1), codes);
  const all = m === 0 ? train : [...train, zeta];
  const weights = all.map((_, i) => (i < train.length ? 1 : m));
  const labels = [...codes, code(target)].slice(0, all.length);
  const poisoned = model(all, weights, labels);
  const variance = varianceOf(spec, { train, zeta, weights, c, kappa, lengthScale, kernel, m });
  const isVictim = [...draw.test.labels].map((label) => label !== target);
  const victims = (values: readonly number[]): number[] => values.filter((_, x) => isVictim[x]);
  const before = triggered.map(clean.predict);
  const scores = { test: test.map(poisoned.predict), triggered: triggered.map(poisoned.predict) };
  const rows = sum(weights);
  const k0 = mean(victims(triggered.map((x) => kernel(x, zeta))));
  return {
    clean_accuracy: mean(scores.test.map((f, x) => wins(f, draw.test.labels[x] ?? -1))),
    attack_success_rate: mean(victims(scores.triggered.map((f) => wins(f, target)))),
    delta_f: mean(victims(scores.triggered.map((f, x) =>
      (f[target] ?? NaN) - (before[x]?.[target] ?? NaN)))),
    delta_f_law: m === 0 ? 0 : (k0 * (1 - 1 / q) * m) / (c + kernel(zeta, zeta) * m),
    posterior_variance: variance,
    gamma: m === 0 ? 0 : m / (c + m * variance),
    effective_dof: poisoned.dof,
    train_mse: sum(all.map((x, i) => {
      const fitted = poisoned.predict(x);
      return (weights[i] ?? NaN) *
        sum((labels[i] ?? []).map((y, j) => (y - (fitted[j] ?? NaN)) ** 2));
    })) / rows,
    gradient_mean_square: sum(all.map((x, i) => (weights[i] ?? NaN) * poisoned.slope(x))) / rows,
    ridge_absolute: c,
    length_scale_absolute: lengthScale,
    length_scale_effective: Math.sqrt(lengthScale ** 2 + 2 * kappa),
  };
}

export interface Model {
  readonly predict: (x: Row) => Row;
  /** |∇f(x)|², summed over the outputs. */
  readonly slope: (x: Row) => number;
  /** Trace of the smoother, every point counted as often as its weight. */
  readonly dof: number;
}

interface Fit {
  readonly points: readonly Row[];
  readonly weights: Row;
  readonly labels: readonly Row[];
  readonly c: number;
  readonly kappa: number;
}

function modelOf(basis: Basis, { points, weights, labels, c, kappa }: Fit): Model {
  const values = points.map(basis.values);
  const weighted = (rows: readonly Row[]): number[][] =>
    rows.map((row, i) => row.map((value) => value * (weights[i] ?? NaN)));
  const system = systemOf(basis, { points, weights, c, kappa });
  // N⁻¹Ψᵀ: the identity for sections, Ψᵀ for features.
  const reached = solve(basis.metric, transposed(values));
  const a = solve(system, product(reached, weighted(labels)));
  const smoother = product(values, solve(system, product(reached, diagonal(weights))));
  return {
    predict: (x) => product([basis.values(x)], a)[0] ?? [],
    slope: (x) => {
      const gradients = basis.gradients(x);
      return sum(product(transposed(gradients), a).flat().map((value) => value ** 2));
    },
    dof: sum(smoother.map((row, i) => row[i] ?? NaN)),
  };
}

/** N⁻¹(ΨᵀWΨ + cN + κΓ) with W of `labelled` if that is given: other weights for the labels. */
function systemOf(
  basis: Basis,
  fit: Pick<Fit, "points" | "weights" | "c" | "kappa"> & { readonly labelled?: Row },
): number[][] {
  const { points, weights, c, kappa, labelled = weights } = fit;
  const values = points.map(basis.values);
  const gradients = points.map(basis.gradients);
  const entry = (i: number, j: number): number =>
    sum(points.map((_, p) =>
      (labelled[p] ?? NaN) * (values[p]?.[i] ?? NaN) * (values[p]?.[j] ?? NaN) +
      kappa * (weights[p] ?? NaN) *
        sum((gradients[p]?.[i] ?? []).map((g, f) => g * (gradients[p]?.[j]?.[f] ?? NaN)))));
  const gram = basis.metric.map((row, i) => row.map((_, j) => entry(i, j)));
  return solve(basis.metric, gram).map((row, i) =>
    row.map((value, j) => (i === j ? value + c : value)));
}

interface Variance {
  readonly train: readonly Row[];
  readonly zeta: Row;
  readonly weights: Row;
  readonly c: number;
  readonly kappa: number;
  readonly lengthScale: number;
  readonly kernel: KernelFunction;
  readonly m: number;
}

/** s = c φ(ζ)ᵀ(ΦᵀΦ + cI + κG)⁻¹φ(ζ), plus what the span of the points leaves open of k(ζ, ζ). */
function varianceOf(spec: KrrSpec, given: Variance): number {
  const { train, zeta, weights, c, kappa, lengthScale, kernel, m } = given;
  const points = m === 0 ? train : [...train, zeta];
  const basis = basisOf(spec, { points, lengthScale, kernel });
  const labelled = points.map((_, i) => (i < train.length ? 1 : 0));
  const system = systemOf(basis, { points, weights, c, kappa, labelled });
  const value = basis.values(zeta);
  const reached = solve(basis.metric, value.map((one) => [one]));
  const inside = sum(value.map((one, i) => one * (reached[i]?.[0] ?? NaN)));
  const solved = solve(system, reached);
  return kernel(zeta, zeta) - inside + c * sum(value.map((one, i) => one * (solved[i]?.[0] ?? NaN)));
}

interface Sections {
  readonly points: readonly Row[];
  readonly lengthScale: number;
  readonly kernel: KernelFunction;
}

function basisOf(spec: KrrSpec, sections: Sections): Basis {
  const { kernel: named } = spec;
  if (named.name === "linear") {
    return featureBasis((x) => x, (x) => x.map((_, f) => x.map((__, g) => (f === g ? 1 : 0))),
      sections.points[0]?.length ?? 0);
  }
  if (named.name === "polynomial") {
    const dimension = sections.points[0]?.length ?? 0;
    if (named.degree !== 2) throw new Error("brute force knows polynomials of degree 2");
    return quadraticBasis(named.gamma ?? 1 / dimension, named.offset, dimension);
  }
  const { points, kernel, lengthScale } = sections;
  return {
    values: (x) => points.map((z) => kernel(x, z)),
    gradients: (x) => points.map((z) => radialGradient(named.name, lengthScale, x, z)),
    metric: gramOf(points, points, kernel),
  };
}

function featureBasis(values: Basis["values"], gradients: Basis["gradients"], size: number): Basis {
  return { values, gradients, metric: diagonal(Array.from({ length: size }, () => 1)) };
}

/** (γ x·z + o)² = o² + 2 o γ x·z + γ² Σ_fg x_f x_g z_f z_g, with f ≤ g counted twice off f = g. */
function quadraticBasis(gamma: number, offset: number, dimension: number): Basis {
  const pairs = Array.from({ length: dimension }, (_, f) => f)
    .flatMap((f) => Array.from({ length: dimension - f }, (_, g) => [f, f + g] as const));
  const linear = Math.sqrt(2 * offset * gamma);
  const scale = (f: number, g: number): number => (f === g ? gamma : Math.SQRT2 * gamma);
  const at = (x: Row, f: number): number => x[f] ?? NaN;
  const values = (x: Row): Row => [offset, ...x.map((one) => linear * one),
    ...pairs.map(([f, g]) => scale(f, g) * at(x, f) * at(x, g))];
  const gradients = (x: Row): Row[] => [
    x.map(() => 0),
    ...x.map((_, f) => x.map((__, e) => (e === f ? linear : 0))),
    ...pairs.map(([f, g]) => x.map((_, e) =>
      scale(f, g) * ((e === f ? at(x, g) : 0) + (e === g ? at(x, f) : 0)))),
  ];
  return featureBasis(values, gradients, 1 + dimension + pairs.length);
}

/** ∇ₓ k(x, z) by the textbook formulas; 0 at x = z. */
export function radialGradient(name: string, l: number, x: Row, z: Row): Row {
  const delta = x.map((value, f) => value - (z[f] ?? NaN));
  const r = Math.hypot(...delta);
  if (r === 0) return delta;
  const factor = {
    rbf: () => -Math.exp(-r * r / (2 * l * l)) / (l * l),
    laplace: () => -Math.exp(-r / l) / (l * r),
    matern32: () => -(3 / (l * l)) * Math.exp(-Math.sqrt(3) * r / l),
    matern52: () => -(5 / (3 * l * l)) * (1 + Math.sqrt(5) * r / l) * Math.exp(-Math.sqrt(5) * r / l),
  }[name];
  if (factor === undefined) throw new Error(`brute force knows no gradient of ${name}`);
  return delta.map((value) => factor() * value);
}

function transposed(a: readonly Row[]): number[][] {
  return (a[0] ?? []).map((_, j) => a.map((row) => row[j] ?? NaN));
}

function diagonal(values: Row): number[][] {
  return values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));
}
