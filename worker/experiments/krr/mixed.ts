// Mixed precision: K + cI = L Lᵀ in float32 for each ridge, solutions refined in float64.
//
// Where the condition does not allow it, or a refinement stalls, the system is solved in float64 and
// its rows say so. The trace of the smoother is the float32 factor's own (docs/decisions/0017).
import { MIXED_CONDITION_MAX } from "../../../schema/experiments/krr-precision.ts";
import { copyOf, type Matrix } from "../../linalg/matrix.ts";
import { mirrorLower } from "../../linalg/mirror.ts";
import type { LinalgProvider } from "../../linalg/provider.ts";
import { conditionEstimate, refine, type RefinedSystem } from "../../linalg/refine.ts";
import type { SingleSums } from "../../linalg/single.ts";
import { choleskySolver } from "./cholesky.ts";
import { diagonalOf, dot } from "./matrix-parts.ts";
import { type Factor, RefinementStalled, type RidgeSolver, type SolvedPrecision } from "./solver.ts";

export function mixedSolver(k: Matrix, linalg: LinalgProvider): RidgeSolver {
  // Products take both triangles.
  mirrorLower(k);
  const exact = choleskySolver(k, linalg);
  const shared = { k, linalg, diagonal: diagonalOf(k), norm: normOf(k) };
  return { ...exact, factor: (c) => factor(shared, c, () => exact.factor(c)) };
}

/** ‖K‖₁. */
function normOf(k: Matrix): number {
  let most = 0;
  for (let j = 0; j < k.cols; j++) {
    let sum = 0;
    for (let at = j * k.rows; at < (j + 1) * k.rows; at++) sum += Math.abs(k.data[at]!);
    most = Math.max(most, sum);
  }
  return most;
}

interface Shared {
  readonly k: Matrix;
  readonly linalg: LinalgProvider;
  readonly diagonal: Float64Array;
  /** ‖K‖₁. */
  readonly norm: number;
}

function factor({ k, linalg, diagonal, norm }: Shared, c: number, inDouble: () => Factor | null): Factor | null {
  const single = linalg.choleskySingle(k, c);
  const system: RefinedSystem = {
    order: k.rows,
    norm: norm + c,
    multiply(x) {
      const out = copyOf(x);
      linalg.gemm({ a: k, b: x, c: out, beta: c });
      return out;
    },
    solve: (b) => single?.solve(b),
  };
  const condition = single === null ? Number.NaN : conditionEstimate(system);
  const exact = (): Factor | null => {
    single?.release();
    const made = inDouble();
    return made === null ? null : { ...made, precision: { steps: 0, condition } };
  };
  // Written so that NaN is refused too.
  if (single === null || !(condition < MIXED_CONDITION_MAX)) return exact();
  const refined = refinedSolve(system, condition);
  return { ...refined, effectiveDof: singleTrace(single.sums(), diagonal, c), halves: null, exact };
}

/** Solves that count their steps. */
export function refinedSolve(
  system: RefinedSystem,
  condition: number,
): { readonly solve: Factor["solve"]; readonly precision: SolvedPrecision } {
  const precision = { steps: 0, condition };
  return {
    precision,
    solve(b) {
      const found = refine(system, b);
      if (found === null) throw new RefinementStalled("a float32 factor does not do");
      precision.steps = Math.max(precision.steps, found.steps);
      const energies = energiesOf(b, found.solution, found.residual);
      b.data.set(found.solution.data);
      return energies;
    },
  };
}

/** bᵀ A⁻¹ b = bᵀx + xᵀr + rᵀA⁻¹r with r = b − A x, of which the last is beyond float64. */
function energiesOf(b: Matrix, x: Matrix, residual: Matrix): Float64Array {
  return Float64Array.from({ length: b.cols }, (_, j) => {
    const own = (a: Matrix): Float64Array => a.data.subarray(j * a.rows, (j + 1) * a.rows);
    return dot(own(b), own(x)) + dot(own(x), own(residual));
  });
}

/** tr K (K + cI)⁻¹, as in cholesky.ts: Σ_i (k_ii − Σ_{j<i} L_ij²) / L_ii² − c Σ_{i>j} (L⁻¹)_ij². */
export function singleTrace({ roots, rowSquares, inverseSquares }: SingleSums, diagonal: Float64Array, c: number): number {
  let sum = 0;
  roots.forEach((root, i) => {
    sum += (diagonal[i]! - rowSquares[i]!) / root ** 2;
  });
  // Float32's rounding may leave the interval that every trace of a smoother lies in.
  return Math.min(roots.length, Math.max(0, sum - c * inverseSquares));
}
