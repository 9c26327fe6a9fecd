// The searches behind the spectra of one line on one set of probes: what is asked, and where to start.
import type { PROBE_LABELS } from "../../../../schema/experiments/krr-curvature.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { driveDense, type Task } from "./drive.ts";
import { type GaussPath, gaussPath } from "./gauss-path.ts";
import { hessianPath } from "./hessian-path.ts";
import { slopesOf, type View } from "./model.ts";
import { sideBySide } from "./narrow.ts";
import { fixedDirection } from "./orthonormal.ts";
import { giveBack } from "./scratch.ts";
import { type Found, RESIDUAL_MAX, searchPath, topVectors } from "./search.ts";

type ProbeLabel = (typeof PROBE_LABELS)[number];

export interface SpectraRequest {
  /** The probe set's, unlike those of other sets. */
  readonly name: string;
  readonly view: View;
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
  readonly found: Found;
}

/** @param near what was found for the same probes on a neighbouring line; null where nothing was yet. */
export function searchGauss(
  { view, gammas }: Pick<SpectraRequest, "view" | "gammas">,
  near: GaussFound | null,
  linalg: LinalgProvider,
): GaussFound {
  const path = gaussPath(view, linalg);
  const dimension = path.order;
  const others = Math.max(1, Math.min(view.turned.length, view.frame.rows) - 1);
  const width = near === null ? others + 1 + GUARDS : GUARDS;
  const fixed = matrix(dimension, width, fixedDirection(dimension * width, 1));
  const search = searchPath({
    dimension,
    mix: gammas.map((gamma) => Float64Array.of(1, gamma, gamma * gamma)),
    top: [RESIDUAL_MAX, ...Array.from({ length: others }, () => SUBSPACE_RESIDUAL)],
    bottom: [],
    strictness: path.strictness,
    start: near === null ? fixed
      : sideBySide([...alongPath(near.found.results).map((point) => topVectors(near.found, point, others + 1, linalg)), fixed]),
  }, linalg);
  const powers = path.powers();
  const found = driveDense(search, powers, linalg);
  powers.forEach(giveBack);
  return { path, found };
}
/** Fixed directions beside a neighbour's, so that no pair is missed that is new on a line. */
const GUARDS = 3;

export interface Searched {
  readonly task: Task;
  /** By place among the points. To be called when the search has ended. */
  readonly found: () => Found;
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
  const { view, gammas } = request;
  const path = hessianPath({ view,
    gammas: points.map((point) => gammas[point]!), labels: points.map((point) => labels[point]!) }, linalg);
  const search = searchPath({
    dimension: view.frame.rows,
    mix: path.mix,
    top: [RESIDUAL_MAX, GAP_RESIDUAL],
    bottom: request.wantsBottom ? [RESIDUAL_MAX] : [],
    start: start ?? gradientMixtures(view, linalg),
  }, linalg);
  let found: Found | null = null;
  const task = { search, operators: path.operators, rows: view.set.rows, frame: view.frame,
    found: (all: Found) => void (found = all) };
  return { task, points, traces: path.traces, found() {
    if (found === null) throw new TypeError("read before its search was driven");
    return found;
  } };
}

/** Mixtures of the gradients, which the top eigenvectors are mostly made of, and something else. */
function gradientMixtures(view: View, linalg: LinalgProvider): Matrix {
  const slopes = slopesOf(view);
  const q = view.r.length;
  const start = matrix(slopes.rows, START_WIDTH + 2);
  const mixture = matrix(slopes.cols, START_WIDTH + 1, fixedDirection(slopes.cols * (START_WIDTH + 1), 1));
  for (let column = 0; column <= START_WIDTH; column++) {
    const own = columns(mixture, column, column + 1).data;
    // The last is the sum of all ∇g, the others know no poison.
    const isPull = (slope: number): boolean => slope % q === q - 1;
    own.forEach((value, slope) => {
      own[slope] = column === START_WIDTH ? Number(isPull(slope)) : isPull(slope) ? 0 : value;
    });
  }
  linalg.gemm({ a: slopes, b: mixture, c: columns(start, 0, START_WIDTH + 1) });
  start.data.set(fixedDirection(slopes.rows, 2), (START_WIDTH + 1) * slopes.rows);
  return start;
}
const START_WIDTH = 4;

/** The places at both ends and in the middle of a path, given by its points. */
function alongPath(points: readonly unknown[]): number[] {
  const last = points.length - 1;
  return [...new Set([0, Math.floor(last / 2), last])];
}

/** The first top vectors of some points of a path, and something else. */
export function startFrom(found: Found, points: readonly number[], linalg: LinalgProvider): Matrix {
  return withOther(alongPath(points).map((place) => topVectors(found, points[place]!, FOUND_WIDTH, linalg)));
}

/** The same of a Gauss-Newton spectrum. */
export function startFromGauss({ path, found }: GaussFound, gammas: readonly number[]): Matrix {
  const points = alongPath(gammas).map((point) => ({ point, gamma: gammas[point]! }));
  return withOther([path.vectors(found, points, FOUND_WIDTH)]);
}
const FOUND_WIDTH = 2;

function withOther(parts: readonly Matrix[]): Matrix {
  const d = parts[0]!.rows;
  return sideBySide([...parts, matrix(d, 1, fixedDirection(d, 2))]);
}
