// What is measured of input Hessians on a set of probe rows.
import { deriveSeed } from "../../../schema/seed.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import { curvatures, meanProduct, type ProbeCurvature } from "./input-hessian.ts";
import { jacobiansOf } from "./jacobian.ts";
import { topPair, type TopPair } from "./lanczos.ts";
import type { LossKind } from "./loss.ts";
import type { Network } from "./model.ts";
import type { Images } from "./scores.ts";
import { smoothTops } from "./smooth-curvature.ts";
import type { TrainingState } from "./state.ts";

export interface ProbeSet {
  readonly images: Images;
  /** (probes, d): triggered minus clean, in units of the network's input. */
  readonly directions: Float32Array;
}

/** Means over the probes; names as in the result table. */
export interface ProbeReport {
  readonly input_gradient_square: number;
  readonly hessian_top: number;
  readonly hessian_trace: number;
  readonly hessian_overlap: number;
  readonly hessian_subspace_overlap: number;
  readonly mean_hessian_top: number;
  readonly mean_hessian_overlap: number;
}

export interface ProbeOptions {
  readonly network: Network;
  readonly state: TrainingState;
  readonly kind: LossKind;
  readonly seed: number;
  readonly linalg: Pick<LinalgProvider, "symmetricEigen">;
}

/** All NaN: what is reported of no probes. */
export const NO_PROBES: ProbeReport = {
  input_gradient_square: Number.NaN,
  hessian_top: Number.NaN,
  hessian_trace: Number.NaN,
  hessian_overlap: Number.NaN,
  hessian_subspace_overlap: Number.NaN,
  mean_hessian_top: Number.NaN,
  mean_hessian_overlap: Number.NaN,
};

/** Measures a network's curvature at probe rows; batch norm by its running moments. */
export async function measureProbes(set: ProbeSet, options: ProbeOptions): Promise<ProbeReport> {
  if (set.images.rows === 0) return NO_PROBES;
  const { network, state, kind, seed, linalg } = options;
  const { images, directions } = set;
  const jacobians = await jacobiansOf(network, state, images);
  const each = curvatures(jacobians, { kind, labels: images.labels, directions, linalg });
  const meanOf = (value: (one: ProbeCurvature) => number): number => average(each.map(value));
  const direction = meanDirection(directions, jacobians.dimension);
  const shared = {
    input_gradient_square: meanOf(({ gradientSquare }) => gradientSquare),
    hessian_trace: meanOf(({ trace }) => trace),
  };
  if (!network.isPiecewiseLinear) {
    const { probes, mean } = await smoothTops({ ...options, images });
    const overlaps = probes.map(({ vector }, probe) =>
      squaredCosine(vector, directionAt(directions, probe, jacobians.dimension)));
    return {
      ...shared,
      hessian_top: average(probes.map(({ value }) => value)),
      hessian_overlap: average(overlaps),
      hessian_subspace_overlap: Number.NaN,
      ...meanReport(mean, direction),
    };
  }
  const lanczos = { dimension: jacobians.dimension, seed: deriveSeed(seed, "lanczos"), linalg };
  const mean = await topPair(meanProduct(jacobians, kind), lanczos);
  return {
    ...shared,
    hessian_top: meanOf(({ top }) => top),
    hessian_overlap: meanOf(({ overlap }) => overlap),
    hessian_subspace_overlap: meanOf(({ subspaceOverlap }) => subspaceOverlap),
    ...meanReport(mean, direction),
  };
}

function meanReport(pair: TopPair, direction: Float64Array) {
  return {
    mean_hessian_top: pair.value,
    mean_hessian_overlap: squaredCosine(pair.vector, direction),
  };
}

/** The mean of those that are numbers: a probe without curvature has no top eigenvector. */
function average(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

function directionAt(directions: Float32Array, probe: number, dimension: number): Float32Array {
  return directions.subarray(probe * dimension, (probe + 1) * dimension);
}

function meanDirection(directions: Float32Array, dimension: number): Float64Array {
  const mean = new Float64Array(dimension);
  const probes = directions.length / dimension;
  directions.forEach((entry, index) => { mean[index % dimension]! += entry / probes; });
  return mean;
}

/** NaN where either has no length. */
function squaredCosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, left, right] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    left += a[i]! * a[i]!;
    right += b[i]! * b[i]!;
  }
  return (product * product) / (left * right);
}
