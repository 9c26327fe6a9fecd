// Cuts a grid into jobs, so that a worker prepares what points share (a factorised kernel) once.
//
// Invariants: every point is in exactly one job; the points of a job agree on every axis that its
// experiment's preparation depends on. Pure: the same study gives the same jobs, in order.
import { chooseRoute } from "../schema/experiments/krr-cost.ts";
import { CURVED_JOB_POINTS } from "../schema/experiments/krr-curvature-cost.ts";
import { ridgeFollowsCount } from "../schema/experiments/krr-poison.ts";
import { isPenalised } from "../schema/experiments/krr-penalty.ts";
import { EXPERIMENTS } from "../schema/experiments/registry.ts";
import { JOB_POINTS_MAX } from "../schema/limits.ts";
import { type DeviceRoute, type Plan, planOf, type Route } from "../schema/plan.ts";
import { type Axis, axesOf, type KrrSpec, type StudySpec } from "../schema/study.ts";

/** A noop job's points where the study says nothing: some milliseconds of work. */
const NOOP_JOB_POINTS = 10_000;
/** Jobs a study should have so that a machine's threads all find work, if its axes allow it. */
const JOBS_WANTED = 8;
/** Below this many points a preparation is not worth sharing out. */
const SPLIT_POINTS_MIN = 1_000;

/** What was measured of a GPU, or asked for, says how devices solve a krr study; null: a rule does. */
export type ChooseDeviceRoute = (spec: KrrSpec) => DeviceRoute | null;

/** How the study is cut and solved; independent of the machine it runs on. */
export function planStudy(spec: StudySpec, chooseDeviceRoute: ChooseDeviceRoute = () => null): Plan {
  const axes = axesOf(spec);
  const sizes = axes.map(({ values }) => values.length);
  const chunk = chunksOf(spec, axes);
  const plan = planOf(sizes, chunk, routeOf(spec, axes, chunk));
  const deviceRoute = spec.experiment === "krr" ? chooseDeviceRoute(spec) : null;
  return deviceRoute === null ? plan : { ...plan, deviceRoute };
}

function chunksOf(spec: StudySpec, axes: readonly Axis[]): number[] {
  const parameters = new Map(EXPERIMENTS[spec.experiment].parameters.map((one) => [one.name, one]));
  // Runs that compete share their job.
  const along = "training" in spec ? (spec.training.prune?.along ?? []) : [];
  const isShared = (axis: Axis): boolean =>
    parameters.get(axis.name)?.isShared === true && !along.includes(axis.name);
  const rank = (axis: Axis): number => parameters.get(axis.name)?.cutRank ?? 0;
  let room = jobPoints(spec, axes, isShared);
  const chunk = new Map<string, number>();
  // The axes whose neighbours share most are given whole, as long as there is room.
  for (const axis of axes.toSorted((a, b) => rank(a) - rank(b))) {
    const length = isShared(axis) ? 1 : Math.max(1, Math.min(axis.values.length, Math.floor(room)));
    chunk.set(axis.name, length);
    room /= length;
  }
  return axes.map(({ name }) => chunk.get(name) ?? 1);
}

/** The most points one job may have. */
function jobPoints(
  spec: StudySpec,
  axes: readonly Axis[],
  isShared: (axis: Axis) => boolean,
): number {
  if (spec.job_points !== undefined) return spec.job_points;
  if (spec.experiment === "noop") return NOOP_JOB_POINTS;
  const product = (some: readonly Axis[]): number =>
    some.reduce((all, { values }) => all * values.length, 1);
  const preparations = product(axes.filter(isShared));
  const points = product(axes.filter((axis) => !isShared(axis)));
  const share = Math.ceil(points / Math.ceil(JOBS_WANTED / preparations));
  const isCurved = "curvature" in spec && spec.curvature !== undefined;
  const { min, max } = !isCurved ? { min: SPLIT_POINTS_MIN, max: JOB_POINTS_MAX }
    : CURVED_JOB_POINTS[spec.attack.kind === "added" ? "single" : "path"];
  return Math.min(max, Math.max(share, min));
}

function routeOf(spec: StudySpec, axes: readonly Axis[], chunk: readonly number[]): Route | null {
  if (spec.experiment !== "krr") return null;
  // The penalty's eigenproblems stand on the kernel's own.
  if (isPenalised(spec)) return "eigen";
  // A study that asks for float32 factors gets one for each ridge.
  if (spec.precision !== undefined) return "cholesky";
  return chooseRoute(distinctRidges(ridgeFollowsCount(spec) ? "total_n" : "clean_n", axes, chunk), spec.attack.kind);
}

/** How many different absolute ridges c one job solves for. */
export function distinctRidges(
  scaling: "clean_n" | "total_n" | "absolute",
  axes: readonly Axis[],
  chunk: readonly number[],
): number {
  const length = (name: string): number =>
    chunk[axes.findIndex((axis) => axis.name === name)] ?? 1;
  const counts = length("poison_count") * length("poison_rate");
  return length("ridge") * (scaling === "total_n" ? counts : 1);
}
