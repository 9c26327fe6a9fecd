// Many small systems, one after the other: how providers without a batched call solve them.
import type { DefiniteSystem, LinalgProvider } from "./provider.ts";

/** As the port's `solveBatch`, by its other verbs. */
export function solveEach(
  { cholesky, solveLower }: Pick<LinalgProvider, "cholesky" | "solveLower">,
  systems: readonly DefiniteSystem[],
): void {
  for (const { a, b } of systems) {
    cholesky(a);
    solveLower(a, b);
    solveLower(a, b, true);
  }
}
