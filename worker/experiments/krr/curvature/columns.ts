// From one line's model to its columns: what is searched, and what is in closed form.
import { PROBE_SETS } from "../../../../schema/experiments/krr-curvature.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { dot, normsOfColumns } from "../matrix-parts.ts";
import { topsOfEach } from "./each.ts";
import { type ModelWeights, type ProbeSet, pullNorms, pullSlope, releaseView, type View, viewOf } from "./model.ts";
import { pointwise, shareAbove, shareOutside } from "./pointwise.ts";
import type { CurvaturePrepared, SceneProbes } from "./probes.ts";
import type { Directions } from "./searches.ts";
import { type Pending, type Spectra, spectraOf, type Trail } from "./spectrum.ts";

/** One result column: a value for each count of the line. */
export interface Column {
  readonly name: string;
  readonly values: Float64Array;
}

/** f = f0 + γ g r, over the rows X' = [X, Z]. */
export interface Model extends ModelWeights {
  readonly probes: SceneProbes;
}

/** The clones of one poison under one ridge. */
export interface LineModel extends Model {
  /** t. */
  readonly target: number;
  readonly counts: readonly number[];
  readonly c: number;
  /** s and k(ζ, ζ). */
  readonly variance: number;
  readonly self: number;
  /** Row of ζ in X'. */
  readonly poisonRow: number;
}

export interface Views {
  readonly clean: View;
  readonly triggered: View;
}

export function lineColumns(model: LineModel, prepared: CurvaturePrepared, trail: Trail): Pending<readonly Column[]> {
  const { linalg } = prepared;
  const { probes, counts, c, variance, poisonRow } = model;
  const { labels = [], bottom = false } = prepared.setting.spec.curvature ?? {};
  const ofCounts = counts.map((m) => (m === 0 ? 0 : m / (c + m * variance)));
  // Equal counts cost once; in order, so that the ends of the path come first.
  const gammas = [...new Set(ofCounts)].sort((a, b) => a - b);
  const place = ofCounts.map((gamma) => gammas.indexOf(gamma));
  const spread = (values: Float64Array): Float64Array => Float64Array.from(place, (at) => values[at]!);
  const views = viewsOf(model, linalg);
  const pendingOf = (name: "clean" | "triggered"): Pending<Spectra> => spectraOf({ view: views[name], name, gammas, labels,
    directions: directionsOf(views[name], probes.direction, lawSlopes(probes[name], poisonRow)),
    wantsBottom: bottom }, trail, linalg);
  const pending = { clean: pendingOf("clean"), triggered: pendingOf("triggered") };
  const pointwiseTops = prepared.setting.spec.curvature?.pointwise === true && probes.references !== null
    ? topsOfEach({ references: viewOf(probes.references, model, linalg), ...views }, gammas, linalg) : null;
  const direct = [
    ...spikeColumns(views.triggered, gammas),
    ...conformalColumns(model, views, gammas, linalg),
    { name: "curvature_cusps", values: new Float64Array(gammas.length)
      .fill(probes.clean.profile.cusps + probes.triggered.profile.cusps) },
  ];
  return {
    phases: pending.clean.phases.map((clean, phase) =>
      () => [...clean(), ...pending.triggered.phases[phase]!(), ...(phase === 0 ? pointwiseTops?.tasks ?? [] : [])]),
    finish() {
      const found = [
        ...PROBE_SETS.flatMap((set) => spectraColumns(set, pending[set].finish())),
        ...direct,
        ...(pointwiseTops?.finish() ?? []),
      ].map(({ name, values }) => ({ name, values: spread(values) }));
      releaseViews(views);
      return found.concat({ name: "gn_spike_law", values: lawOf(model, lawSlopes(probes.triggered, poisonRow)) });
    },
  };
}

export function viewsOf(model: Model, linalg: LinalgProvider): Views {
  const { clean, triggered } = model.probes;
  return { clean: viewOf(clean, model, linalg), triggered: viewOf(triggered, model, linalg) };
}

export function releaseViews({ clean, triggered }: Views): void {
  releaseView(clean);
  releaseView(triggered);
}

export function spectraColumns(set: string, { gauss, hessian }: Spectra): Column[] {
  const own: Column[] = [
    { name: `gn_top_${set}`, values: gauss.top },
    { name: `gn_gap_${set}`, values: gauss.gap },
    { name: `gn_overlap_${set}`, values: gauss.overlap },
    { name: `gn_subspace_overlap_${set}`, values: gauss.subspaceOverlap },
    { name: `gn_best_index_${set}`, values: gauss.bestIndex },
    { name: `gn_law_overlap_${set}`, values: gauss.lawOverlap },
    { name: `gn_pull_overlap_${set}`, values: gauss.pullOverlap },
  ];
  return own.concat(Object.entries(hessian).flatMap(([label, { top, bottom, trace, gap, overlap }]) =>
    Object.entries({ top, bottom, trace, gap, overlap }).map(([name, values]) =>
      ({ name: `hessian_${name}_${set}_${label}`, values }))));
}

/** Mean of γ² |r|² |∇g|². */
function spikeColumns(view: View, gammas: readonly number[]): Column[] {
  const norms = pullNorms(view);
  const mean = norms.reduce((sum, norm) => sum + norm, 0) / norms.length;
  return [{ name: "gn_spike", values: Float64Array.from(gammas, (gamma) => gamma * gamma * view.square * mean) }];
}

/** The directions that a poison gives the probes of one set, beside the stated one. */
export function directionsOf(view: View, stated: Float64Array, slopes: Matrix): Directions {
  return {
    stated,
    law: meanDirection(Array.from({ length: slopes.cols }, (_, b) => columns(slopes, b, b + 1).data)),
    pull: meanDirection(Array.from(view.g, (_, b) => pullSlope(view, b))),
  };
}

/** The mean of vectors, at least one, of length 1; zero where it is. */
function meanDirection(vectors: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(vectors[0]!.length);
  for (const vector of vectors) {
    for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]!;
  }
  const norm = Math.sqrt(dot(sum, sum));
  return norm > 0 ? sum.map((value) => value / norm) : sum;
}

/** ∇k(x, ζ) at each probe, (d, B). @param poisonRow row of ζ in X'. */
export function lawSlopes({ profile, rows }: ProbeSet, poisonRow: number): Matrix {
  const zeta = columns(rows.rows, poisonRow, poisonRow + 1).data;
  const out = matrix(rows.probes.rows, rows.probes.cols);
  for (let j = 0; j < out.cols; j++) {
    const at = poisonRow + j * profile.toRow.rows;
    const [toRow, toProbe] = [profile.toRow.data[at]!, profile.toProbe.data[at]!];
    for (let i = 0; i < out.rows; i++) {
      out.data[i + j * out.rows] = toRow * zeta[i]! + toProbe * rows.probes.data[i + j * out.rows]!;
    }
  }
  return out;
}

/** Mean of |∇k(x, ζ)|², times what the paper's law says of the rest; by count. */
export function lawOf({ counts, c, self, r }: LineModel, slopes: Matrix): Float64Array {
  const mean = normsOfColumns(slopes).reduce((sum, norm) => sum + norm / slopes.cols, 0);
  const square = 1 - 1 / r.length;
  return Float64Array.from(counts, (m) => (m === 0 ? 0 : mean * square * (m / (c + self * m)) ** 2));
}

export function conformalColumns(
  model: Model,
  views: Views,
  gammas: readonly number[],
  linalg: LinalgProvider,
): Column[] {
  const { references } = model.probes;
  if (references === null) return [];
  const others = viewOf(references, model, linalg);
  const [known, clean, triggered] =
    [pointwise(others), pointwise(views.clean), pointwise(views.triggered)];
  const names = ["conformal_gn_power", "conformal_gn_false", "conformal_trace_power", "conformal_trace_false"];
  const out = names.map((name) => ({ name, values: new Float64Array(gammas.length) }));
  gammas.forEach((gamma, at) => {
    const [reference, own, attacked] = [known(gamma), clean(gamma), triggered(gamma)];
    const shares = [
      shareAbove(attacked.gauss, reference.gauss),
      shareAbove(own.gauss, reference.gauss),
      shareOutside(attacked.trace, reference.trace),
      shareOutside(own.trace, reference.trace),
    ];
    out.forEach(({ values }, i) => {
      values[at] = shares[i]!;
    });
  });
  releaseView(others);
  return out;
}
