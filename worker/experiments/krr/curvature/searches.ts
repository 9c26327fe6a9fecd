// The searches behind the spectra of one line on one set of probes: what is asked, and where to start.
import type { PROBE_LABELS } from "../../../../schema/experiments/krr-curvature.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { driveDense, type Task } from "./drive.ts";
import { type GaussPath, gaussPath } from "./gauss-path.ts";
import { hessianPath } from "./hessian-path.ts";
import type { CleanView, PoisonView, ProbeSet } from "./model.ts";
import { sideBySide } from "./narrow.ts";
import { fixedDirection } from "./orthonormal.ts";
import { type Extremes, RESIDUAL_MAX, searchPath } from "./search.ts";

type ProbeLabel = (typeof PROBE_LABELS)[number];

export interface SpectraRequest {
  /** The probe set's, unlike those of other sets. */
  readonly name: string;
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

export interface GaussFound {
  readonly path: GaussPath;
  /** By γ. */
  readonly results: readonly Extremes[];
}

/** @param near what was found for the same probes on a neighbouring line; null where nothing was yet. */
export function searchGauss(
  { set, clean, poison, gammas }: SpectraRequest,
  near: GaussFound | null,
  linalg: LinalgProvider,
): GaussFound {
  const path = gaussPath(clean, poison, linalg);
  const dimension = path.powers[0]!.rows;
  const others = Math.max(1, Math.min(poison.r.length - 1, set.rows.probes.rows) - 1);
  const width = near === null ? others + 1 + GUARDS : GUARDS;
  const fixed = matrix(dimension, width, fixedDirection(dimension * width, 1));
  const search = searchPath({
    dimension,
    mix: gammas.map((gamma) => Float64Array.of(1, gamma, gamma * gamma)),
    top: [RESIDUAL_MAX, ...Array.from({ length: others }, () => SUBSPACE_RESIDUAL)],
    bottom: [],
    strictness: path.strictness,
    start: near === null ? fixed : sideBySide([...alongPath(near.results).map(({ topVectors }) => topVectors), fixed]),
  }, linalg);
  return { path, results: driveDense(search, path.powers, linalg) };
}
/** Fixed directions beside a neighbour's, so that no pair is missed that is new on a line. */
const GUARDS = 3;

export interface Searched {
  readonly task: Task;
  /** By place among the points; empty until the search has ended. */
  readonly results: readonly Extremes[];
  /** Which γ it searches at. */
  readonly points: readonly number[];
  readonly traces: Float64Array;
}

export interface HessianRequest {
  /** By γ. */
  readonly labels: readonly Int32Array[];
  /** Which γ to search at. */
  readonly points: readonly number[];
  /** (d, w): where to start; null where nothing is known yet. */
  readonly start: Matrix | null;
}

export function hessianSearch(
  request: Omit<SpectraRequest, "name" | "directions" | "labels">,
  { labels, points, start }: HessianRequest,
  linalg: LinalgProvider,
): Searched {
  const { set, clean, poison, gammas } = request;
  const path = hessianPath({ set, clean, poison,
    gammas: points.map((point) => gammas[point]!), labels: points.map((point) => labels[point]!) }, linalg);
  const search = searchPath({
    dimension: set.rows.probes.rows,
    mix: path.mix,
    top: [RESIDUAL_MAX, GAP_RESIDUAL],
    bottom: request.wantsBottom ? [RESIDUAL_MAX] : [],
    start: start ?? gradientMixtures(request, linalg),
  }, linalg);
  const results: Extremes[] = [];
  const task = { search, operators: path.operators, rows: set.rows,
    found: (all: readonly Extremes[]) => void results.push(...all) };
  return { task, results, points, traces: path.traces };
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

/** What was found at both ends and in the middle of a path. */
function alongPath<Found>(results: readonly Found[]): Found[] {
  const last = results.length - 1;
  return [...new Set([0, Math.floor(last / 2), last])].map((place) => results[place]!);
}

/** The first top vectors along a path, and something else. */
export function startFrom(results: readonly Extremes[]): Matrix {
  return withOther(alongPath(results).map(({ topVectors }) =>
    columns(topVectors, 0, Math.min(FOUND_WIDTH, topVectors.cols))));
}

/** The same of a Gauss-Newton spectrum. */
export function startFromGauss({ path, results }: GaussFound, gammas: readonly number[]): Matrix {
  return withOther(alongPath([...results.keys()]).map((point) =>
    path.vectors(results[point]!, gammas[point]!, FOUND_WIDTH)));
}
const FOUND_WIDTH = 2;

function withOther(parts: readonly Matrix[]): Matrix {
  const d = parts[0]!.rows;
  return sideBySide([...parts, matrix(d, 1, fixedDirection(d, 2))]);
}
