// What a krr job costs, before it runs: which route solves it, how much arithmetic and memory.
import type { Route } from "../plan.ts";

/** Up to this many distinct ridges, one Cholesky factor each costs less than a tridiagonal form. */
export const CHOLESKY_RIDGES_MAX = 3;

/** The cheapest route for a kernel matrix that is solved with this many distinct ridges c. */
export function chooseRoute(distinctRidges: number): Route {
  return distinctRidges <= CHOLESKY_RIDGES_MAX ? "cholesky" : "tridiagonal";
}

/** Trigger strengths whose kernels are held at once. */
export const SCENES_TOGETHER = 4;

/**
 * Systems that are solved as one block, each with `width` columns of weights. Products of many
 * columns run at full speed; more than this only takes memory. A Cholesky factor is as large as
 * the kernel matrix, so there is one at a time.
 */
export function systemsTogether(route: Route, width: number): number {
  return route === "cholesky" ? 1 : Math.max(1, Math.floor(WEIGHT_COLUMNS / width));
}
const WEIGHT_COLUMNS = 1280;
