// Random rows in the shape of MNIST, and the study that asks them: nothing is read from files.
import { availableParallelism } from "node:os";
import type { DataPool, Labelled } from "../../data/draw.ts";
import type { Box } from "../../schema/grid.ts";
import { StudyKey, type StudyOrder } from "../../schema/job.ts";
import { planOf, type Route } from "../../schema/plan.ts";
import { axesOf, StudySpec } from "../../schema/study.ts";
import { mulberry } from "./random.ts";

export interface StudySize {
  readonly train: number;
  readonly test: number;
  readonly dimension: number;
  readonly lengthScales: number;
  readonly ridges: number;
  readonly counts: number;
  /** The smallest λ; default 1e-8, as in million.yaml. */
  readonly ridgeMin?: number;
  /** Probes, where curvature is asked for, and references. */
  readonly curvature?: { readonly probes: number; readonly references: number };
  readonly screening?: { readonly detectors: readonly string[]; readonly probes: number; readonly blends: number; readonly partitions: number };
}

/** One length scale of `million.yaml`, at n = 10,000 with 2,000 test rows. */
export const LARGE: StudySize = {
  train: 10_000, test: 2_000, dimension: 784, lengthScales: 100, ridges: 100, counts: 100,
};

const CLASSES = 10;

export function studyOf(size: StudySize, route: Route): { readonly order: StudyOrder; readonly pool: DataPool } {
  const spec = StudySpec.parse({
    experiment: "krr",
    name: "bench",
    data: { source: "glyphs", train: size.train, test: size.test },
    attack: { kind: "clones", trigger: { kind: "additive", vector: [0.5, 0.5] } },
    kernel: "rbf",
    ...(size.curvature === undefined ? {} : { curvature: size.curvature }),
    ...(size.screening === undefined ? {} : { screening: size.screening }),
    axes: {
      length_scale: { log: [1, 100], steps: size.lengthScales },
      ridge: { log: [size.ridgeMin ?? 1e-8, 1], steps: size.ridges },
      poison_count: { linear: [0, size.counts - 1], steps: size.counts },
    },
  });
  const sizes = axesOf(spec).map(({ values }) => values.length);
  const chunk = axesOf(spec).map(({ name, values }) => (name === "length_scale" ? 1 : values.length));
  const order: StudyOrder = {
    key: StudyKey.parse("st_0123456789abcdef"),
    spec,
    plan: planOf(sizes, chunk, route),
    data: { fingerprint: "0".repeat(64), dimension: size.dimension, classes: CLASSES, image: null,
      trainRows: null, testRows: null, shared: false, files: [] },
    folder: ".",
  };
  return { order, pool: clusters(size.dimension) };
}

/** The box of one length scale. */
export function jobBox({ spec, plan }: StudyOrder, lengthScale: number): Box {
  const at = axesOf(spec).findIndex(({ name }) => name === "length_scale");
  return {
    from: plan.sizes.map((_, axis) => (axis === at ? lengthScale : 0)),
    to: plan.sizes.map((size, axis) => (axis === at ? lengthScale + 1 : size)),
  };
}

/** Rows around one centre per class, in [0, 1.5). */
function clusters(dimension: number): DataPool {
  const rows = (count: number, seed: number): Labelled => {
    const random = mulberry(seed);
    const features = new Float64Array(count * dimension);
    const labels = Int32Array.from({ length: count }, (_, row) => row % CLASSES);
    for (let at = 0; at < features.length; at++) {
      const row = Math.floor(at / dimension);
      features[at] = random() + ((at + 3 * labels[row]!) % CLASSES === 0 ? 0.5 : 0);
    }
    return { rows: count, dimension, features, labels };
  };
  return {
    draw: (size, seed) => ({
      train: rows(size.train, (seed % 1e9) + 1),
      test: rows(size.test, (seed % 1e9) + 2),
      bases: rows(size.bases, (seed % 1e9) + 3),
      classes: CLASSES,
      image: null,
    }),
  };
}

/** BLAS threads for the provider that the device is compared with. */
export const HOST_CORES = availableParallelism();
