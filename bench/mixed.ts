// What a float32 factor with float64 refinement is worth on this processor, and what it changes.
//
// One ridge of one length scale, prepared and measured in float64 and in mixed precision, in turn.
import { openData } from "../data/source.ts";
import type { ResultBlock } from "../schema/column.ts";
import { StudyKey, type StudyOrder } from "../schema/job.ts";
import { planOf } from "../schema/plan.ts";
import { axesOf, StudySpec } from "../schema/study.ts";
import { krr } from "../worker/experiments/krr/experiment.ts";
import { openProvider } from "../worker/linalg/choose.ts";

const SETTING = { test: 1000, dimension: 100, repeats: 3, lengthScale: 10 };
const CASES = [[2000, 1e-2], [2000, 1e-6], [4000, 1e-2], [4000, 1e-6]] as const;

/** For each size and λ: seconds of both, their ratio, steps, condition, and the largest changes. */
export async function benchMixed(): Promise<object> {
  const { provider } = openProvider("auto");
  const cases: object[] = [];
  for (const [train, ridge] of CASES) cases.push(await measured(train, ridge));
  return { ...SETTING, provider: provider.detail, cases };
}

async function measured(train: number, ridge: number): Promise<object> {
  const [double, mixed] = [await jobOf({ train, ridge }), await jobOf({ train, ridge, precision: "mixed" })];
  const seconds = { double: Infinity, mixed: Infinity };
  let rows: readonly [ResultBlock, ResultBlock] | null = null;
  double.run(); // its distances are kept
  mixed.run();
  for (let repeat = 0; repeat < SETTING.repeats; repeat++) {
    const [plain, refined] = [double.run(), mixed.run()];
    seconds.double = Math.min(seconds.double, plain.seconds);
    seconds.mixed = Math.min(seconds.mixed, refined.seconds);
    rows = [plain.rows, refined.rows];
  }
  const [expected, found] = rows!;
  return {
    train, ridge, seconds, ratio: seconds.double / seconds.mixed,
    steps: found.metrics["refinement_steps"]![0], condition: found.metrics["condition_estimate"]![0],
    changes: Object.fromEntries(Object.entries(expected.metrics).map(([name, column]) => [name,
      column.reduce((most, value, row) => Math.max(most, Math.abs(value - found.metrics[name]![row]!) / Math.max(1e-3, Math.abs(value))), 0)])),
  };
}

async function jobOf(
  { train, ridge, ...rest }: { readonly train: number; readonly ridge: number; readonly precision?: "mixed" },
): Promise<{ readonly run: () => { readonly seconds: number; readonly rows: ResultBlock } }> {
  const { test, dimension, lengthScale } = SETTING;
  const spec = StudySpec.parse({
    experiment: "krr", name: "mixed", kernel: "rbf", ...rest,
    data: { source: "gaussian", train, test, dimension, mean_norm: 2 },
    attack: { kind: "clones", trigger: { kind: "additive", vector: [0, 4] } },
    fixed: { length_scale: lengthScale, ridge, target: 1 },
    axes: { poison_count: [0, 1, 5, 20] },
  });
  if (spec.experiment !== "krr") throw new TypeError("not a krr study");
  const { description, pool } = await openData(spec.data, ".");
  const sizes = axesOf(spec).map(({ values }) => values.length);
  const order: StudyOrder = { key: StudyKey.parse(`st_${"0".repeat(16)}`), spec,
    plan: planOf(sizes, sizes, "cholesky"), data: description, folder: "." };
  const box = { from: sizes.map(() => 0), to: sizes };
  const { provider: linalg } = openProvider("auto");
  return {
    run() {
      const begin = performance.now();
      const rows = krr.prepare(order, box, { linalg, pool }).measure(box);
      return { seconds: (performance.now() - begin) / 1000, rows };
    },
  };
}
