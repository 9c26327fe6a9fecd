// What a krr study costs, before it runs: its route, arithmetic and memory. Pure functions.
//
// Counts are of multiplications and additions in the products and factorisations that dominate;
// measured times per flop and route stand in docs/decisions.
import type { DataDescription } from "../data.ts";
import type { Plan, Route } from "../plan.ts";
import { axesOf, type KrrSpec } from "../study.ts";
import { isRadial } from "./krr.ts";
import { type Curvature, hasNearProbe } from "./krr-curvature.ts";
import { curvatureFlops, curvatureHostBytes } from "./krr-curvature-cost.ts";
import { isPenalised } from "./krr-penalty.ts";
import { penaltyFlops, penaltyMemoryBytes } from "./krr-penalty-cost.ts";
import type { Screening } from "./krr-screening.ts";
import { screeningFlops, screeningMemoryBytes } from "./krr-screening-cost.ts";
import { poisonCounts, poisonsMax, replacesRows, ridgeFollowsCount } from "./krr-poison.ts";

type AttackKind = KrrSpec["attack"]["kind"];

/**
 * Up to this many distinct ridges, one Cholesky factor and the trace of its inverse each cost less
 * than a tridiagonal form; for `added`, that form also has to take in the test rows.
 */
export const CHOLESKY_RIDGES_MAX: Readonly<Record<AttackKind, number>> = { clones: 1, added: 3, replace: 3, cluster: 3, shortcut: 3 };

/** The cheapest route for a kernel matrix that is solved with this many distinct ridges c. */
export function chooseRoute(distinctRidges: number, attack: AttackKind = "clones"): Route {
  return distinctRidges <= CHOLESKY_RIDGES_MAX[attack] ? "cholesky" : "tridiagonal";
}

/** Trigger strengths whose kernels are held at once. */
export const SCENES_TOGETHER = 4;

/**
 * What a thread keeps of distances between jobs, for each data set: by replicate, and by trigger
 * strength. What is in use stays whatever its size.
 */
export const GEOMETRY_BYTES_MAX = 192 * 2 ** 20;
export const SCENE_BYTES_MAX = 64 * 2 ** 20;

/**
 * Systems that are solved as one block, each with `width` columns of weights. Products of many
 * columns run at full speed; more than this only takes memory. A Cholesky factor is as large as
 * the kernel matrix, so there is one at a time.
 */
export function systemsTogether(route: Route, width: number): number {
  return route === "cholesky" ? 1 : Math.max(1, Math.floor(WEIGHT_COLUMNS / width));
}
export const WEIGHT_COLUMNS = 1280;

/** The sizes that decide a study's cost. */
export interface KrrShape {
  readonly route: Route;
  readonly attack: AttackKind;
  /** n, t, d, q. */
  readonly train: number;
  readonly test: number;
  readonly dimension: number;
  readonly classes: number;
  /** Draws of the data: distances are computed for each. */
  readonly replicates: number;
  /** Kernel matrices to factorise: (replicate, length scale) pairs. */
  readonly preparations: number;
  /** Trigger strengths. */
  readonly scenes: number;
  readonly targets: number;
  /** Distinct absolute ridges for each preparation. */
  readonly systems: number;
  /** Ridges λ of the study; whether c depends on m too, `systems` says. */
  readonly ridges: number;
  /** Values of κ where the study has a gradient penalty, else 0. */
  readonly penalties: number;
  readonly curvature: Curvature | null;
  /** Distances of near probes; 0 in studies without. */
  readonly distances: number;
  readonly isRadial: boolean;
  /** Whether factors are in float32, which counts as half the work. */
  readonly isMixed: boolean;
  /** What detectors are asked for; null without any. */
  readonly screening: Screening | null;
  /** Poison rows that one strength's targets use together. */
  readonly poisons: number;
  /** m of each point along the study's counts. */
  readonly counts: readonly number[];
  readonly points: number;
  readonly jobs: number;
}

/** Distinct absolute ridges that one kernel matrix is solved with. */
export function systemsOf(spec: KrrSpec): number {
  const ridges = axesOf(spec).find(({ name }) => name === "ridge")?.values.length ?? 1;
  return ridges * (ridgeFollowsCount(spec) ? poisonCounts(spec).length : 1);
}

export function krrShape(spec: KrrSpec, data: DataDescription, plan: Plan): KrrShape {
  const axes = axesOf(spec);
  const length = (name: string): number =>
    axes.find((axis) => axis.name === name)?.values.length ?? 1;
  const counts = poisonCounts(spec);
  const targets = length("target");
  const most = poisonsMax(spec);
  const spread = targets > 1 ? data.classes / Math.max(1, data.classes - 1) : 1;
  return {
    route: plan.route ?? chooseRoute(1),
    attack: spec.attack.kind,
    train: spec.data.train,
    test: spec.data.test,
    dimension: data.dimension,
    classes: data.classes,
    replicates: length("replicate"),
    preparations: length("replicate") * (isRadial(spec.kernel) ? length("length_scale") : 1),
    scenes: length("trigger_strength"),
    targets,
    systems: systemsOf(spec),
    ridges: length("ridge"),
    penalties: isPenalised(spec) ? length("gradient_penalty") : 0,
    curvature: spec.curvature ?? null,
    distances: hasNearProbe(spec) ? length("probe_distance") : 0,
    isRadial: isRadial(spec.kernel),
    isMixed: spec.precision !== undefined,
    screening: spec.screening ?? null,
    poisons: spec.attack.kind === "clones" ? Math.min(2, targets)
      : spec.attack.kind === "cluster" ? most * Math.min(2, targets)
      : spec.attack.kind === "shortcut" ? most : Math.ceil(most * spread),
    counts,
    points: plan.points,
    jobs: plan.jobs,
  };
}

/**
 * Whether test rows enter the solver's basis once, rather than the weights of each system leave
 * it: as cheap for t rows as for t columns of weights.
 */
export function rotatesTests(
  shape: Pick<KrrShape, "attack" | "systems" | "classes" | "scenes" | "poisons" | "test">,
): boolean {
  const { attack, systems, classes, scenes, poisons, test } = shape;
  return attack !== "clones" || systems * (classes + scenes * poisons) > test * (1 + scenes);
}

/** Flops of what one kernel matrix needs once, distances apart. */
export function preparationFlops(shape: KrrShape): number {
  const { route, train: n, test: t, classes: q, scenes, poisons } = shape;
  const rotated = q + scenes * poisons + (rotatesTests(shape) ? t * (1 + scenes) : 0);
  if (route === "cholesky") return 0;
  return (route === "eigen" ? 9 : 4 / 3) * n ** 3 + 2 * n * n * rotated;
}

/** Solves and products of a mixed solution, those in float32 counted as half. */
const REFINED_STEPS = 6;

/** Flops of one absolute ridge: solving, predicting and, for `added`, all poison prefixes. */
export function systemFlops(shape: KrrShape): number {
  const { route, attack, train: n, test: t, classes: q, scenes, targets, poisons } = shape;
  const columns = q + scenes * poisons;
  // Each correction of a mixed solution is a product with K and a solve.
  const refined = shape.isMixed ? { share: 1 / 2, steps: REFINED_STEPS } : { share: 1, steps: 1 };
  const factor = route === "cholesky"
    ? (5 / 6) * refined.share * n ** 3 + 2 * refined.steps * n * n * columns : 10 * n * columns;
  const leave = route === "cholesky" || rotatesTests(shape) ? 0 : 2 * n * n * columns;
  const predict = 2 * t * n * (columns + scenes * (q + poisons));
  const curves = 8 * t * q * scenes * targets;
  if (attack === "clones") return factor + leave + predict + curves;
  // A replaced row is taken away by a row of its own.
  const m = replacesRows(attack) ? 2 * poisons : poisons;
  const prefixes = 2 * n * m * m + targets * (3 * m ** 3 + 2 * t * m * m + 4 * t * m * q);
  return factor + predict + scenes * prefixes;
}

/** Flops of distances between rows, once for each replicate. */
export function geometryFlops(shape: KrrShape): number {
  const { train: n, test: t, dimension: d, scenes, poisons } = shape;
  return n * n * d + 2 * n * t * d * (1 + scenes) + 2 * (n + 2 * t) * poisons * d * scenes;
}

/** Flops of the whole study, if nothing that jobs share is computed twice. */
export function studyFlops(shape: KrrShape): number {
  const { replicates, preparations, systems } = shape;
  if (shape.penalties > 0) {
    return replicates * geometryFlops(shape) + preparations * penaltyFlops(shape);
  }
  const prepared = preparationFlops(shape) + systems * systemFlops(shape) + curvatureFlops(shape) +
    screeningFlops(shape);
  return replicates * geometryFlops(shape) + preparations * prepared;
}

/**
 * Flops of the same study by one dense solve for each point: kernel of n + m rows, Cholesky,
 * predictions at clean and triggered test rows.
 */
export function naiveFlops(shape: KrrShape): number {
  const { train, test: t, dimension: d, classes: q, counts, points } = shape;
  const one = (m: number): number => {
    const rows = train + m;
    return rows ** 3 / 3 + 2 * rows * rows * q + rows * rows * d + 4 * t * rows * (d + q);
  };
  return (counts.reduce((sum, m) => sum + one(m), 0) / counts.length) * points;
}

/** Bytes that one thread needs at the peak of a job, what caches keep of earlier jobs apart. */
export function jobMemoryBytes(shape: KrrShape): number {
  if (shape.penalties > 0) return penaltyMemoryBytes(shape);
  const { route, attack, train: n, test: t, dimension: d, classes: q, systems, poisons: m } = shape;
  const scenes = Math.min(shape.scenes, SCENES_TOGETHER);
  const rows = d * (n + 2 * t + m) + n * n + n * t;
  const scene = n * t + n * m + 2 * m * t + m * m;
  // K and what the route makes of it: a factor and part of its inverse, reflectors, eigenvectors.
  // A float32 factor may still lie there while one in float64 is made.
  const solver = { cholesky: shape.isMixed ? 3 : 2.5, tridiagonal: 1, eigen: 3 }[route] * n * n;
  const width = q + (attack === "clones" ? scenes * m : 0);
  const columns = width * Math.min(systems, systemsTogether(route, width));
  const weights = (n + t * (1 + scenes)) * columns;
  const prefixes = attack !== "clones" ? m * (n + 6 * t + 8 * m) : 0;
  return 8 * (rows + 2 * scenes * scene + solver + n * t + weights + prefixes) +
    curvatureHostBytes(shape) + screeningMemoryBytes(shape);
}
