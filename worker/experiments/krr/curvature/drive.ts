// Runs many searches in step, so that their products are made together as wide ones.
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { applyMany, type Operator, type ProbeRows } from "./operators.ts";
import type { Search } from "./search.ts";

export interface Task {
  readonly search: Search;
  readonly operators: readonly Operator[];
  readonly rows: ProbeRows;
}

/** Returns when every search has ended. */
export function driveAll(tasks: readonly Task[], linalg: LinalgProvider): void {
  for (;;) {
    const open = tasks.flatMap(({ search, operators, rows }) => {
      const vectors = search.asked;
      return vectors === null ? [] : [{ search, application: { operators, set: rows, vectors } }];
    });
    if (open.length === 0) return;
    const products = applyMany(open.map(({ application }) => application), linalg);
    open.forEach(({ search }, index) => search.accept(products[index]!));
  }
}
