// The two routes on a device: K = Q Λ Qᵀ once for many ridges, or K + cI = L Lᵀ for each.
//
// The routes of the host's solvers (../solver.ts), whose tridiagonal form is no use here: its
// solves go through one number after the other.
import { ComputeError } from "../../../../schema/failure.ts";
import type { Device, DeviceMatrix, Workspace } from "../../../linalg/device.ts";
import { pivotTolerance, RefinementStalled, type SolvedPrecision } from "../solver.ts";

export interface ResidentSolver {
  /** Qᵀ B: a new matrix of the workspace, or B itself where Q = I. */
  toBasis(b: DeviceMatrix, into: Workspace): DeviceMatrix;
  /** Q B, likewise. */
  fromBasis(b: DeviceMatrix, into: Workspace): DeviceMatrix;
  /** Factorises K + cI for each c. */
  factor(cs: readonly number[], into: Workspace): ResidentFactors;
}

/** A block of factorised systems. What they give belongs to the workspace that is passed. */
export interface ResidentFactors {
  /** tr K (K + cI)⁻¹ of each; null where K + cI is not positive definite to working precision. */
  readonly dofs: readonly (number | null)[];
  /** As the host's; null where none was asked for. */
  readonly precision: SolvedPrecision | null;
  /** The same in float64; absent where this is it. */
  readonly exact?: () => ResidentFactors;
  /** H B with HᵀH = (K + cI)⁻¹ for the systems at these places, side by side: (n, places · k). */
  half(b: DeviceMatrix, places: readonly number[], into: Workspace): DeviceMatrix;
  /** (K + cI)⁻¹ B for the same. */
  solve(b: DeviceMatrix, places: readonly number[], into: Workspace): DeviceMatrix;
  /** The same with bᵀ (K + cI)⁻¹ b of each column. Throws RefinementStalled as the host's does. */
  solveWithEnergies(b: DeviceMatrix, places: readonly number[], into: Workspace): Solved;
}

export interface Solved {
  readonly solution: DeviceMatrix;
  readonly energies: Float64Array;
}

type Solves = Pick<ResidentFactors, "half" | "solve">;

/** In float64, from the two solves. */
function inDouble(dofs: ResidentFactors["dofs"], { half, solve }: Solves, device: Device): ResidentFactors {
  return {
    dofs, half, solve, precision: null,
    solveWithEnergies(b, places, into) {
      const halved = half(b, places, into);
      const energies = device.columnNorms(halved);
      into.drop(halved);
      return { solution: solve(b, places, into), energies };
    },
  };
}

/** What `run` makes of the factors or, where a refinement stalls, of those in float64. */
export function onFactors<T>(factors: ResidentFactors, run: (factors: ResidentFactors) => T): T {
  try {
    return run(factors);
  } catch (error) {
    if (!(error instanceof RefinementStalled) || factors.exact === undefined) throw error;
  }
  return run(factors.exact());
}

/** Takes K, (n, n), whose memory is then the solver's. */
export function residentEigen(k: DeviceMatrix, device: Device, workspace: Workspace): ResidentSolver {
  const spectrum = workspace.matrix(k.rows, 1);
  device.symmetricEigen(k, spectrum);
  // Rounding makes eigenvalues of a singular K slightly negative: they are taken for 0.
  const values = device.download(spectrum).data.map((value) => Math.max(0, value));
  workspace.drop(spectrum);
  const clipped = workspace.upload({ rows: k.rows, cols: 1, data: values });
  const trace = values.reduce((sum, value) => sum + value, 0);
  return {
    toBasis(b, into) {
      const rotated = into.matrix(b.rows, b.cols);
      device.gemm({ a: k, b, c: rotated, transposeA: true });
      return rotated;
    },
    fromBasis(b, into) {
      const turned = into.matrix(b.rows, b.cols);
      device.gemm({ a: k, b, c: turned });
      return turned;
    },
    factor(cs) {
      const divide = (half: boolean): ResidentFactors["solve"] => (source, places, into) => {
        const out = into.matrix(source.rows, places.length * source.cols);
        const shifts = places.map((place) => cs[place]!);
        device.divideBySpectrum({ source, values: clipped, shifts, half, out });
        return out;
      };
      // Written so that NaN is refused too.
      const dofs = cs.map((c) => (values[0]! + c > pivotTolerance(trace, values.length, c)
        ? values.reduce((sum, value) => sum + value / (value + c), 0) : null));
      return inDouble(dofs, { half: divide(true), solve: divide(false) }, device);
    },
  };
}

/** Reads K, (n, n). Its `factor` takes one c at a time. */
export function residentCholesky(k: DeviceMatrix, device: Device): ResidentSolver {
  return {
    toBasis: (b) => b,
    fromBasis: (b) => b,
    factor(cs, into) {
      const [c] = cs;
      if (c === undefined || cs.length !== 1) throw new RangeError(`${cs.length} systems at once`);
      const l = into.matrix(k.rows, k.rows);
      const half: ResidentFactors["half"] = (b, _places, into) => {
        const x = into.matrix(b.rows, b.cols);
        device.copy(b, x);
        device.solveLower(l, x);
        return x;
      };
      const dofs = [factorise(k, l, c, device) ? traceOfSmoother({ k, l, c }, device, into) : null];
      return inDouble(dofs, {
        half,
        solve(b, places, into) {
          const x = half(b, places, into);
          device.solveLower(l, x, true);
          return x;
        },
      }, device);
    },
  };
}

/** L of K + cI; false where it is not positive definite to working precision. */
function factorise(k: DeviceMatrix, l: DeviceMatrix, c: number, device: Device): boolean {
  const n = k.rows;
  const trace = device.diagonal(k).reduce((sum, value) => sum + value, 0);
  device.copy(k, l);
  device.addToDiagonal(l, c);
  try {
    device.cholesky(l);
  } catch (error) {
    if (error instanceof ComputeError && error.kind === "numeric") return false;
    throw error;
  }
  const tolerance = pivotTolerance(trace, n, c);
  return device.diagonal(l).every((root) => root ** 2 > tolerance);
}

interface Factored {
  readonly k: DeviceMatrix;
  readonly l: DeviceMatrix;
  readonly c: number;
}

/** As in ../cholesky.ts: Σ_i (k_ii − Σ_{j<i} L_ij²) / L_ii² − c Σ_{i>j} (L⁻¹)_ij². */
function traceOfSmoother({ k, l, c }: Factored, device: Device, into: Workspace): number {
  const [own, roots, below] = [device.diagonal(k), device.diagonal(l), device.rowSquaresBelow(l)];
  let sum = 0;
  for (let i = 0; i < roots.length; i++) sum += (own[i]! - below[i]!) / roots[i]! ** 2;
  const inverse = into.matrix(l.rows, l.rows);
  device.identity(inverse);
  device.solveLower(l, inverse);
  const rest = device.rowSquaresBelow(inverse).reduce((total, value) => total + value, 0);
  into.drop(inverse);
  return sum - c * rest;
}
