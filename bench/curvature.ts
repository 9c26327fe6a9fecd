// Curvature: what it adds to a study's time, and matrix-free searches against dense matrices.
//
// n = 2000, d = 784, glyph images, 20 clean and 20 triggered probes, both labels. Times are of one
// thread and of whole studies: distances, factorisation and all lines.
import { planStudy } from "../coordinator/plan.ts";
import { openData } from "../data/source.ts";
import type { Box } from "../schema/grid.ts";
import { StudyKey } from "../schema/job.ts";
import { type KrrSpec, StudySpec } from "../schema/study.ts";
import { krr } from "../worker/experiments/krr/experiment.ts";
import { openProvider } from "../worker/linalg/choose.ts";
import { compareWithDense } from "./curvature-dense.ts";

/** Ridges × counts; the last is one length scale of million.yaml. */
const STUDIES = [[8, 32], [32, 32], [100, 100]] as const;
const DENSE_COUNTS = 32;
const ROUNDS = 2;

interface Shape {
  readonly ridges: number;
  readonly counts: number;
}

function studyWith({ ridges, counts }: Shape, curvature: object | undefined): KrrSpec {
  const spec = StudySpec.parse({
    experiment: "krr", name: "bench", data: { source: "glyphs", train: 2000, test: 1000 },
    attack: { kind: "clones", trigger: { kind: "cross", amplitude: 0.6 } },
    kernel: { name: "rbf", length_scale_unit: "median_distance" }, fixed: { length_scale: 1 },
    ...(curvature === undefined ? {} : { curvature }),
    axes: { ridge: { log: [1e-6, 1e-1], steps: ridges }, poison_count: { linear: [0, counts - 1], steps: counts } },
  });
  if (spec.experiment !== "krr") throw new RangeError("the benchmark's study is krr");
  return spec;
}

/** Milliseconds for each point of a study. A pool of its own, so that no distances are kept. */
async function pointMs({ ridges, counts }: Shape, curvature?: object): Promise<number> {
  const spec = studyWith({ ridges, counts }, curvature);
  const { provider: linalg } = openProvider("auto");
  const { pool, description: data } = await openData(spec.data, ".");
  const order = { key: StudyKey.parse("st_0123456789abcdef"), spec, plan: planStudy(spec), data, folder: "." };
  const box: Box = { from: [0, 0], to: [ridges, counts] };
  const start = performance.now();
  krr.prepare(order, box, { linalg, pool }).measure(box);
  return (performance.now() - start) / (ridges * counts);
}

async function compare(shape: Shape): Promise<object> {
  const best = { plain: Infinity, curved: Infinity, gaussNewtonOnly: Infinity };
  for (let round = 0; round < ROUNDS; round++) {
    best.plain = Math.min(best.plain, await pointMs(shape));
    best.curved = Math.min(best.curved, await pointMs(shape, { probes: 20 }));
    best.gaussNewtonOnly = Math.min(best.gaussNewtonOnly, await pointMs(shape, { probes: 20, labels: [] }));
  }
  return { ...shape, pointMs: best, times: best.curved / best.plain,
    timesGaussNewtonOnly: best.gaussNewtonOnly / best.plain };
}

export async function benchCurvature(): Promise<object> {
  const studies = [];
  for (const [ridges, counts] of STUDIES) studies.push(await compare({ ridges, counts }));
  return { studies, matrixFreeAgainstDense: await compareWithDense(DENSE_COUNTS) };
}
