// What the dashboard's routes need of a study: its number, table, axes and plan.
import { axesOf, type Axis } from "../../schema/study.ts";
import { EXPERIMENTS, metricsOf } from "../../schema/experiments/registry.ts";
import { strides } from "../../schema/grid.ts";
import type { StudyKey } from "../../schema/job.ts";
import type { Plan } from "../../schema/plan.ts";
import type { ResultColumn } from "../../schema/column.ts";
import { isLogAxis } from "../../schema/axis.ts";
import type { Session } from "../store/database.ts";
import type { Store, StoredStudy } from "../store/port.ts";
import { problem, unknownName } from "./problem.ts";

export interface StudyGrid {
  readonly id: number;
  readonly stored: StoredStudy;
  readonly table: string;
  readonly axes: readonly Axis[];
  readonly sizes: readonly number[];
  readonly metrics: readonly ResultColumn[];
  readonly plan: Plan;
  readonly points: number;
}

/** Throws ProblemError 404 if there is no such study (any more), naming the nearest one. */
export async function findGrid(store: Store, session: Session, nameOrKey: string): Promise<StudyGrid> {
  const stored = await store.study(nameOrKey);
  if (stored === null) throw await studyUnknown(store, nameOrKey);
  const { key, spec, plan } = stored.order;
  const found = await session.query("select id from study where key = $1", [key]);
  const axes = axesKnown(stored);
  return {
    id: Number(found.rows[0]?.[0]),
    stored,
    table: EXPERIMENTS[spec.experiment].table,
    axes,
    sizes: plan.sizes,
    metrics: metricsOf(spec),
    plan,
    points: plan.points,
  };
}

/** Spelling out axes of thousands of values takes milliseconds, and a key's axes never change. */
const spelled = new Map<StudyKey, readonly Axis[]>();
const SPELLED_MAX = 32;

function axesKnown({ order: { key, spec } }: StoredStudy): readonly Axis[] {
  const axes = spelled.get(key) ?? axesOf(spec);
  if (spelled.size >= SPELLED_MAX) spelled.clear();
  spelled.set(key, axes);
  return axes;
}

async function studyUnknown(store: Store, wanted: string) {
  const names = (await store.studies()).map(({ order }) => order.spec.name);
  const base = unknownName("study", wanted, names).problem;
  return problem(404, {
    type: "unknown-study",
    detail: names.length === 0
      ? `no study ${JSON.stringify(wanted)}: the database holds none`
      : `no study ${JSON.stringify(wanted)}: it was deleted, or never there; expected one of ${names.slice(0, 10).join(", ")}`,
    hint: base.hint ?? (names.length === 0 ? "run one: nearclone run studies/quickstart.yaml" : undefined),
  });
}

/** Throws ProblemError 422 unless `name` is a metric of the study. */
export function checkMetric(grid: StudyGrid, name: string): string {
  const names = grid.metrics.map((metric) => metric.name);
  if (!names.includes(name)) throw unknownName("metric", name, names);
  return name;
}

/** The job that holds `point`. */
export function jobOfPoint(grid: StudyGrid, point: number): number {
  const { plan } = grid;
  const steps = strides(plan.sizes);
  return plan.sizes.reduce((number, size, axis) => {
    const chunk = plan.chunk[axis] ?? 1;
    const index = Math.floor(point / (steps[axis] ?? 1)) % size;
    return number * Math.ceil(size / chunk) + Math.floor(index / chunk);
  }, 0);
}

/** Whether an axis is drawn on a logarithmic scale. */
export function isLog(grid: StudyGrid, name: string): boolean {
  return isLogAxis(grid.axes.find((axis) => axis.name === name)?.values ?? []);
}
