// The spectra of one line on one set of probes: which searches they take, and the columns.
import type { PROBE_LABELS } from "../../../../schema/experiments/krr-curvature.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import type { Task } from "./drive.ts";
import { predicted, scoresAt } from "./model.ts";
import { alongBasis, type Extremes, releaseFound, squaredProducts } from "./search.ts";
import { type Directions, type GaussFound, hessianSearch, type Searched, searchGauss, type SpectraRequest, startFrom, startFromGauss } from "./searches.ts";

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

export interface Spectra {
  readonly gauss: Spectrum;
  readonly hessian: Partial<Record<(typeof PROBE_LABELS)[number], Spectrum & { readonly trace: Float64Array }>>;
}

/** Searches to be driven, phase by phase in order, and what reads them when all have ended. */
export interface Pending<Result> {
  readonly phases: readonly (() => readonly Task[])[];
  finish(): Result;
}

export const SEARCH_PHASES = 2;

/** What the searches of one probe set leave for the next line's. */
export type Trail = Map<string, GaussFound>;

/**
 * The Gauss-Newton spectrum at once; then Hessians, each from what the one before it found, in two
 * phases: true labels, predicted labels where these differ.
 */
export function spectraOf(request: SpectraRequest, trail: Trail, linalg: LinalgProvider): Pending<Spectra> {
  const { name, view, gammas, labels, directions } = request;
  const { set } = view;
  const gauss = searchGauss(request, trail.get(name) ?? null, linalg);
  trail.set(name, gauss);
  const all = [...gammas.keys()];
  const truth = gammas.map(() => set.labels);
  const guesses = gammas.map((gamma) => predicted(scoresAt(view, gamma)));
  const differing = all.filter((point) => guesses[point]!.join() !== set.labels.join());
  const wantsGuess = labels.includes("predicted");
  const wantsTrue = labels.includes("true") || (wantsGuess && differing.length < gammas.length);
  const ofTrue: Searched[] = [];
  const ofGuess: Searched[] = [];
  return {
    phases: [
      () => {
        if (wantsTrue) ofTrue.push(hessianSearch(request, { labels: truth, points: all, start: startFromGauss(gauss, gammas) }, linalg));
        return ofTrue.map(({ task }) => task);
      },
      () => {
        const near = ofTrue[0]?.found();
        for (const points of wantsGuess ? segmentsOf(differing, guesses) : []) {
          const start = near === undefined ? startFromGauss(gauss, gammas)
            : startFrom(near, points, linalg);
          ofGuess.push(hessianSearch(request, { labels: guesses, points, start }, linalg));
        }
        return ofGuess.map(({ task }) => task);
      },
    ],
    finish() {
      const hessian: Spectra["hessian"] = {};
      if (labels.includes("true")) hessian.true = hessianSpectrum(gammas.length, ofTrue, directions, linalg);
      if (wantsGuess) hessian.predicted = hessianSpectrum(gammas.length, ofTrue.concat(ofGuess), directions, linalg);
      const spectra = { gauss: gaussSpectrum(request, gauss), hessian };
      for (const found of [gauss.found, ...ofTrue.concat(ofGuess).map((one) => one.found())]) releaseFound(found);
      return spectra;
    },
  };
}

function gaussSpectrum({ view, gammas, directions }: SpectraRequest, { path, found }: GaussFound): Spectrum {
  const spectrum = spectrumOf(found.results, Math.max(1, view.turned.length), (direction, most) => {
    const cosines = path.cosines(found, directions[direction]);
    return gammas.map((gamma, point) => cosines(point, gamma, most));
  });
  // One gradient has one eigenvalue above 0, and the next is 0 where there is another dimension.
  const isAlone = path.order < Math.min(2, view.frame.rows);
  return isAlone ? { ...spectrum, gap: spectrum.top.map((top) => (top > 0 ? 1 : Number.NaN)) } : spectrum;
}

/** Largest eigenvalues of the Hessian alone, y the predicted label, at each γ. */
export function predictedTops(request: Omit<SpectraRequest, "name" | "directions" | "labels" | "wantsBottom">, linalg: LinalgProvider): {
  readonly tasks: readonly Task[];
  finish(): Float64Array;
} {
  const { view, gammas } = request;
  const labels = gammas.map((gamma) => predicted(scoresAt(view, gamma)));
  const searches = segmentsOf([...gammas.keys()], labels).map((points) =>
    hessianSearch({ ...request, wantsBottom: false }, { labels, points, start: null }, linalg));
  return {
    tasks: searches.map(({ task }) => task),
    finish() {
      const out = new Float64Array(gammas.length);
      for (const { found, points } of searches) {
        const { results } = found();
        points.forEach((point, at) => {
          out[point] = results[at]!.top[0]!;
        });
        releaseFound(found());
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
  linalg: LinalgProvider,
): HessianSpectrum {
  const found = searches.map((one) => {
    const all = one.found();
    const spectrum = spectrumOf(all.results, 1, (direction, most) => {
      const along = alongBasis(all, directions[direction], linalg);
      return all.results.map((extremes) => squaredProducts(extremes, along, most));
    });
    return { points: one.points, spectrum: { ...spectrum, trace: one.traces } };
  });
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

/** @param cosines by point, the squared cosines of the first `most` top vectors with a direction. */
function spectrumOf(
  results: readonly Extremes[],
  kept: number,
  cosines: (direction: keyof Directions, most: number) => readonly Float64Array[],
): Spectrum {
  const overlaps = cosines("stated", Infinity);
  const ofFirst = (direction: keyof Directions): Float64Array =>
    Float64Array.from(cosines(direction, 1), (values) => values[0]!);
  return {
    top: Float64Array.from(results, ({ top }) => top[0]!),
    gap: Float64Array.from(results, ({ top }) =>
      (top.length < 2 ? Number.NaN : (top[0]! - top[1]!) / Math.abs(top[0]!))),
    overlap: Float64Array.from(overlaps, (values) => values[0]!),
    lawOverlap: ofFirst("law"),
    pullOverlap: ofFirst("pull"),
    bestIndex: Float64Array.from(overlaps, (values) => 1 + values.indexOf(Math.max(...values))),
    subspaceOverlap: Float64Array.from(overlaps, (values) =>
      values.subarray(0, kept).reduce((sum, value) => sum + value, 0)),
    bottom: Float64Array.from(results, ({ bottom }) => bottom[0] ?? Number.NaN),
  };
}
