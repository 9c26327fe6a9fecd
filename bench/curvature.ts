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

const RIDGES = [8, 32];
const COUNTS = 32;
const ROUNDS = 2;

function studyWith(ridges: number, curvature: object | undefined): KrrSpec {
  const spec = StudySpec.parse({
    experiment: "krr", name: "bench", data: { source: "glyphs", train: 2000, test: 1000 },
    attack: { kind: "clones", trigger: { kind: "cross", amplitude: 0.6 } },
    kernel: { name: "rbf", length_scale_unit: "median_distance" }, fixed: { length_scale: 1 },
    ...(curvature === undefined ? {} : { curvature }),
    axes: { ridge: { log: [1e-6, 1e-1], steps: ridges }, poison_count: { linear: [0, COUNTS - 1], steps: COUNTS } },
  });
  if (spec.experiment !== "krr") throw new RangeError("the benchmark's study is krr");
  return spec;
}

/** Milliseconds for each point of a study. A pool of its own, so that no distances are kept. */
async function pointMs(ridges: number, curvature?: object): Promise<number> {
  const spec = studyWith(ridges, curvature);
  const { provider: linalg } = openProvider("auto");
  const { pool, description: data } = await openData(spec.data, ".");
  const order = { key: StudyKey.parse("st_0123456789abcdef"), spec, plan: planStudy(spec), data, folder: "." };
  const box: Box = { from: [0, 0], to: [ridges, COUNTS] };
  const start = performance.now();
  krr.prepare(order, box, { linalg, pool }).measure(box);
  return (performance.now() - start) / (ridges * COUNTS);
}

async function compare(ridges: number): Promise<object> {
  const best = { plain: Infinity, curved: Infinity, gaussNewtonOnly: Infinity };
  for (let round = 0; round < ROUNDS; round++) {
    best.plain = Math.min(best.plain, await pointMs(ridges));
    best.curved = Math.min(best.curved, await pointMs(ridges, { probes: 20 }));
    best.gaussNewtonOnly = Math.min(best.gaussNewtonOnly, await pointMs(ridges, { probes: 20, labels: [] }));
  }
  return { ridges, counts: COUNTS, pointMs: best, times: best.curved / best.plain,
    timesGaussNewtonOnly: best.gaussNewtonOnly / best.plain };
}

export async function benchCurvature(): Promise<object> {
  const studies = [];
  for (const ridges of RIDGES) studies.push(await compare(ridges));
  return { studies, matrixFreeAgainstDense: await compareWithDense(COUNTS) };
}
