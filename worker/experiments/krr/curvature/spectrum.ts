// The spectra of one line on one set of probes: which searches they take, and the columns.
import type { PROBE_LABELS } from "../../../../schema/experiments/krr-curvature.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { dot } from "../matrix-parts.ts";
import type { Task } from "./drive.ts";
import { hessianPath } from "./hessian-path.ts";
import { type CleanView, gaussPowers, type PoisonView, predicted, type ProbeSet, scoresAt } from "./model.ts";
import type { Operator } from "./operators.ts";
import { fixedDirection } from "./orthonormal.ts";
import { type Extremes, RESIDUAL_MAX, Search } from "./search.ts";

type ProbeLabel = (typeof PROBE_LABELS)[number];

/** Figures of one matrix at each γ. */
export interface Spectrum {
  readonly top: Float64Array;
  readonly gap: Float64Array;
  readonly overlap: Float64Array;
  /** Squared length of the direction within all top vectors that were asked for. */
  readonly subspaceOverlap: Float64Array;
  readonly lawOverlap: Float64Array;
  readonly pullOverlap: Float64Array;
  /** Which of all top vectors, from 1, lies nearest to the stated direction. */
  readonly bestIndex: Float64Array;
  /** NaN where it was not asked for. */
  readonly bottom: Float64Array;
}

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

export interface Spectra {
  readonly gauss: Spectrum;
  readonly hessian: Partial<Record<ProbeLabel, Spectrum & { readonly trace: Float64Array }>>;
}

/** Searches to be driven, phase by phase in order, and what reads them when all have ended. */
export interface Pending<Result> {
  readonly phases: readonly (() => readonly Task[])[];
  finish(): Result;
}

/** The other vectors of the subspace and the second eigenvalue, which only the gap reads. */
const SUBSPACE_RESIDUAL = 1e-4;
const GAP_RESIDUAL = 1e-3;

export const SEARCH_PHASES = 3;

/**
 * Each spectrum is searched from what the one before it found, in three phases: Gauss-Newton, true
 * labels, predicted labels where these differ.
 */
export function spectraOf(request: SpectraRequest, linalg: LinalgProvider): Pending<Spectra> {
  const { set, clean, poison, gammas, labels, directions } = request;
  const all = [...gammas.keys()];
  const truth = gammas.map(() => set.labels);
  const guesses = gammas.map((gamma) => predicted(scoresAt(clean, poison, gamma)));
  const differing = all.filter((point) => guesses[point]!.join() !== set.labels.join());
  const wantsGuess = labels.includes("predicted");
  const wantsTrue = labels.includes("true") || (wantsGuess && differing.length < gammas.length);
  let gauss: Search | null = null;
  const ofTrue: Searched[] = [];
  const ofGuess: Searched[] = [];
  return {
    phases: [
      () => {
        const task = gaussTask(request, linalg);
        gauss = task.search;
        return [task];
      },
      () => {
        if (wantsTrue) ofTrue.push(hessianSearch(request, { labels: truth, points: all, near: gauss! }, linalg));
        return ofTrue.map(({ task }) => task);
      },
      () => {
        const near = ofTrue[0]?.task.search ?? gauss!;
        for (const points of wantsGuess ? segmentsOf(differing, guesses) : []) {
          ofGuess.push(hessianSearch(request, { labels: guesses, points, near }, linalg));
        }
        return ofGuess.map(({ task }) => task);
      },
    ],
    finish() {
      const hessian: Spectra["hessian"] = {};
      if (labels.includes("true")) hessian.true = hessianSpectrum(gammas.length, ofTrue, directions);
      if (wantsGuess) hessian.predicted = hessianSpectrum(gammas.length, ofTrue.concat(ofGuess), directions);
      const kept = Math.max(1, poison.r.length - 1);
      return { gauss: spectrumOf(gauss!.results, directions, kept), hessian };
    },
  };
}

/** Largest eigenvalues of the Hessian alone, y the predicted label, at each γ. */
export function predictedTops(request: Omit<SpectraRequest, "directions" | "labels" | "wantsBottom">, linalg: LinalgProvider): {
  readonly tasks: readonly Task[];
  finish(): Float64Array;
} {
  const { clean, poison, gammas } = request;
  const labels = gammas.map((gamma) => predicted(scoresAt(clean, poison, gamma)));
  const searches = segmentsOf([...gammas.keys()], labels).map((points) =>
    hessianSearch({ ...request, wantsBottom: false }, { labels, points, near: null }, linalg));
  return {
    tasks: searches.map(({ task }) => task),
    finish() {
      const out = new Float64Array(gammas.length);
      for (const { task, points } of searches) {
        points.forEach((point, at) => {
          out[point] = task.search.results[at]!.top[0]!;
        });
      }
      return out;
    },
  };
}

/** Label runs of one search: each brings two operators that every vector of it is given to. */
const RUNS_TOGETHER = 2;

/** Points cut where their labels have changed often enough. */
function segmentsOf(points: readonly number[], labels: readonly Int32Array[]): number[][] {
  const segments: number[][] = [];
  let [runs, last] = [0, ""];
  for (const point of points) {
    const own = labels[point]!.join();
    if (own !== last) runs++;
    last = own;
    if (segments.length === 0 || runs > RUNS_TOGETHER) {
      segments.push([]);
      runs = 1;
    }
    segments.at(-1)!.push(point);
  }
  return segments;
}

type HessianSpectrum = Spectrum & { readonly trace: Float64Array };

/** What searches found, each at its points; a later one goes over an earlier one. */
function hessianSpectrum(
  count: number,
  searches: readonly Searched[],
  directions: Directions,
): HessianSpectrum {
  const found = searches.map(({ task, traces, points }) =>
    ({ points, spectrum: { ...spectrumOf(task.search.results, directions, 1), trace: traces } }));
  const joined = (name: keyof HessianSpectrum): Float64Array => {
    const out = new Float64Array(count);
    for (const { points, spectrum } of found) {
      points.forEach((point, at) => {
        out[point] = spectrum[name][at]!;
      });
    }
    return out;
  };
  return {
    top: joined("top"), gap: joined("gap"), overlap: joined("overlap"), bottom: joined("bottom"),
    lawOverlap: joined("lawOverlap"), pullOverlap: joined("pullOverlap"),
    bestIndex: joined("bestIndex"), subspaceOverlap: joined("subspaceOverlap"), trace: joined("trace"),
  };
}

function gaussTask(request: SpectraRequest, linalg: LinalgProvider): Task {
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

interface Searched {
  readonly task: Task;
  /** Which γ it searches at. */
  readonly points: readonly number[];
  readonly traces: Float64Array;
}

interface HessianRequest {
  /** By γ. */
  readonly labels: readonly Int32Array[];
  /** Which γ to search at. */
  readonly points: readonly number[];
  /** An ended search of a similar spectrum, at every γ; null where there is none yet. */
  readonly near: Search | null;
}

function hessianSearch(
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

function spectrumOf(
  results: readonly Extremes[],
  { stated, law, pull }: Directions,
  kept: number,
): Spectrum {
  const overlaps = results.map(({ topVectors }) =>
    Float64Array.from({ length: topVectors.cols }, (_, j) => squaredCosine(topVectors, j, stated)));
  const ofFirst = (direction: Float64Array): Float64Array =>
    Float64Array.from(results, ({ topVectors }) => squaredCosine(topVectors, 0, direction));
  return {
    top: Float64Array.from(results, ({ top }) => top[0]!),
    gap: Float64Array.from(results, ({ top }) =>
      (top.length < 2 ? Number.NaN : (top[0]! - top[1]!) / Math.abs(top[0]!))),
    overlap: Float64Array.from(overlaps, (values) => values[0]!),
    lawOverlap: ofFirst(law),
    pullOverlap: ofFirst(pull),
    bestIndex: Float64Array.from(overlaps, (values) => 1 + values.indexOf(Math.max(...values))),
    subspaceOverlap: Float64Array.from(overlaps, (values) =>
      values.subarray(0, kept).reduce((sum, value) => sum + value, 0)),
    bottom: Float64Array.from(results, ({ bottom }) => bottom[0] ?? Number.NaN),
  };
}

function squaredCosine(vectors: Matrix, column: number, direction: Float64Array): number {
  return dot(columns(vectors, column, column + 1).data, direction) ** 2;
}
