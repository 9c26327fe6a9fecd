// Small random krr studies with their data, for examining the experiment point by point.
import * as fc from "fast-check";
import type { DataPool, Draw, Labelled } from "../../data/draw.ts";
import type { ResultBlock } from "../../schema/column.ts";
import { KERNELS, RADIAL_KERNELS, RidgeScaling } from "../../schema/experiments/krr.ts";
import { poisonCounts } from "../../schema/experiments/krr-poison.ts";
import { type Box, indicesOf, pointsOfBox } from "../../schema/grid.ts";
import { StudyKey, type StudyOrder } from "../../schema/job.ts";
import { planOf, type Route } from "../../schema/plan.ts";
import { deriveSeed } from "../../schema/seed.ts";
import { axesOf, fixedValue, type KrrSpec, StudySpec } from "../../schema/study.ts";
import { krr } from "../../worker/experiments/krr/experiment.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import type { LinalgProvider } from "../../worker/linalg/provider.ts";
import type { BrutePoint } from "./brute-force.ts";

export interface Problem {
  readonly spec: KrrSpec;
  readonly pool: DataPool;
  readonly classes: number;
  readonly dimension: number;
}

/** A generator of its own, so that problems do not rest on the project's. */
export function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Rows uniform in [−0.2, 1.2)ᵈ moved by class; row i is the same however many are drawn. */
export function randomPool(dimension: number, classes: number): DataPool {
  const rows = (count: number, seed: number): Labelled => {
    const labels = new Int32Array(count);
    const features = new Float64Array(count * dimension);
    for (let row = 0; row < count; row++) {
      const random = mulberry(seed + 7919 * row);
      const label = Math.floor(random() * classes);
      labels[row] = label;
      for (let f = 0; f < dimension; f++) {
        features[row * dimension + f] = 1.4 * random() - 0.2 + 0.3 * ((label + f) % classes);
      }
    }
    return { rows: count, dimension, features, labels };
  };
  return {
    draw: (size, seed) => ({
      train: rows(size.train, (seed % 1e9) + 1),
      test: rows(size.test, (seed % 1e9) + 2),
      bases: rows(size.bases, (seed % 1e9) + 3),
      classes,
      image: null,
    }),
  };
}

/** @param chunk axis values per job; default: one job for all. */
export function orderOf(
  { spec, classes, dimension }: Problem,
  route: Route,
  chunk?: readonly number[],
): StudyOrder {
  const sizes = axesOf(spec).map(({ values }) => values.length);
  return {
    key: StudyKey.parse("st_0123456789abcdef"),
    spec,
    plan: planOf(sizes, chunk ?? sizes, route),
    data: { fingerprint: "0".repeat(64), dimension, classes, image: null, trainRows: null,
      testRows: null, shared: false, files: [] },
    folder: ".",
  };
}

/** Measures a box of a problem on a fresh bench. */
export function measure(
  problem: Problem,
  route: Route,
  linalg: LinalgProvider,
  box: Box,
): ResultBlock {
  const order = orderOf(problem, route);
  return krr.prepare(order, box, { linalg, pool: problem.pool }).measure(box);
}

/** One box for each combination of the axes that the points of a job share. */
export function sharedBoxes(spec: KrrSpec): Box[] {
  let boxes: Box[] = [{ from: [], to: [] }];
  for (const { name, values } of axesOf(spec)) {
    const ranges = name === "replicate" || name === "length_scale"
      ? values.map((_, index) => [index, index + 1] as const)
      : [[0, values.length] as const];
    boxes = boxes.flatMap(({ from, to }) =>
      ranges.map(([start, end]) => ({ from: [...from, start], to: [...to, end] })));
  }
  return boxes;
}

/** The values of each point of a box, by the grid's own arithmetic. */
export function pointsOf(spec: KrrSpec, box: Box): (BrutePoint & { readonly replicate: number })[] {
  const axes = axesOf(spec);
  const sizes = axes.map(({ values }) => values.length);
  return [...pointsOfBox(box, sizes)].map((point) => {
    const indices = indicesOf(point, sizes);
    const value = (name: string): number => {
      const axis = axes.findIndex((one) => one.name === name);
      return axes[axis]?.values[indices[axis] ?? 0] ?? fixedValue(spec, name) ?? Number.NaN;
    };
    const counted = axes.findIndex(({ name }) => name.startsWith("poison_"));
    return {
      lengthScale: value("length_scale"),
      ridge: value("ridge"),
      target: value("target"),
      strength: value("trigger_strength"),
      count: poisonCounts(spec)[indices[counted] ?? 0] ?? Number.NaN,
      replicate: value("replicate"),
    };
  });
}

export function drawOf({ spec, pool, classes }: Problem, replicate: number): Draw {
  // Many bases: the poisons are the first of another class, however many were drawn.
  const { train, test } = spec.data;
  return pool.draw({ train, test, bases: 40 * classes }, deriveSeed(spec.seed, "data", replicate));
}

export interface Setup {
  readonly kernel: (typeof KERNELS)[number];
  readonly scaling: RidgeScaling;
  readonly attack: "clones" | "added" | "replace" | "cluster";
}

/** Every kernel × ridge scaling × attack. */
export const SETUPS: readonly Setup[] = KERNELS.flatMap((kernel) =>
  RidgeScaling.options.flatMap((scaling) =>
    (["clones", "added", "replace", "cluster"] as const).map((attack) => ({ kernel, scaling, attack }))));

/** Small studies of one set-up; the order of their axes varies too. */
export const problemsOf = (setup: Setup): fc.Arbitrary<Problem> => fc
  .record({
    seed: fc.integer({ min: 0, max: 1_000_000 }),
    // No more poisons than there are training rows of other classes to replace.
    train: fc.integer(setup.attack === "replace" ? { min: 20, max: 32 } : { min: 10, max: 24 }),
    test: fc.integer({ min: 4, max: 10 }),
    dimension: fc.integer({ min: 2, max: 5 }),
    classes: fc.integer({ min: 2, max: 4 }),
    standardise: fc.constantFrom("none", "global", "feature"),
    clip: fc.boolean(),
    vector: fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 1, maxLength: 2 }),
    ridges: fc.uniqueArray(fc.integer({ min: 2, max: 200 }), { minLength: 1, maxLength: 3 }),
    counts: fc.uniqueArray(fc.integer({ min: 0, max: setup.attack === "replace" ? 4 : 9 }),
      { minLength: 1, maxLength: 4 }),
    byRate: fc.boolean(),
    order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6, maxLength: 6 }),
  })
  .map((draw) => {
    const isRadial = (RADIAL_KERNELS as readonly string[]).includes(setup.kernel);
    const amount = draw.byRate
      ? { poison_rate: draw.counts.map((count) => count / (draw.train + count)) }
      : { poison_count: draw.counts };
    const axes: Record<string, number[]> = {
      ridge: draw.ridges.map((hundredths) => hundredths / 100),
      target: draw.classes === 2 ? [1] : [draw.classes - 1, 0],
      trigger_strength: [1, -0.5],
      replicate: [0],
      ...amount,
      ...(isRadial ? { length_scale: [0.7] } : {}),
    };
    const names = Object.keys(axes);
    const sorted = draw.order
      .filter((index) => index < names.length)
      .map((index) => names[index] ?? "");
    const spec = StudySpec.parse({
      experiment: "krr",
      name: "problem",
      seed: draw.seed,
      data: { source: "glyphs", train: draw.train, test: draw.test, standardise: draw.standardise },
      attack: { kind: setup.attack, clip: draw.clip, ...(setup.attack === "cluster" ? { spread: 0.4, rank: 2 } : {}),
        trigger: { kind: "additive", vector: draw.vector.map((eighths) => eighths / 8) } },
      kernel: setup.kernel,
      ridge_scaling: setup.scaling,
      axes: Object.fromEntries(sorted.map((name) => [name, axes[name] ?? []])),
    });
    if (spec.experiment !== "krr") throw new Error("not krr");
    const { dimension, classes } = draw;
    return { spec, classes, dimension, pool: randomPool(dimension, classes) };
  });

export interface NamedProvider {
  readonly name: "portable" | "openblas";
  /** null where it does not open on this machine. */
  readonly linalg: LinalgProvider | null;
}

export const PROVIDERS = (["portable", "openblas"] as const).map((name): NamedProvider => {
  try {
    return { name, linalg: openProvider(name).provider };
  } catch {
    return { name, linalg: null };
  }
});
