// What a study with a gradient penalty costs: flops and bytes of its eigenproblems.
//
// Counts as krr-cost.ts counts: products and factorisations that dominate.
import { penaltiesTogether } from "./krr-penalty.ts";
import type { KrrShape } from "./krr-cost.ts";

const EIGEN = 9;

/** Flops of all points of one kernel matrix: K's spectrum, then one eigenproblem per ridge, m, ζ. */
export function penaltyFlops(shape: KrrShape): number {
  const { train: n, test: t, classes: q, scenes, systems, poisons, isRadial } = shape;
  const span = EIGEN * n ** 3 + 4 * n ** 3 + (isRadial ? 3 : 1) * n ** 3 + 2 * n * n * (q + t);
  // Where c depends on m, each system has one count; otherwise all of them.
  const solved = systems * countsPerSystem(shape);
  const scene = 2 * n * n * t + poisons * 4 * n ** 3 +
    systems * curveFlops(shape) + solved * poisons * curveFlops(shape);
  return span + scenes * scene;
}

/** Counts above 0 that one ridge is solved for. */
function countsPerSystem({ counts, systems, ridges }: KrrShape): number {
  const above = counts.filter((m) => m > 0).length;
  return (ridges * above) / systems;
}

/** One pencil for all κ, and what they predict. */
function curveFlops({ train: n, test: t, classes: q, penalties }: KrrShape): number {
  const columns = (q + 1) * penalties;
  const blocks = Math.ceil(penalties / penaltiesTogether(q));
  return blocks * EIGEN * n ** 3 + 2 * n * n * (q + 1) + (2 * n * n + 4 * n * t) * columns;
}

/** Bytes of one job: a dozen matrices of the kernel's size, and the weights of a block of κ. */
export function penaltyMemoryBytes(shape: KrrShape): number {
  const { train: n, test: t, dimension: d, classes: q, penalties, poisons } = shape;
  const columns = (q + 1) * Math.min(penalties, penaltiesTogether(q));
  return 8 * ((9 + 2 * poisons) * n * n + (d + 6 * t) * n + (2 * n + 4 * t) * columns);
}
