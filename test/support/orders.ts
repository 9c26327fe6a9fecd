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
