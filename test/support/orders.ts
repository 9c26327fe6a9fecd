// Small orders that tests share.
import { axesOf, parseStudy } from "../../schema/study.ts";
import { planOf } from "../../schema/plan.ts";
import { StudyKey, type StudyOrder } from "../../schema/job.ts";

/** A noop study of `points` values of x, `perJob` of them in a job. */
export function noopOrder(
  options: { points: number; perJob: number; seed?: number; name?: string },
): StudyOrder {
  const { points, perJob, seed = 1, name = "noop-test" } = options;
  const parsed = parseStudy({
    name,
    seed,
    experiment: "noop",
    axes: { x: { linear: [0, points - 1], steps: points } },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const sizes = axesOf(parsed.spec).map((axis) => axis.values.length);
  const key = StudyKey.parse(`st_${seed.toString(16).padStart(16, "0")}`);
  return { key, spec: parsed.spec, plan: planOf(sizes, [perJob], null), data: null, folder: "." };
}
