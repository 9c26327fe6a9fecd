// A made-up krr study with the look of a real phase diagram, of any size, in no time.
//
// Attack success rises with the poison count, sooner at short length scales and small ridges; a
// corner is not positive definite. Every number is a function of its point, so tests recompute it.
import type { Store } from "../../coordinator/store/port.ts";
import { planStudy } from "../../coordinator/plan.ts";
import { EXPERIMENTS } from "../../schema/experiments/registry.ts";
import { indicesOf, pointsOfBox } from "../../schema/grid.ts";
import { identityOf } from "../../schema/identity.ts";
import type { Report, StudyOrder } from "../../schema/job.ts";
import { boxOfJob } from "../../schema/plan.ts";
import { type Axis, axesOf, parseStudy } from "../../schema/study.ts";
import { orderOf } from "./orders.ts";
import { attemptOf } from "./reports.ts";

export interface PhaseSize {
  readonly name?: string;
  readonly lengthScales?: number;
  readonly ridges?: number;
  readonly counts?: number;
  readonly replicates?: number;
  readonly jobPoints?: number;
  readonly description?: string;
}

export function phaseOrder(size: PhaseSize = {}): StudyOrder {
  const { name = "phase", lengthScales = 6, ridges = 5, counts = 8, replicates = 3 } = size;
  const parsed = parseStudy({
    name,
    description: size.description ?? "a cross on MNIST zeros, cloned",
    seed: name.length,
    experiment: "krr",
    data: { source: "glyphs", train: 2000, test: 1000 },
    attack: { kind: "clones", trigger: { kind: "cross" } },
    kernel: "rbf",
    ...(size.jobPoints === undefined ? {} : { job_points: size.jobPoints }),
    axes: {
      ...(replicates > 1 ? { replicate: { linear: [0, replicates - 1], steps: replicates } } : {}),
      length_scale: { log: [0.1, 30], steps: lengthScales },
      ridge: { log: [1e-6, 1], steps: ridges },
      poison_count: { linear: [0, counts - 1], steps: counts },
    },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return orderOf(parsed.spec, planStudy(parsed.spec));
}

/** Spelling axes out for each of a million points would take minutes. */
const axesKnown = new WeakMap<StudyOrder, readonly Axis[]>();

function axesFor(order: StudyOrder): readonly Axis[] {
  const axes = axesKnown.get(order) ?? axesOf(order.spec);
  axesKnown.set(order, axes);
  return axes;
}

const NAMES = EXPERIMENTS.krr.metrics.filter(({ needs }) => needs === undefined).map(({ name }) => name);

/** Metrics of one point by name, and its status code. */
export function phaseAt(order: StudyOrder, point: number): { status: number; metrics: Record<string, number> } {
  const axes = axesFor(order);
  const indices = indicesOf(point, order.plan.sizes);
  const at = (name: string): number => {
    const axis = axes.findIndex((one) => one.name === name);
    return axis < 0 ? 0 : (axes[axis]?.values[indices[axis] ?? 0] ?? 0);
  };
  const share = (name: string): number => {
    const axis = axes.findIndex((one) => one.name === name);
    return axis < 0 ? 0 : (indices[axis] ?? 0) / Math.max(1, (order.plan.sizes[axis] ?? 1) - 1);
  };
  const [scale, ridge, count] = [Math.log10(at("length_scale")), Math.log10(at("ridge")), share("poison_count")];
  const noise = Math.sin(point * 12.9898) * 0.04 + Math.sin(at("replicate") * 7 + scale * 3) * 0.05;
  const threshold = 0.18 + 0.07 * (scale + 1) ** 2 + 0.08 * (ridge + 6) + noise;
  const success = 1 / (1 + Math.exp(-(count - threshold) * 14));
  const delta = success * 1.4 - 0.2;
  const metrics: Record<string, number> = {
    clean_accuracy: 0.97 - 0.25 * (scale + 1) ** 2 / 6 - 0.01 * (ridge + 6) - 0.03 * count + noise / 4,
    attack_success_rate: success,
    delta_f: delta,
    delta_f_law: delta + 0.1 * Math.sin(scale * 2) * count,
    posterior_variance: Math.exp(-scale) / 10,
    gamma: count / (10 ** ridge + count * Math.exp(-scale)),
    effective_dof: 1500 / (1 + 10 ** (ridge + 2)) / (1 + 10 ** scale / 5),
    train_mse: 0.05 + 0.02 * (ridge + 6),
    ridge_absolute: 10 ** ridge * 2000,
    length_scale_absolute: 10 ** scale,
  };
  const isSingular = scale > 1.1 && ridge < -4.9;
  return { status: isSingular ? 1 : 0, metrics: isSingular ? {} : metrics };
}

/** The one report of a whole job, done. */
export function phaseReport(order: StudyOrder, number: number, attempt: { worker?: string; finishedAt?: number; tookMs?: number } = {}): Report {
  const points = pointsOfBox(boxOfJob(order.plan, number), order.plan.sizes);
  const metrics = Object.fromEntries(NAMES.map((name) => [name, new Float64Array(points.length)]));
  const status = new Uint8Array(points.length);
  points.forEach((point, row) => {
    const one = phaseAt(order, point);
    status[row] = one.status;
    for (const name of NAMES) {
      const column = metrics[name];
      if (column !== undefined) column[row] = one.metrics[name] ?? Number.NaN;
    }
  });
  const job = { study: order.key, number };
  const { worker = "worker-1", finishedAt = 1_700_000_000_000 + number * 700, tookMs = 650 } = attempt;
  return {
    job, offset: 0, block: { status, metrics },
    attempt: {
      ...attemptOf(job, { kind: "done", points: points.length }),
      worker, startedAt: finishedAt - tookMs, finishedAt, provider: "openblas",
    },
  };
}

/** Stores the study with the jobs that `which` accepts, in batches. */
export async function storePhase(store: Store, order: StudyOrder,
  which: (number: number) => boolean = () => true): Promise<void> {
  await store.ensureStudy(order, identityOf(order.spec, order.data));
  const chosen = Array.from({ length: order.plan.jobs }, (_, number) => number).filter(which);
  for (let from = 0; from < chosen.length; from += 20) {
    await store.commit(chosen.slice(from, from + 20).map((number) => phaseReport(order, number)));
  }
}
