// What a krr job costs, before it runs: which route solves it, how much arithmetic and memory.
import type { Route } from "../plan.ts";

/** Up to this many distinct ridges, one Cholesky factor each costs less than a tridiagonal form. */
export const CHOLESKY_RIDGES_MAX = 3;

/** The cheapest route for a kernel matrix that is solved with this many distinct ridges c. */
export function chooseRoute(distinctRidges: number): Route {
  return distinctRidges <= CHOLESKY_RIDGES_MAX ? "cholesky" : "tridiagonal";
}
