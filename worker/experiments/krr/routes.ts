// The solver behind each route's name.
import type { Route } from "../../../schema/plan.ts";
import type { Matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import { choleskySolver } from "./cholesky.ts";
import { eigenSolver } from "./eigen.ts";
import type { RidgeSolver } from "./solver.ts";
import { tridiagonalSolver } from "./tridiagonal.ts";

const SOLVERS: Readonly<Record<Route, (k: Matrix, linalg: LinalgProvider) => RidgeSolver>> = {
  cholesky: choleskySolver,
  tridiagonal: tridiagonalSolver,
  eigen: eigenSolver,
};

/** Prepares K, (n, n), of which the lower triangle is read; K's memory is then the solver's. */
export function solverOf(route: Route, k: Matrix, linalg: LinalgProvider): RidgeSolver {
  return SOLVERS[route](k, linalg);
}
