// Mixed precision on a device: the counterpart of ../mixed.ts, by the same refinement.
//
// The factor and K stay there; right-hand sides, a few columns, go to and fro with each correction.
import { MIXED_CONDITION_MAX } from "../../../../schema/experiments/krr-precision.ts";
import type { Device, DeviceMatrix, Workspace } from "../../../linalg/device.ts";
import type { Matrix } from "../../../linalg/matrix.ts";
import { conditionEstimate, type RefinedSystem } from "../../../linalg/refine.ts";
import { refinedSolve, singleTrace } from "../mixed.ts";
import { residentCholesky, type ResidentFactors, type ResidentSolver } from "./solver.ts";

/** Reads K, (n, n), both triangles. Its `factor` takes one c at a time. */
export function residentMixed(k: DeviceMatrix, device: Device): ResidentSolver {
  const exact = residentCholesky(k, device);
  const shared = { k, device, diagonal: device.diagonal(k), norm: device.rowSums(k).reduce((most, sum) => Math.max(most, sum), 0) };
  return {
    toBasis: (b) => b,
    fromBasis: (b) => b,
    factor(cs, into) {
      const [c] = cs;
      if (c === undefined || cs.length !== 1) throw new RangeError(`${cs.length} systems at once`);
      return factor({ ...shared, c, into }, () => exact.factor(cs, into));
    },
  };
}

interface Shared {
  readonly k: DeviceMatrix;
  readonly device: Device;
  readonly diagonal: Float64Array;
  /** ‖K‖₁. */
  readonly norm: number;
  readonly c: number;
  readonly into: Workspace;
}

function factor(shared: Shared, inDouble: () => ResidentFactors): ResidentFactors {
  const { k, device, diagonal, norm, c, into } = shared;
  const single = device.choleskySingle(k, c, into);
  const system: RefinedSystem = {
    order: k.rows,
    norm: norm + c,
    multiply: (x) => multiplied(shared, x),
    solve: (b) => single?.solve(b),
  };
  const condition = single === null ? Number.NaN : conditionEstimate(system);
  const exact = (): ResidentFactors => {
    single?.release();
    return { ...inDouble(), precision: { steps: 0, condition } };
  };
  // Written so that NaN is refused too.
  if (single === null || !(condition < MIXED_CONDITION_MAX)) return exact();
  const { solve, precision } = refinedSolve(system, condition);
  const solveWithEnergies: ResidentFactors["solveWithEnergies"] = (b, _places, into) => {
    const host = device.download(b);
    const energies = solve(host);
    return { solution: into.upload(host), energies };
  };
  return {
    dofs: [singleTrace(single.sums(), diagonal, c)],
    precision,
    exact,
    half() {
      throw new TypeError("the factor is in float32");
    },
    solve: (b, places, into) => solveWithEnergies(b, places, into).solution,
    solveWithEnergies,
  };
}

/** (K + cI) X. */
function multiplied({ k, device, c }: Shared, x: Matrix): Matrix {
  const workspace = device.open("a residual");
  try {
    const source = workspace.upload(x);
    const out = workspace.upload(x);
    device.gemm({ a: k, b: source, c: out, beta: c });
    return device.download(out);
  } finally {
    workspace.release();
  }
}
