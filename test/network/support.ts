// Small network studies on real or generated rows, run without queue or threads.
import { openData } from "../../data/source.ts";
import type { ResultBlock } from "../../schema/column.ts";
import { StudyKey, type StudyOrder, type TrainingProgress } from "../../schema/job.ts";
import { boxOfJob, planOf } from "../../schema/plan.ts";
import { axesOf, parseStudy } from "../../schema/study.ts";
import type { CheckpointStore } from "../../worker/checkpoint/store.ts";
import type { Tools } from "../../worker/experiments/experiment.ts";
import { network } from "../../worker/experiments/network/experiment.ts";
import { openProvider } from "../../worker/linalg/choose.ts";
import type { TensorBackend } from "../../worker/tensor/backend.ts";

export interface SmallStudy {
  readonly order: StudyOrder;
  readonly tools: (given: GivenTools) => Tools;
}

export interface GivenTools {
  readonly backend: TensorBackend;
  readonly checkpoints?: CheckpointStore;
  readonly progress?: (progress: TrainingProgress) => void;
  readonly now?: () => number;
}

/**
 * @param folder of the data files; "." for generated rows.
 * @param points of a job, along the last axis.
 */
export async function smallStudy(content: Record<string, unknown>, folder = ".", points = 1): Promise<SmallStudy> {
  const parsed = parseStudy({ name: "small", seed: 3, ...content });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const { spec } = parsed;
  if (spec.experiment === "noop") throw new Error("noop has no data");
  const { pool, description } = await openData(spec.data, folder);
  const sizes = axesOf(spec).map(({ values }) => values.length);
  const key = StudyKey.parse("st_00000000000000aa");
  const plan = planOf(sizes, sizes.map((_, axis) => (axis === sizes.length - 1 ? points : 1)), null);
  const order = { key, spec, plan, data: description, folder };
  const { provider: linalg } = openProvider("auto");
  return {
    order,
    tools: ({ backend, checkpoints, progress, now }) => ({
      linalg,
      pool,
      training: {
        tensors: async () => backend,
        checkpoints: checkpoints ?? null,
        progress: progress ?? (() => {}),
        now: now ?? (() => 0),
      },
    }),
  };
}

/** Runs one job: one point. */
export async function runJob(study: SmallStudy, number: number, given: GivenTools): Promise<ResultBlock> {
  const box = boxOfJob(study.order.plan, number);
  return network.prepare(study.order, box, study.tools(given)).measure(box);
}

export function metric(block: ResultBlock, name: string): number {
  const value = block.metrics[name]?.[0];
  if (value === undefined) throw new Error(`no metric ${name}`);
  return value;
}
