// The searches behind the spectra of one line on one set of probes: what is asked, and where to start.
import type { PROBE_LABELS } from "../../../../schema/experiments/krr-curvature.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import type { Task } from "./drive.ts";
import { hessianPath } from "./hessian-path.ts";
import { type CleanView, gaussPowers, type PoisonView, type ProbeSet } from "./model.ts";
import type { Operator } from "./operators.ts";
import { fixedDirection } from "./orthonormal.ts";
import { type Extremes, RESIDUAL_MAX, Search } from "./search.ts";

type ProbeLabel = (typeof PROBE_LABELS)[number];

export interface SpectraRequest {
  readonly set: ProbeSet;
  readonly clean: CleanView;
  readonly poison: PoisonView;
  /** Distinct. */
  readonly gammas: readonly number[];
  readonly directions: Directions;
  readonly labels: readonly ProbeLabel[];
  /** Whether the Hessians' smallest eigenvalues are asked for. */
  readonly wantsBottom: boolean;
}

/** Where a poison may show, (d) each: unit vectors, or zero where there is no such direction. */
export interface Directions {
  /** The trigger, or where the near probe lies. */
  readonly stated: Float64Array;
  /** Mean of ∇k(x, ζ) and of ∇g over the probes: where the law and the truth push scores. */
  readonly law: Float64Array;
  readonly pull: Float64Array;
}

/** The other vectors of the subspace and the second eigenvalue, which only the gap reads. */
const SUBSPACE_RESIDUAL = 1e-4;
const GAP_RESIDUAL = 1e-3;

export function gaussTask(request: SpectraRequest, linalg: LinalgProvider): Task {
  const { set, clean, poison, gammas } = request;
  const operators: Operator[] = gaussPowers(clean, poison).map((gauss) => ({ residual: null, gauss }));
  const others = Math.max(1, Math.min(poison.r.length - 1, set.rows.probes.rows) - 1);
  const search = new Search({
    dimension: set.rows.probes.rows,
    mix: gammas.map((gamma) => Float64Array.of(1, gamma, gamma * gamma)),
    top: [RESIDUAL_MAX, ...Array.from({ length: others }, () => SUBSPACE_RESIDUAL)],
    bottom: [],
    start: gradientMixtures(request, linalg),
  }, linalg);
  return { search, operators, rows: set.rows };
}

export interface Searched {
  readonly task: Task;
  /** Which γ it searches at. */
  readonly points: readonly number[];
  readonly traces: Float64Array;
}

export interface HessianRequest {
  /** By γ. */
  readonly labels: readonly Int32Array[];
  /** Which γ to search at. */
  readonly points: readonly number[];
  /** An ended search of a similar spectrum, at every γ; null where there is none yet. */
  readonly near: Search | null;
}

export function hessianSearch(
  request: Omit<SpectraRequest, "directions" | "labels">,
  { labels, points, near }: HessianRequest,
  linalg: LinalgProvider,
): Searched {
  const { set, clean, poison, gammas } = request;
  const path = hessianPath({ set, clean, poison,
    gammas: points.map((point) => gammas[point]!), labels: points.map((point) => labels[point]!) }, linalg);
  const search = new Search({
    dimension: set.rows.probes.rows,
    mix: path.mix,
    top: [RESIDUAL_MAX, GAP_RESIDUAL],
    bottom: request.wantsBottom ? [RESIDUAL_MAX] : [],
    start: near === null ? gradientMixtures(request, linalg)
      : alongPath(points.map((point) => near.results[point]!), set.rows.probes.rows),
  }, linalg);
  return { task: { search, operators: path.operators, rows: set.rows }, points, traces: path.traces };
}

/** Mixtures of the gradients, which the top eigenvectors are mostly made of, and something else. */
function gradientMixtures({ clean, poison }: Pick<SpectraRequest, "clean" | "poison">, linalg: LinalgProvider): Matrix {
  const { gradients } = clean;
  const d = gradients.rows;
  const start = matrix(d, START_WIDTH + 2);
  const mixture = matrix(gradients.cols, START_WIDTH, fixedDirection(gradients.cols * START_WIDTH, 1));
  linalg.gemm({ a: gradients, b: mixture, c: columns(start, 0, START_WIDTH) });
  for (let b = 0; b < poison.gradients.cols; b++) {
    for (let i = 0; i < d; i++) start.data[i + START_WIDTH * d]! += poison.gradients.data[i + b * d]!;
  }
  start.data.set(fixedDirection(d, 2), (START_WIDTH + 1) * d);
  return start;
}
const START_WIDTH = 4;

/** The top vectors at both ends and in the middle of a path, and something else. */
function alongPath(results: readonly Extremes[], dimension: number): Matrix {
  const last = results.length - 1;
  const places = [...new Set([0, Math.floor(last / 2), last])];
  const each = Math.min(FOUND_WIDTH, results[0]?.topVectors.cols ?? 0);
  const start = matrix(dimension, places.length * each + 1);
  places.forEach((place, at) =>
    start.data.set(results[place]!.topVectors.data.subarray(0, each * dimension), at * each * dimension));
  start.data.set(fixedDirection(dimension, 2), places.length * each * dimension);
  return start;
}
const FOUND_WIDTH = 2;
