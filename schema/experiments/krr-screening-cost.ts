// What a study's data-side detectors cost: flops and bytes, as krr-cost.ts counts them.
import type { KrrShape } from "./krr-cost.ts";

const EIGEN = 9;
/** SPECTRE tries these numbers of components, each in so many rounds where there are poisons. */
const SPECTRE_COMPONENTS = [1, 4, 9, 16, 25, 36, 49, 64];
const SPECTRE_ROUNDS = 5;

/** Flops of all points of one kernel matrix. What looks at training rows alone serves every ridge. */
export function screeningFlops(shape: KrrShape): number {
  const { screening, scenes, targets, counts, ridges } = shape;
  if (screening === null) return 0;
  const sets = counts.reduce((sum, m) => sum + setFlops(shape, m), 0);
  const points = counts.reduce((sum, m) => sum + pointFlops(shape, m), 0);
  return scenes * targets * (sets + ridges * points);
}

function setFlops({ screening, train, classes }: KrrShape, m: number): number {
  const n = train + m;
  const asks = (name: NonNullable<typeof screening>["detectors"][number]): boolean => screening?.detectors.includes(name) === true;
  const byClass = asks("spectral") || asks("clustering") || asks("spectre") ? (EIGEN * n ** 3) / classes ** 2 : 0;
  return byClass + (asks("spectre") ? classes * spectreFlops(n / classes, m) : 0) + (asks("scan") ? EIGEN * n ** 3 : 0);
}

/** One class of n rows: a whitening and a score, and a whitening more for each round. */
function spectreFlops(n: number, m: number): number {
  const rounds = m === 0 ? 2 : 2 + SPECTRE_ROUNDS;
  return SPECTRE_COMPONENTS.filter((k) => 2 * k <= n - 2 * m)
    .reduce((sum, k) => sum + rounds * (3 * k * k * n + EIGEN * k ** 3), 0);
}

function pointFlops(shape: KrrShape, m: number): number {
  const { screening, train, test, classes: q } = shape;
  const n = train + m;
  const strip = screening?.detectors.includes("strip") === true ? n ** 3 / 3 + 2 * n * q * blendsOf(shape) : 0;
  const parts = screening?.partitions;
  return strip + (parts === undefined ? 0 : n ** 3 / (3 * parts ** 2) + 4 * n * test * q);
}

/** Bytes at a job's peak: one training set's kernel and a copy, blends, and the vote's kernels. */
export function screeningMemoryBytes(shape: KrrShape): number {
  const { screening, train: n, test: t, dimension: d, poisons, counts } = shape;
  if (screening === null) return 0;
  const most = n + Math.max(...counts);
  const strip = screening.detectors.includes("strip") ? (most + n + poisons + d) * blendsOf(shape) : 0;
  const votes = screening.partitions === undefined ? 0 : 2 * most * t;
  return 8 * (3 * most * most + strip + votes);
}

export type ScreenedShape = Pick<KrrShape, "screening" | "train" | "test" | "dimension" | "poisons" | "counts" | "targets">;

/** An eigenproblem by the verbs: the matrix, and what cuSOLVER works in. */
const EIGEN_SQUARES = 3.25;

/**
 * Bytes of a device that holds the kernel of all rows and poisons and a training set's: these, the
 * set's factor or SCAn's eigenproblem, and kernels of blends and votes; 0 without screening.
 */
export function screeningDeviceBytes(shape: ScreenedShape): number {
  const { screening, train: n, test: t, dimension: d, poisons, counts, targets } = shape;
  if (screening === null) return 0;
  const most = n + Math.max(...counts);
  const squares = 2 + (screening.detectors.includes("scan") ? EIGEN_SQUARES : 1);
  const blends = screening.detectors.includes("strip") ? (n + poisons + d) * (blendsOf(shape) + screening.probes) * targets : 0;
  const votes = screening.partitions === undefined ? 0 : (most + d) * t;
  return 8 * (squares * (most + poisons) ** 2 + d * poisons + blends + votes);
}

/** Bytes of the host's memory beside such a device: blocks of that kernel, blended rows, the votes' kernels. */
export function screeningHostBytes(shape: ScreenedShape): number {
  const { screening, train: n, test: t, dimension: d, counts, targets } = shape;
  if (screening === null) return 0;
  const most = n + Math.max(...counts);
  const votes = screening.partitions === undefined ? 0 : 2 * most * t;
  return 8 * (2 * most * most + 2 * votes + d * blendsOf(shape) * targets);
}

/** Blended rows: of references, of probes, of triggered probes. */
function blendsOf({ screening }: Pick<KrrShape, "screening">): number {
  return screening === null ? 0 : 3 * screening.probes * screening.blends;
}
