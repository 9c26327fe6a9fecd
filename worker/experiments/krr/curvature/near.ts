// The near probe: x0 = ζ + r u, at a distance r from the poison along a stated direction u.
//
// As r goes to 0 the poison's Gauss-Newton curvature γ² |r|² |∇g(x0)|² tends to a floor, in which
// ∇g(ζ) = ½ ∇s(ζ), s(x) = k(x, x) − k_xᵀ (K + cI)⁻¹ k_x the posterior variance.
import { randomFrom } from "../../../../data/random.ts";
import { deriveSeed } from "../../../../schema/seed.ts";
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import { kernelDerivatives, type KernelForm } from "../../kernel/derivatives.ts";
import { dot, normsOfColumns } from "../matrix-parts.ts";
import { type Column, directionsOf, lawOf, lawSlopes, type LineModel, spectraColumns } from "./columns.ts";
import { type ProbeSet, pullNorms, releaseView, scoresAt, viewOf } from "./model.ts";
import type { ProbeRows } from "./operators.ts";
import type { CurvaturePrepared, SceneProbes } from "./probes.ts";
import { profileOf, traceOfDot } from "./profile.ts";
import { type Pending, spectraOf, type Trail } from "./spectrum.ts";

/** What one distance is looked at with. */
export interface NearProbe {
  /** x0, and ζ itself, which the floor is of. */
  readonly at: ProbeSet;
  readonly clone: ProbeSet;
  /** u, (d); zero where the trigger moves nothing. */
  readonly direction: Float64Array;
}

/** Where x0 lies: ζ is column `poisonRow` of X'. */
export interface NearPlace {
  readonly poisonRow: number;
  readonly poisonLabel: number;
  readonly distance: number;
}

export function nearProbe(prepared: CurvaturePrepared, probes: SceneProbes, place: NearPlace): NearProbe {
  const { setting, replicate } = prepared;
  const { curvature, seed } = setting.spec;
  const direction = curvature?.near_direction === "random"
    ? randomUnit(probes.rows.rows, deriveSeed(seed, "near direction", curvature.seed, replicate))
    : probes.direction;
  return {
    at: probeAt(prepared, probes.clean.rows, { ...place, direction }),
    clone: probeAt(prepared, probes.clean.rows, { ...place, direction, distance: 0 }),
    direction,
  };
}

function randomUnit(dimension: number, seed: number): Float64Array {
  const random = randomFrom(seed);
  const out = Float64Array.from({ length: dimension }, () => random.normal());
  const norm = Math.sqrt(dot(out, out));
  return out.map((value) => value / norm);
}

function probeAt(
  prepared: CurvaturePrepared,
  { rows, device }: ProbeRows,
  { poisonRow, poisonLabel, distance, direction }: NearPlace & { readonly direction: Float64Array },
): ProbeSet {
  const { setting, lengthScale, geometry } = prepared;
  const d = rows.rows;
  const derivatives = kernelDerivatives(setting.spec.kernel, lengthScale, geometry.dimension);
  const probe = matrix(d, 1);
  const step = columns(rows, poisonRow, poisonRow + 1).data;
  for (let i = 0; i < d; i++) probe.data[i] = step[i]! + distance * direction[i]!;
  if (derivatives.form === "sphere") {
    const norm = Math.sqrt(dot(probe.data, probe.data));
    for (let i = 0; i < d; i++) probe.data[i]! /= norm;
  }
  const measures = measuresOf(derivatives.form, rows, probe.data);
  if (derivatives.form === "radial") measures.data[poisonRow] = distance * distance * dot(direction, direction);
  const profile = profileOf(measures, derivatives, geometry.dimension);
  if (derivatives.form === "dot") traceOfDot(profile, normsOfColumns(rows));
  return { rows: { rows, probes: probe, device }, profile, labels: Int32Array.of(poisonLabel) };
}

/** By direct differences: close to ζ the others cancel. */
function measuresOf(form: KernelForm, rows: Matrix, x: Float64Array): Matrix {
  const out = matrix(rows.cols, 1);
  for (let j = 0; j < rows.cols; j++) {
    const row = columns(rows, j, j + 1).data;
    let sum = 0;
    for (let i = 0; i < x.length; i++) {
      sum += form === "dot" ? row[i]! * x[i]! : (row[i]! - x[i]!) ** 2;
    }
    out.data[j] = sum;
  }
  return out;
}

/** The columns of one distance, by count. @param name the distance's own. */
export function nearColumns(
  model: LineModel,
  near: NearProbe & { readonly name: string },
  prepared: CurvaturePrepared,
  trail: Trail,
): Pending<readonly Column[]> {
  const { linalg } = prepared;
  const { counts, c, variance, self, poisonRow, r, target } = model;
  const gammas = counts.map((m) => (m === 0 ? 0 : m / (c + m * variance)));
  const [own, clone] = [viewOf(near.at, model, linalg), viewOf(near.clone, model, linalg)];
  const { labels = [], bottom = false } = prepared.setting.spec.curvature ?? {};
  const slopes = lawSlopes(near.at, poisonRow);
  const pending = spectraOf({ view: own, name: near.name, gammas, labels, wantsBottom: bottom,
    directions: directionsOf(own, near.direction, slopes) }, trail, linalg);
  const [slope, floor] = [own.square * pullNorms(own)[0]!, own.square * pullNorms(clone)[0]!];
  releaseView(clone);
  const kernel = near.at.profile.kernel.data[poisonRow]!;
  const along = (name: string, value: (gamma: number, m: number) => number): Column =>
    ({ name, values: Float64Array.from(gammas, (gamma, at) => value(gamma, counts[at]!)) });
  return {
    phases: pending.phases,
    finish: () => [
      ...spectraColumns("near", pending.finish()),
      along("delta_f_near", (gamma) => gamma * own.g[0]! * r[target]!),
      along("delta_f_law_near", (_, m) => (m === 0 ? 0 : (kernel * (1 - 1 / r.length) * m) / (c + self * m))),
      along("success_near", (gamma) => isHighest(scoresAt(own, gamma).data, target)),
      along("gn_spike_near", (gamma) => gamma * gamma * slope),
      along("gn_spike_floor", (gamma) => gamma * gamma * floor),
      { name: "gn_spike_law_near", values: lawOf(model, slopes) },
    ],
  };
}

function isHighest(scores: Float64Array, target: number): number {
  return scores.every((score) => score <= scores[target]!) ? 1 : 0;
}
