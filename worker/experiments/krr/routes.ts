// The solver behind each route's name.
import type { Route } from "../../../schema/plan.ts";
import type { Matrix } from "../../linalg/matrix.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import { choleskySolver } from "./cholesky.ts";
import { eigenSolver } from "./eigen.ts";
import { mixedSolver } from "./mixed.ts";
import type { RidgeSolver } from "./solver.ts";
import { tridiagonalSolver } from "./tridiagonal.ts";

type Make = (k: Matrix, linalg: LinalgProvider) => RidgeSolver;

const SOLVERS: Readonly<Record<Route, Make>> = {
  cholesky: choleskySolver,
  tridiagonal: tridiagonalSolver,
  eigen: eigenSolver,
};

/** The solver of a route; with `isMixed`, whatever the route, one of float32 factors. */
export function solverFor(route: Route, isMixed: boolean): Make {
  return isMixed ? mixedSolver : SOLVERS[route];
}
