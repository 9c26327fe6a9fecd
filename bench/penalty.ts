// What 32 values of κ cost against one: the same ridge and poison counts, prepared and measured.
import { openData } from "../data/source.ts";
import { StudyKey, type StudyOrder } from "../schema/job.ts";
import { planOf } from "../schema/plan.ts";
import { axesOf, StudySpec } from "../schema/study.ts";
import { krr } from "../worker/experiments/krr/experiment.ts";
import { openProvider } from "../worker/linalg/choose.ts";

const SETTING = { train: 1000, test: 1000, dimension: 200, values: 32, repeats: 3 };

/** Seconds for one and for 32 values of κ, best of three, and their ratio. JSON-able. */
export async function benchPenalty(): Promise<object> {
  const { provider } = openProvider("auto");
  const one = await secondsFor(1);
  const many = await secondsFor(SETTING.values);
  return { ...SETTING, provider: provider.name, seconds: { one, many }, ratio: many / one };
}

async function secondsFor(steps: number): Promise<number> {
  const { train, test, dimension, repeats } = SETTING;
  const spec = StudySpec.parse({
    experiment: "krr", name: "penalty", kernel: "rbf",
    data: { source: "gaussian", train, test, dimension, mean_norm: 2 },
    attack: { kind: "clones", trigger: { kind: "additive", vector: [0, 4] } },
    fixed: { length_scale: 20, ridge: 1e-4, target: 1 },
    axes: { poison_count: [0, 5], gradient_penalty: { log: [0.01, 100], steps } },
  });
  if (spec.experiment !== "krr") throw new TypeError("not a krr study");
  const { description, pool } = await openData(spec.data, ".");
  const sizes = axesOf(spec).map(({ values }) => values.length);
  const order: StudyOrder = { key: StudyKey.parse(`st_${"0".repeat(16)}`), spec,
    plan: planOf(sizes, sizes, "eigen"), data: description, folder: "." };
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
