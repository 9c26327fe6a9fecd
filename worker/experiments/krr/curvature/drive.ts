// Runs many searches in step, so that their products are made together as wide ones.
import { columns, type Matrix, matrix } from "../../../linalg/matrix.ts";
import type { LinalgProvider } from "../../../linalg/provider.ts";
import { type Application, applyMany, type Operator, type ProbeRows } from "./operators.ts";
import type { Found, Search } from "./search.ts";

export interface Task {
  readonly search: Search;
  readonly operators: readonly Operator[];
  readonly rows: ProbeRows;
  readonly frame: Matrix;
  /** Told once, when the search has ended. */
  readonly found: (found: Found) => void;
}

/** Returns when every search has ended. */
export function driveAll(tasks: readonly Task[], linalg: LinalgProvider): void {
  const step = (task: Task, products: Matrix): { task: Task; application: Application }[] => {
    const asked = task.search.next(products);
    if (asked.done !== true) {
      return [{ task, application: { operators: task.operators, set: task.rows, frame: task.frame, vectors: asked.value } }];
    }
    task.found(asked.value);
    return [];
  };
  try {
    let open = tasks.flatMap((task) => step(task, NOTHING));
    while (open.length > 0) {
      const products = applyMany(open.map(({ application }) => application), linalg);
      open = open.flatMap(({ task }, index) => step(task, products[index]!));
    }
  } finally {
    for (const device of new Set(tasks.map(({ rows }) => rows.device))) device?.forget();
  }
}

/** Runs one search with operators that are matrices. */
export function driveDense(search: Search, matrices: readonly Matrix[], linalg: LinalgProvider): Found {
  let step = search.next(NOTHING);
  while (step.done !== true) {
    const asked = step.value;
    const products = matrix(asked.rows, asked.cols * matrices.length);
    matrices.forEach((a, p) =>
      linalg.gemm({ a, b: asked, c: columns(products, p * asked.cols, (p + 1) * asked.cols) }));
    step = search.next(products);
  }
  return step.value;
}

/** What a search is told before it has asked. */
const NOTHING = matrix(0, 0);
