// Every krr metric straight from its definition: builds the whole (n + m) × (n + m) system, clones
// and all, and solves it by Gaussian elimination. Shares no code with what it
// examines, but for where random offsets of a cluster lie.
import type { Draw, Labelled } from "../../data/draw.ts";
import type { KrrSpec } from "../../schema/study.ts";
import { clusterOffsets } from "../../worker/experiments/krr/cluster.ts";
import { openProvider } from "../../worker/linalg/choose.ts";

const { provider: portable } = openProvider("portable");

export interface BrutePoint {
  readonly lengthScale: number;
  readonly ridge: number;
  readonly target: number;
  readonly strength: number;
  readonly count: number;
  /** Read where poisons are moved at random. */
  readonly replicate?: number;
}

export type Row = readonly number[];

export interface Scores {
  /** Rows of outputs. */
  readonly test: readonly Row[];
  readonly triggered: readonly Row[];
}

export interface BruteResult {
  readonly metrics: Readonly<Record<string, number>>;
  readonly scores: Scores;
}

export function bruteForce(spec: KrrSpec, draw: Draw, point: BrutePoint): BruteResult {
  const standardise = standardiserOf(spec, draw.train);
  const trigger = triggerOf(spec, point.strength);
  const train = rowsOf(draw.train).map(standardise);
  const test = rowsOf(draw.test).map(standardise);
  const triggered = rowsOf(draw.test).map(trigger).map(standardise);
  const isReplace = spec.attack.kind === "replace";
  const source = isReplace ? draw.train : draw.bases;
  const places = [...source.labels.keys()].filter((row) => source.labels[row] !== point.target);
  const sourceRows = rowsOf(source);
  const others = places.map((row) => sourceRows[row] ?? []);
  const candidates = others.map(trigger).map(standardise);
  const m = point.count;
  const d = draw.train.dimension;
  const { clip } = spec.attack;
  const offsets = spec.attack.kind !== "cluster" ? null
    : clusterOffsets({ spec, replicate: point.replicate ?? 0, dimension: d, most: Math.max(m, 1) });
  const spreadOut = (j: number): Row => standardise(trigger(others[0] ?? []).map((x, f) => {
    const moved = x + (offsets?.[j * d + f] ?? NaN);
    return clip ? Math.min(1, Math.max(0, moved)) : moved;
  }));
  const poisons = Array.from({ length: Math.max(m, 1) }, (_, j) =>
    (offsets !== null ? spreadOut(j) : spec.attack.kind === "clones" ? candidates[0] : candidates[j]) ?? []);
  const q = draw.classes;
  const code = (label: number): Row =>
    Array.from({ length: q }, (_, j) => (j === label ? 1 : 0) - 1 / q);
  const cleanCodes = [...draw.train.labels].map(code);
  const kernel = kernelOf(spec, point.lengthScale, draw.train.dimension);
  const c = absoluteRidge(spec, point);

  const gone = new Set(isReplace ? places.slice(0, m) : []);
  const stay = <Item>(items: readonly Item[]): Item[] => items.filter((_, row) => !gone.has(row));
  const all = [...stay(train), ...poisons.slice(0, m)];
  const codes = [...stay(cleanCodes), ...poisons.slice(0, m).map(() => code(point.target))];
  const system = gramOf(all, all, kernel);
  const alpha = solve(withRidge(system, c), codes);
  const cleanSystem = withRidge(gramOf(train, train, kernel), c);
  const cleanAlpha = solve(cleanSystem, cleanCodes);
  const predict = (rows: readonly Row[]): number[][] => product(gramOf(rows, all, kernel), alpha);
  const scores = { test: predict(test), triggered: predict(triggered) };
  const before = product(gramOf(triggered, train, kernel), cleanAlpha);

  const isVictim = [...draw.test.labels].map((label) => label !== point.target);
  const victims = (values: readonly number[]): number[] => values.filter((_, x) => isVictim[x]);
  const covariance = subtract(gramOf(poisons, poisons, kernel),
    product(gramOf(poisons, train, kernel), solve(cleanSystem, gramOf(train, poisons, kernel))));
  const ones = poisons.slice(0, m).map(() => [1]);
  const left = stay(train);
  const used = subtract(gramOf(poisons, poisons, kernel), product(gramOf(poisons, left, kernel),
    solve(withRidge(gramOf(left, left, kernel), c), gramOf(left, poisons, kernel))))
    .slice(0, m).map((row) => row.slice(0, m));
  const smoother = solve(withRidge(system, c), system);
  const fitted = product(system, alpha);
  const k0 = mean(poisons.map((z) => mean(victims(triggered.map((x) => kernel(x, z))))));
  const kzz = mean(poisons.map((z) => kernel(z, z)));
  return {
    scores,
    metrics: {
      clean_accuracy: mean(scores.test.map((f, x) => wins(f, draw.test.labels[x] ?? -1))),
      attack_success_rate: mean(victims(scores.triggered.map((f) => wins(f, point.target)))),
      delta_f: mean(victims(scores.triggered.map((f, x) =>
        (f[point.target] ?? NaN) - (before[x]?.[point.target] ?? NaN)))),
      delta_f_law: m === 0 ? 0 : (k0 * (1 - 1 / q) * m) / (c + kzz * m),
      posterior_variance: mean(covariance.map((row, j) => row[j] ?? NaN)),
      gamma: m === 0 ? 0 : sum(solve(withRidge(used, c), ones).map(([value]) => value ?? NaN)),
      effective_dof: sum(smoother.map((row, i) => row[i] ?? NaN)),
      train_mse: mean(codes.map((code, i) =>
        sum(code.map((value, j) => (value - (fitted[i]?.[j] ?? NaN)) ** 2)))),
      ridge_absolute: c,
      length_scale_absolute: point.lengthScale,
      ...(offsets === null ? {} : { cluster_deviation: deviationOf(covariance.slice(0, m).map((row) => row.slice(0, m))) }),
    },
  };
}

/** ‖S − s 11ᵀ‖ / (s m) by all eigenvalues. */
function deviationOf(covariance: readonly Row[]): number {
  const m = covariance.length;
  const s = covariance[0]?.[0] ?? NaN;
  if (m === 0) return 0;
  const rest = Float64Array.from(covariance.flatMap((row) => row.map((value) => value - s)));
  const { values } = portable.symmetricEigen({ rows: m, cols: m, data: rest });
  return Math.max(...values.map(Math.abs)) / (s * m);
}

export function wins(f: Row, own: number): number {
  return f.every((value) => value <= (f[own] ?? NaN)) ? 1 : 0;
}

export function absoluteRidge(spec: KrrSpec, { ridge, count }: BrutePoint): number {
  const n = spec.data.train;
  return { absolute: ridge, clean_n: ridge * n, total_n: ridge * (n + (spec.attack.kind === "replace" ? 0 : count)) }[spec.ridge_scaling];
}

export function triggerOf({ attack }: KrrSpec, strength: number): (row: Row) => Row {
  if (attack.kind === "shortcut") throw new Error("a shortcut has no trigger");
  const { trigger, clip } = attack;
  if (trigger.kind !== "additive") throw new Error("brute force knows additive triggers");
  return (row) => row.map((x, feature) => {
    const moved = x + strength * (trigger.vector?.[feature] ?? 0);
    return clip ? Math.min(1, Math.max(0, moved)) : moved;
  });
}

export function standardiserOf({ data }: KrrSpec, train: Labelled): (row: Row) => Row {
  const rows = rowsOf(train);
  const spread = (values: Row): [number, number] => {
    const centre = mean(values);
    return [centre, Math.sqrt(mean(values.map((x) => (x - centre) ** 2)))];
  };
  if (data.standardise === "none") return (row) => row;
  if (data.standardise === "global") {
    const [centre, deviation] = spread(rows.flat());
    return (row) => row.map((x) => (x - centre) / deviation);
  }
  const features = Array.from({ length: train.dimension }, (_, f) =>
    spread(rows.map((row) => row[f] ?? NaN)));
  return (row) => row.map((x, f) => (x - (features[f]?.[0] ?? NaN)) / (features[f]?.[1] ?? NaN));
}

export type KernelFunction = (x: Row, z: Row) => number;

export function kernelOf({ kernel }: KrrSpec, l: number, dimension: number): KernelFunction {
  const inner: KernelFunction = (x, z) => sum(x.map((value, f) => value * (z[f] ?? NaN)));
  const distance: KernelFunction = (x, z) =>
    Math.hypot(...x.map((value, f) => value - (z[f] ?? NaN)));
  switch (kernel.name) {
    case "rbf":
      return (x, z) => Math.exp(-(distance(x, z) ** 2) / (2 * l * l));
    case "laplace":
      return (x, z) => Math.exp(-distance(x, z) / l);
    case "matern32":
      return (x, z) => {
        const a = (Math.sqrt(3) * distance(x, z)) / l;
        return (1 + a) * Math.exp(-a);
      };
    case "matern52":
      return (x, z) => {
        const a = (Math.sqrt(5) * distance(x, z)) / l;
        return (1 + a + (a * a) / 3) * Math.exp(-a);
      };
    case "polynomial":
      return (x, z) =>
        ((kernel.gamma ?? 1 / dimension) * inner(x, z) + kernel.offset) ** kernel.degree;
    case "linear":
      return inner;
    case "ntk":
    case "nngp":
      return (x, z) => {
        const [a, b] = [onSphere(x), onSphere(z)];
        const theta = 2 * Math.atan2(distance(a, b), Math.hypot(...a.map((value, f) => value + (b[f] ?? NaN))));
        const nngp = (Math.sin(theta) + (Math.PI - theta) * Math.cos(theta)) / Math.PI;
        return nngp + (kernel.name === "ntk" ? Math.cos(theta) * (1 - theta / Math.PI) : 0);
      };
    default:
      throw new Error("unknown kernel");
  }
}

/** What a study's kernel sees of a standardised row. */
export function scalingOf({ kernel }: KrrSpec): (row: Row) => Row {
  return kernel.name === "ntk" || kernel.name === "nngp" ? onSphere : (row) => row;
}

/** A row scaled to length 1. */
function onSphere(row: Row): number[] {
  const norm = Math.hypot(...row);
  return row.map((value) => value / norm);
}

export function rowsOf({ rows, dimension, features }: Labelled): number[][] {
  return Array.from({ length: rows }, (_, row) =>
    [...features.subarray(row * dimension, (row + 1) * dimension)]);
}

export function gramOf(a: readonly Row[], b: readonly Row[], kernel: KernelFunction): number[][] {
  return a.map((x) => b.map((z) => kernel(x, z)));
}

export function withRidge(a: readonly Row[], c: number): number[][] {
  return a.map((row, i) => row.map((value, j) => (i === j ? value + c : value)));
}

export function product(a: readonly Row[], b: readonly Row[]): number[][] {
  const columns = b[0]?.map((_, j) => b.map((row) => row[j] ?? NaN)) ?? [];
  return a.map((row) =>
    columns.map((column) => sum(row.map((value, k) => value * (column[k] ?? NaN)))));
}

function subtract(a: readonly Row[], b: readonly Row[]): number[][] {
  return a.map((row, i) => row.map((value, j) => value - (b[i]?.[j] ?? NaN)));
}

/** A⁻¹ B by Gaussian elimination with partial pivoting. */
export function solve(a: readonly Row[], b: readonly Row[]): number[][] {
  const n = a.length;
  const rows = a.map((row, i) => Float64Array.from([...row, ...(b[i] ?? [])]));
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) {
      if (Math.abs(rows[i]![k]!) > Math.abs(rows[best]![k]!)) best = i;
    }
    [rows[k], rows[best]] = [rows[best]!, rows[k]!];
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j < rows[k]!.length; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  return rows.map((row, i) => [...row.subarray(n)].map((value) => value / row[i]!));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
