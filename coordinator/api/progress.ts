// How far studies are, as everybody who watches shares it: one look at the database serves all.
import type { AxisView, Progress, StudyDetail, StudySummary } from "../../schema/api.ts";
import { isLogAxis } from "../../schema/axis.ts";
import { columnsOf } from "../../schema/experiments/registry.ts";
import type { Session } from "../store/database.ts";
import type { Store, StoredStudy } from "../store/port.ts";
import { SharedAnswers } from "./shared-answers.ts";
import type { StudyGrid } from "./study-grid.ts";

/** Finished jobs that the throughput is taken from, and how old the last may be. */
const RATE_ATTEMPTS = 200;
const RATE_AGE_MS = 120_000;

export class ProgressReader {
  readonly #store: Store;
  readonly #session: Session;
  readonly #now: () => number;
  readonly #shared: SharedAnswers<Progress>;

  constructor(store: Store, session: Session, now: () => number) {
    this.#store = store;
    this.#session = session;
    this.#now = now;
    this.#shared = new SharedAnswers(now);
  }

  /** Shared by those who ask at the same moment. */
  of(stored: StoredStudy): Promise<Progress> {
    return this.#shared.get(stored.order.key, () => this.#read(stored));
  }

  clear(): void {
    this.#shared.clear();
  }

  async #read(stored: StoredStudy): Promise<Progress> {
    const { key } = stored.order;
    const { points, stored: done, jobs } = await this.#store.progress(key);
    const rate = done < points ? await this.#rate(stored) : null;
    return {
      key,
      desired: stored.desired,
      points,
      stored: done,
      jobs: { planned: jobs.planned, queued: jobs.queued, done: jobs.done, dead: jobs.dead },
      pointsPerSecond: rate,
      etaSeconds: rate === null ? null : (points - done) / rate,
      isFinished: done === points,
      conflicts: stored.conflicts,
      duplicates: stored.duplicates,
    };
  }

  /** Points of the last finished jobs over the time they took, all but the first. */
  async #rate({ order: { key } }: StoredStudy): Promise<number | null> {
    const { rows } = await this.#session.query(
      `select extract(epoch from a.finished_at) * 1000, j.points
       from (select * from attempt where study = (select id from study where key = $1) and outcome = 'done'
         order by id desc limit ${RATE_ATTEMPTS}) a
         join job j on j.study = a.study and j.number = a.job order by a.id desc`, [key]);
    const ends = rows.map(([end]) => Number(end));
    const [last, first] = [Math.max(...ends), Math.min(...ends)];
    if (rows.length < 2 || last <= first || this.#now() - last > RATE_AGE_MS) return null;
    const points = rows.slice(0, -1).reduce((sum, [, size]) => sum + Number(size), 0);
    return (points * 1000) / (last - first);
  }
}

export function summaryOf(stored: StoredStudy, progress: Progress): StudySummary {
  const { spec, plan, key } = stored.order;
  return {
    key,
    name: spec.name,
    experiment: spec.experiment,
    description: spec.description ?? "",
    priority: stored.priority,
    createdAt: new Date(stored.createdAt).toISOString(),
    finishedAt: stored.finishedAt === null ? null : new Date(stored.finishedAt).toISOString(),
    axes: Object.keys(spec.axes).map((name, axis) => ({ name, size: plan.sizes[axis] ?? 1 })),
    progress,
  };
}

export function detailOf(grid: StudyGrid, progress: Progress): StudyDetail {
  const { spec, plan } = grid.stored.order;
  const columns = columnsOf(spec);
  const axes = grid.axes.map(({ name, values }): AxisView => ({
    name,
    comment: columns.find((column) => column.name === name)?.comment ?? "",
    isLog: isLogAxis(values),
    values: [...values],
  }));
  return {
    study: summaryOf(grid.stored, progress),
    table: grid.table,
    axes,
    metrics: grid.metrics.map(({ name, comment }) => ({ name, comment })),
    fixed: spec.fixed,
    plan,
    spec,
  };
}
