// What data-side detectors and the partitions' vote add to a study: the same points without and with each.
import { openData } from "../data/source.ts";
import { DETECTORS } from "../schema/experiments/krr-screening.ts";
import { StudyKey, type StudyOrder } from "../schema/job.ts";
import { planOf } from "../schema/plan.ts";
import { axesOf, StudySpec } from "../schema/study.ts";
import { krr } from "../worker/experiments/krr/experiment.ts";
import { openProvider } from "../worker/linalg/choose.ts";

const SETTING = { train: 1000, test: 500, dimension: 200, counts: [0, 5, 20, 50, 100], partitions: 50, repeats: 3 };

/** Seconds of a line of counts: plain, with each detector alone, and with the vote; best of three. JSON-able. */
export async function benchScreening(): Promise<object> {
  const { provider } = openProvider("auto");
  const seconds: Record<string, number> = { plain: await secondsFor(undefined) };
  for (const detector of DETECTORS) seconds[detector] = await secondsFor({ detectors: [detector] });
  seconds["vote"] = await secondsFor({ detectors: [], partitions: SETTING.partitions });
  return { ...SETTING, provider: provider.name, seconds };
}

async function secondsFor(screening: object | undefined): Promise<number> {
  const { train, test, dimension, counts, repeats } = SETTING;
  const spec = StudySpec.parse({
    experiment: "krr", name: "screening", kernel: "rbf",
    data: { source: "gaussian", train, test, dimension, mean_norm: 2 },
    attack: { kind: "added", trigger: { kind: "additive", vector: [0, 4] } },
    ...(screening === undefined ? {} : { screening }),
    fixed: { length_scale: 20, ridge: 1e-4, target: 1 },
    axes: { poison_count: counts },
  });
  if (spec.experiment !== "krr") throw new TypeError("not a krr study");
  const { description, pool } = await openData(spec.data, ".");
  const sizes = axesOf(spec).map(({ values }) => values.length);
  const order: StudyOrder = { key: StudyKey.parse(`st_${"0".repeat(16)}`), spec,
    plan: planOf(sizes, sizes, "cholesky"), data: description, folder: "." };
  const box = { from: sizes.map(() => 0), to: sizes };
  const { provider: linalg } = openProvider("auto");
  let best = Infinity;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const begin = performance.now();
    krr.prepare(order, box, { linalg, pool }).measure(box);
    best = Math.min(best, (performance.now() - begin) / 1000);
  }
  return best;
}
