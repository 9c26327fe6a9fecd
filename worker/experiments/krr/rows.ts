// The rows of a job: metrics into columns, numeric trouble into a status.
import { emptyBlock, type ResultBlock, type Status, STATUSES } from "../../../schema/column.ts";
import type { SolvedPrecision } from "./solver.ts";
import { metricsOf } from "../../../schema/experiments/registry.ts";
import type { KrrSpec } from "../../../schema/study.ts";

/** What is computed at a point; definitions in schema/experiments/krr.ts. */
export interface PointMetrics {
  readonly clean_accuracy: number;
  readonly attack_success_rate: number;
  readonly delta_f: number;
  readonly delta_f_law: number;
  readonly posterior_variance: number;
  readonly gamma: number;
  readonly effective_dof: number;
  readonly train_mse: number;
  /** Of studies with a gradient penalty. */
  readonly gradient_mean_square?: number;
  /** Of attack cluster. */
  readonly cluster_deviation?: number;
  /** Of attack shortcut. */
  readonly accuracy_drop?: number;
  /** Where the study asks for it; see curvature/lines.ts. */
  readonly curvature?: ReadonlyMap<string, number>;
  /** Likewise; see screening/lines.ts. */
  readonly screening?: ReadonlyMap<string, number>;
  /** Likewise; see mixed.ts. */
  readonly precision?: SolvedPrecision | undefined;
  /** The same for each probe distance of the line. */
  readonly near?: readonly ReadonlyMap<string, number>[];
}

/** What is known of a point whatever comes of it. */
export interface PointSetting {
  readonly ridge_absolute: number;
  /** NaN for kernels without one. */
  readonly length_scale_absolute: number;
  /** Of studies with a gradient penalty; NaN for kernels without a length scale. */
  readonly length_scale_effective?: number;
}

export interface RowWriter {
  readonly block: ResultBlock;
  /**
   * Metrics of which one is not finite become a row of status `non_finite`.
   * @param distance which of the line's probe distances the row is of.
   */
  write(row: number, setting: PointSetting, metrics: PointMetrics, distance?: number): void;
  fail(row: number, setting: PointSetting, status: Status): void;
}

export function rowWriter(spec: KrrSpec, points: number): RowWriter {
  const block = emptyBlock(points, metricsOf(spec).map(({ name }) => name));
  const column = (name: keyof PointMetrics | keyof PointSetting): Float64Array => {
    const values = block.metrics[name];
    if (values === undefined) throw new RangeError(`krr has no metric ${name}`);
    return values;
  };
  // By name once: a million rows are written one by one.
  const accuracy = column("clean_accuracy");
  const success = column("attack_success_rate");
  const shift = column("delta_f");
  const law = column("delta_f_law");
  const variance = column("posterior_variance");
  const gamma = column("gamma");
  const dof = column("effective_dof");
  const error = column("train_mse");
  const ridge = column("ridge_absolute");
  const lengthScale = column("length_scale_absolute");
  const effective = block.metrics["length_scale_effective"];
  const gradient = block.metrics["gradient_mean_square"];
  const drop = block.metrics["accuracy_drop"];
  const deviation = block.metrics["cluster_deviation"];
  const steps = block.metrics["refinement_steps"];
  const condition = block.metrics["condition_estimate"];
  // A row without metrics is one that float64 refused.
  steps?.fill(0);
  const fail = (row: number, setting: PointSetting, status: Status): void => {
    block.status[row] = STATUSES.indexOf(status);
    ridge[row] = setting.ridge_absolute;
    lengthScale[row] = setting.length_scale_absolute;
    if (effective !== undefined) effective[row] = setting.length_scale_effective ?? Number.NaN;
  };
  const write = (row: number, setting: PointSetting, metrics: PointMetrics, distance = 0): void => {
    fail(row, setting, isFinitePoint(metrics) ? "ok" : "non_finite");
    if (block.status[row] !== 0) return;
    accuracy[row] = metrics.clean_accuracy;
    success[row] = metrics.attack_success_rate;
    shift[row] = metrics.delta_f;
    law[row] = metrics.delta_f_law;
    variance[row] = metrics.posterior_variance;
    gamma[row] = metrics.gamma;
    dof[row] = metrics.effective_dof;
    error[row] = metrics.train_mse;
    if (drop !== undefined) drop[row] = metrics.accuracy_drop ?? Number.NaN;
    if (deviation !== undefined) deviation[row] = metrics.cluster_deviation ?? Number.NaN;
    if (gradient !== undefined) gradient[row] = metrics.gradient_mean_square ?? Number.NaN;
    if (metrics.curvature !== undefined) writeNamed(block, row, metrics.curvature);
    if (metrics.screening !== undefined) writeNamed(block, row, metrics.screening);
    if (steps !== undefined) steps[row] = metrics.precision?.steps ?? 0;
    if (condition !== undefined) condition[row] = metrics.precision?.condition ?? Number.NaN;
    const near = metrics.near?.[distance];
    if (near !== undefined) writeNamed(block, row, near);
  };
  return { block, write, fail };
}

function writeNamed(block: ResultBlock, row: number, values: ReadonlyMap<string, number>): void {
  for (const [name, value] of values) {
    const column = block.metrics[name];
    if (column === undefined) throw new RangeError(`krr has no metric ${name}`);
    column[row] = value;
  }
}

function isFinitePoint(metrics: PointMetrics): boolean {
  return (
    Number.isFinite(metrics.clean_accuracy) &&
    Number.isFinite(metrics.attack_success_rate) &&
    Number.isFinite(metrics.delta_f) &&
    Number.isFinite(metrics.delta_f_law) &&
    Number.isFinite(metrics.posterior_variance) &&
    Number.isFinite(metrics.gamma) &&
    Number.isFinite(metrics.effective_dof) &&
    Number.isFinite(metrics.train_mse) &&
    Number.isFinite(metrics.gradient_mean_square ?? 0)
  );
}
