// Small orders that tests share.
import type { DataDescription } from "../../schema/data.ts";
import { identityOf, studyKeyOf } from "../../schema/identity.ts";
import type { StudyOrder } from "../../schema/job.ts";
import { type Plan, planOf } from "../../schema/plan.ts";
import { axesOf, parseStudy, type StudySpec } from "../../schema/study.ts";

/** A noop study of `points` values of x, `perJob` of them in a job. */
export function noopOrder(options: {
  points: number;
  perJob: number;
  seed?: number;
  name?: string;
}): StudyOrder {
  const { points, perJob, seed = 1, name = "noop-test" } = options;
  const parsed = parseStudy({
    name,
    seed,
    experiment: "noop",
    axes: { x: { linear: [0, points - 1], steps: points } },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const sizes = axesOf(parsed.spec).map((axis) => axis.values.length);
  return orderOf(parsed.spec, planOf(sizes, [perJob], null));
}

/** The order of a study, under the key of its identity. */
export function orderOf(
  spec: StudySpec,
  plan: Plan,
  data: DataDescription | null = null,
): StudyOrder {
  return { key: studyKeyOf(identityOf(spec, data)), spec, plan, data, folder: "." };
}

/**
 * A study of `jobs` jobs with `train` rows, which nobody computes: with 16,000 a job takes some
 * gigabytes, and with twice as many four times as much.
 */
export function largeOrder(train: number, jobs = 1): StudyOrder {
  const parsed = parseStudy({
    name: `large-${train}-${jobs}`,
    experiment: "krr",
    data: { source: "gaussian", train, test: 100, dimension: 64, mean_norm: 2 },
    attack: { kind: "clones", trigger: { kind: "additive", vector: [1] } },
    kernel: "rbf",
    axes: { length_scale: jobs === 1 ? [1] : { linear: [1, 2], steps: jobs }, ridge: [0.1], poison_count: [1] },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const data: DataDescription = {
    fingerprint: "0".repeat(64), dimension: 64, classes: 2, image: null, trainRows: null, testRows: null,
    shared: false, files: [],
  };
  const sizes = axesOf(parsed.spec).map((axis) => axis.values.length);
  const chunk = axesOf(parsed.spec).map((axis) => (axis.name === "length_scale" ? 1 : axis.values.length));
  return orderOf(parsed.spec, planOf(sizes, chunk, "tridiagonal"), data);
}
