// The near-clone regime: a probe at distance r from the poison, against dense exact derivatives,
// and the laws and corrections that hold as r goes to 0.
import assert from "node:assert/strict";
import { test } from "node:test";
import { KERNELS } from "../../../schema/experiments/krr.ts";
import { type KrrSpec, StudySpec } from "../../../schema/study.ts";
import { openProvider } from "../../../worker/linalg/choose.ts";
import { absoluteRidge, kernelOf, rowsOf, scalingOf, solve } from "../brute-force.ts";
import { drawOf, measure, pointsOf, type Problem, randomPool, sharedBoxes } from "../problems.ts";
import { bruteCurvature, eigenOf } from "./brute-curvature.ts";
import { add, type Jet2, kernelJet, multiply, plus, sum, times } from "./jets.ts";

const { provider: linalg } = openProvider("auto");
const LENGTH = 1.1;
const DISTANCES = [0, 1e-6, 0.01, 0.3, 1.5];
const VECTOR = [0.7, -0.4];

function problem(kernel: string, parts: Record<string, unknown> = {}): Problem {
  const spec = StudySpec.parse({
    experiment: "krr", name: "near", seed: 11,
    data: { source: "glyphs", train: 16, test: 24, standardise: "none" },
    attack: { kind: "clones", trigger: { kind: "additive", vector: VECTOR } },
    kernel, curvature: { probes: 2, bottom: true },
    ...(/linear|poly|ntk|nngp/.test(kernel) ? {} : { fixed: { length_scale: LENGTH } }),
    axes: { ridge: [0.003, 0.4], target: [1], poison_count: [0, 1, 6], probe_distance: DISTANCES },
    ...parts,
  });
  assert.ok(spec.experiment === "krr");
  return { spec, classes: 3, dimension: 4, pool: randomPool(4, 3) };
}

const isSphere = (kernel: string): boolean => kernel === "ntk" || kernel === "nngp";

type Row = Readonly<Record<string, number>>;
interface Case { readonly row: Row; readonly brute: Brute; readonly distance: number; readonly count: number }

/** Every point of a problem, beside what brute force needs to examine it. */
function casesOf(one: Problem): Case[] {
  const [box] = sharedBoxes(one.spec);
  assert.ok(box !== undefined);
  const block = measure(one, "tridiagonal", linalg, box);
  const distances = DISTANCES.length;
  return pointsOf(one.spec, box).map((point, index) => {
    assert.equal(block.status[index], 0);
    const row = Object.fromEntries(Object.entries(block.metrics).map(([name, values]) => [name, values[index] ?? NaN]));
    const distance = DISTANCES[index % distances] ?? NaN;
    return { row, brute: bruteNear(one.spec, one, point, distance), distance, count: point.count };
  });
}

interface Brute {
  /** f(x0) with and without the poison. */
  readonly after: readonly Jet2[];
  readonly before: readonly Jet2[];
  readonly own: number;
  readonly target: number;
  readonly unit: readonly number[];
  /** Length of u's part across ζ. */
  readonly tangent: number;
  /** γ² |r|² |∇s(ζ)|² / 4, ∇s by central differences. */
  readonly floor: number;
}

const code = (label: number, q: number): number[] =>
  Array.from({ length: q }, (_, k) => (k === label ? 1 : 0) - 1 / q);

function bruteNear(spec: KrrSpec, one: Problem, point: ReturnType<typeof pointsOf>[number], distance: number): Brute {
  const draw = drawOf(one, point.replicate);
  const q = one.classes;
  const train = rowsOf(draw.train).map(scalingOf(spec));
  const bases = rowsOf(draw.bases);
  const at = bases.findIndex((_, i) => draw.bases.labels[i] !== point.target);
  const scaled = scalingOf(spec);
  const zeta = scaled((bases[at] ?? []).map((x, i) => x + (VECTOR[i] ?? 0)));
  const unit = bruteCurvature(spec, draw, point).direction;
  const x0 = scaled(zeta.map((x, i) => x + distance * (unit[i] ?? 0)));
  const c = absoluteRidge(spec, point);
  const kernel = kernelOf(spec, LENGTH, one.dimension);
  const fit = (rows: readonly (readonly number[])[], codes: number[][]): number[][] =>
    solve(rows.map((x, i) => rows.map((z, j) => kernel(x, z) + (i === j ? c : 0))), codes);
  const cleanCodes = [...draw.train.labels].map((label) => code(label, q));
  const clones = Array.from({ length: point.count }, () => zeta);
  const model = (rows: readonly (readonly number[])[], weights: number[][]): Jet2[] => {
    const jets = rows.map((z) => kernelJet(spec, LENGTH, x0, z));
    return Array.from({ length: q }, (_, k) => sum(jets.map((jet, i) => times(jet, weights[i]?.[k] ?? NaN)), x0.length));
  };
  const all = [...train, ...clones];
  const alpha = fit(train, cleanCodes);
  const variance = (x: readonly number[]): number => {
    const kx = train.map((z) => [kernel(x, z)]);
    const solved = fit(train, kx);
    return kernel(x, x) - kx.reduce((total, [value], i) => total + (value ?? NaN) * (solved[i]?.[0] ?? NaN), 0);
  };
  const h = 1e-4;
  const slope = zeta.map((_, i) => {
    const moved = (step: number): number[] => zeta.map((x, j) => (i === j ? x + step : x));
    return (variance(moved(h)) - variance(moved(-h))) / (2 * h);
  });
  const gamma = point.count === 0 ? 0 : point.count / (c + point.count * variance(zeta));
  const error = code(point.target, q).map((y, k) =>
    y - train.reduce((total, z, i) => total + kernel(zeta, z) * (alpha[i]?.[k] ?? NaN), 0));
  const square = (values: readonly number[]): number => values.reduce((total, x) => total + x * x, 0);
  return {
    after: model(all, fit(all, [...cleanCodes, ...clones.map(() => code(point.target, q))])),
    before: model(train, alpha),
    own: draw.bases.labels[at] ?? -1,
    target: point.target,
    unit,
    tangent: Math.sqrt(1 - zeta.reduce((total, x, i) => total + x * (unit[i] ?? NaN), 0) ** 2 / square(zeta)),
    floor: (gamma * gamma * square(error) * square(slope)) / 4,
  };
}

function close(what: string, got: number, want: number, share: number, floor = 1e-7): void {
  const error = Math.abs(got - want) / Math.max(Math.abs(want), floor);
  assert.ok(error <= share, `${what}: got ${got}, wanted ${want}, off by ${error}`);
}

const lossHessian = (f: readonly Jet2[], y: readonly number[]): readonly (readonly number[])[] =>
  f.map((one, k) => plus(one, -(y[k] ?? NaN))).map((e) => times(multiply(e, e), 0.5)).reduce(add).hessian;

for (const kernel of KERNELS) {
  test(`${kernel}: a near probe's columns are those of dense exact derivatives`, () => {
    for (const { row, brute, distance, count } of casesOf(problem(kernel))) {
      // The cusp has no derivative to compare with, and near it 1/r amplifies rounding.
      if (kernel === "laplace" && distance < 0.01) continue;
      if (kernel.startsWith("matern") && distance === 0) continue; // 0/0 in the jets of √s
      if (isSphere(kernel) && distance < 0.01) continue; // and of the angle
      const where = `m ${count}, r ${distance}`;
      const { after, before, own, target, unit } = brute;
      const q = after.length;
      const value = (f: readonly Jet2[], k: number): number => f[k]?.value ?? NaN;
      const best = after.reduce((top, one, k) => (one.value > value(after, top) ? k : top), 0);
      close(`delta_f ${where}`, row["delta_f_near"] ?? NaN, value(after, target) - value(before, target), 1e-7);
      const margin = Math.max(...after.map(({ value: f }, k) => (k === target ? -Infinity : f))) - value(after, target);
      if (Math.abs(margin) > 1e-9) assert.equal(row["success_near"], margin < 0 ? 1 : 0);
      const shifts = after.flatMap((f, k) => f.gradient.map((g, i) => (g - (before[k]?.gradient[i] ?? NaN)) ** 2));
      close(`spike ${where}`, row["gn_spike_near"] ?? NaN, shifts.reduce((a, b) => a + b, 0), 1e-4, 1e-6);
      const gram = unit.map((_, i) => unit.map((__, j) => after.reduce((total, f) => total + (f.gradient[i] ?? NaN) * (f.gradient[j] ?? NaN), 0)));
      const gauss = eigenOf(gram);
      const scale = gauss.values.at(-1) ?? NaN;
      close(`gn_top ${where}`, row["gn_top_near"] ?? NaN, scale, 1e-6, 1e-6);
      if (scale > 1e-6 && (scale - (gauss.values.at(-2) ?? NaN)) / scale > 1e-2) {
        const cosine = (gauss.vectors.at(-1) ?? []).reduce((total, x, i) => total + x * (unit[i] ?? NaN), 0);
        close(`gn_overlap ${where}`, row["gn_overlap_near"] ?? NaN, cosine * cosine, 1e-4, 1);
        if (count > 0) {
          const pull = unit.map((_, i) => (after[target]?.gradient[i] ?? NaN) - (before[target]?.gradient[i] ?? NaN));
          const inner = (gauss.vectors.at(-1) ?? []).reduce((total, x, i) => total + x * (pull[i] ?? NaN), 0);
          close(`pull ${where}`, row["gn_pull_overlap_near"] ?? NaN, inner ** 2 / pull.reduce((a, x) => a + x * x, 0), 1e-4, 1);
        }
      }
      for (const [name, label] of [["true", own], ["predicted", best]] as const) {
        const { values } = eigenOf(lossHessian(after, code(label, q)));
        const size = Math.max(Math.abs(values[0] ?? 0), Math.abs(values.at(-1) ?? 0), 1e-6);
        close(`top ${name} ${where}`, row[`hessian_top_near_${name}`] ?? NaN, values.at(-1) ?? NaN, 1e-6, size);
        close(`bottom ${name} ${where}`, row[`hessian_bottom_near_${name}`] ?? NaN, values[0] ?? NaN, 1e-6, size);
        close(`trace ${name} ${where}`, row[`hessian_trace_near_${name}`] ?? NaN, values.reduce((a, b) => a + b, 0), 1e-6, size);
      }
    }
  });

  test(`${kernel}: at the clone the spike is γ² |r|² |∇s|² / 4, not the law's R_k (Δf)²`, () => {
    // The cusp's own term is left out of ∇g, and k(x, x) is constant: the same gradient of s.
    for (const { row, brute, distance, count } of casesOf(problem(kernel))) {
      close(`floor, m ${count}`, row["gn_spike_floor"] ?? NaN, brute.floor, 1e-5);
      if (distance === 0) close(`spike, m ${count}`, row["gn_spike_near"] ?? NaN, brute.floor, 1e-5);
      if (count > 0) assert.ok(brute.floor > 1e-9, "the clean rows move the poison's own point");
    }
  });
}

/** R_k = |∇k(x0, ζ)|² / k(x0, ζ)², from the law's columns. */
const slopeOf = (row: Row, classes: number): number =>
  ((row["gn_spike_law_near"] ?? NaN) / (row["delta_f_law_near"] ?? NaN) ** 2) * (1 - 1 / classes);

test("the law's R_k vanishes as b² r² for differentiable kernels, never for laplace and ntk", () => {
  const limits = { rbf: 1 / LENGTH ** 4, matern32: 9 / LENGTH ** 4, matern52: 25 / 9 / LENGTH ** 4 };
  const small = { kernel: "", distance: 1e-6 };
  for (const [kernel, limit] of Object.entries(limits)) {
    for (const { row, distance, count } of casesOf(problem(kernel))) {
      if (count === 0 || distance !== small.distance) continue;
      close(kernel, slopeOf(row, 3) / distance ** 2, limit, 1e-5);
    }
  }
  for (const { row, distance, count } of casesOf(problem("ntk"))) {
    if (count > 0 && distance === small.distance) close("ntk", slopeOf(row, 3), 1 / (4 * Math.PI ** 2), 1e-4);
  }
  for (const { row, brute, distance, count } of casesOf(problem("nngp"))) {
    if (count > 0 && distance === small.distance) close("nngp", slopeOf(row, 3) / (distance * brute.tangent) ** 2, 1, 1e-4);
  }
  for (const { row, distance, count } of casesOf(problem("laplace"))) {
    if (count > 0 && distance > 0) close("laplace", slopeOf(row, 3), 1 / LENGTH ** 2, 1e-8);
  }
});

test("an isolated clone has no spike, and an isotropic Hessian that the trace does see", () => {
  // The trigger takes the poison far away from everything else; x0 is the poison itself.
  const attack = { kind: "clones", trigger: { kind: "additive", vector: [0, 60] } };
  const one = problem("rbf", { attack });
  const [box] = sharedBoxes(one.spec);
  assert.ok(box !== undefined);
  const { metrics } = measure(one, "tridiagonal", linalg, box);
  const at = (name: string, index: number): number => metrics[name]?.[index] ?? NaN;
  let seen = 0;
  pointsOf(one.spec, box).forEach(({ count, ridge, target }, index) => {
    if (index % DISTANCES.length !== 0 || count === 0) return;
    seen++;
    const gamma = count / (ridge * one.spec.data.train + count);
    const y = code(target, 3);
    assert.ok(at("gn_spike_near", index) < 1e-25);
    assert.ok(at("delta_f_near", index) > 0.3 * gamma);
    // f = γ y_t there, and every output bends like −γ y_tk / l² in every direction.
    const draw = drawOf(one, 0);
    const own = draw.bases.labels.find((label) => label !== target) ?? -1;
    for (const [name, label] of [["predicted", target], ["true", own]] as const) {
      const bend = code(label, 3).reduce((total, wanted, k) =>
        total - ((gamma * (y[k] ?? NaN) - wanted) * gamma * (y[k] ?? NaN)) / LENGTH ** 2, 0);
      close(`${name} trace`, at(`hessian_trace_near_${name}`, index), 4 * bend, 1e-9);
      close(`${name} top`, at(`hessian_top_near_${name}`, index), bend, 1e-6);
      close(`${name} bottom`, at(`hessian_bottom_near_${name}`, index), bend, 1e-6);
    }
  });
  assert.ok(seen > 3);
});
