// How long a study takes here: its arithmetic over the measured speed of each provider.
import { type KrrShape, studyFlops } from "../schema/experiments/krr-cost.ts";
import { CURVATURE_SPEED, curvatureFlops } from "../schema/experiments/krr-curvature-cost.ts";
import type { ProviderReport } from "./local.ts";

export interface TimeEstimate {
  readonly provider: string;
  readonly seconds: number;
  /** Of one thread, 10⁹ operations a second, over the whole study. */
  readonly gflops: number;
}

/**
 * Seconds of arithmetic on `threads` threads; storing goes on meanwhile. Factorisations run at
 * their own speed, all else is taken to run as products do, curvature apart.
 */
export function estimateTimes(
  shape: KrrShape,
  reports: readonly ProviderReport[],
  threads: number,
): TimeEstimate[] {
  const total = studyFlops(shape);
  const curved = shape.preparations * curvatureFlops(shape);
  const factors = Math.min(total, factorFlops(shape));
  const products = total - factors - curved + curved / CURVATURE_SPEED;
  // One job is the least that one thread gets.
  const busy = Math.min(threads, shape.jobs);
  return reports.flatMap(({ name, speed }) => {
    if (speed === null) return [];
    const factorSpeed = shape.route === "cholesky" ? speed.choleskyGflops : speed.tridiagonaliseGflops;
    const seconds = factors / 1e9 / factorSpeed + products / 1e9 / speed.gemmGflops;
    // A GPU takes one job at a time, and its speed is that of all of it.
    return [{ provider: name, seconds: name === "cuda" ? seconds : seconds / busy, gflops: total / 1e9 / seconds }];
  });
}

/** Flops of the factorisations alone. */
function factorFlops({ route, train: n, preparations, systems }: KrrShape): number {
  switch (route) {
    case "cholesky":
      return (preparations * systems * n ** 3) / 3;
    case "tridiagonal":
      return (preparations * 4 * n ** 3) / 3;
    case "eigen":
      return preparations * 9 * n ** 3;
  }
}
